"""Heads that were switched off, in a real browser: a cell leads to that head's maps."""

from __future__ import annotations

import pytest
from opening import go_to, opened, wait_until_live

import fakes
import reportgen
from reportgen.rendering.wording.numbers import number


def grid(page, anchor, nth=0):
    go_to(page, anchor)
    section = page.locator(f"#{anchor.partition('?')[0]} .head-effects")
    section.scroll_into_view_if_needed()
    section.locator("table[role=grid]").first.wait_for()
    return section.locator("table").nth(nth)


def cell(table, layer, head):
    return table.locator("tbody tr").nth(layer - 1).locator("td").nth(head - 1)


def place(page):
    return page.evaluate("location.hash")


def test_a_click_leads_to_the_maps_of_that_head_and_that_output(browser, complete_page, complete):
    effects = complete.matrix("fake-qa", 0, "head_ablation/end")
    with opened(browser, complete_page) as page:
        table = grid(page, "fake-qa-1", nth=1)
        cell(table, 3, 5).click()
        assert place(page) == "#fake-qa-1?layer=3&head=5&map=attribution-2"
        explorer = page.locator("#fake-qa-1 .explorer")
        wait_until_live(page, explorer)
        assert explorer.locator(".about-head h4").inner_text() == "Layer 3, head 5 of 6"
        effect = float(effects[2, 4])
        moves = "falls" if effect > 0 else "rises"
        told = f"Switched off, end {moves} by {number(abs(effect))} logits"
        assert told in explorer.locator(".about-head li").all_inner_texts()
        title = explorer.locator(".panel[data-kind=attribution-2] strong").inner_text()
        assert title == "Attribution of end"


def test_arrow_keys_and_enter_do_the_same_and_the_chosen_head_is_marked(browser, complete_page):
    with opened(browser, complete_page) as page:
        table = grid(page, "fake-qa-1?layer=2&head=3")
        assert table.locator("td[aria-selected=true]").count() == 1
        assert cell(table, 2, 3).get_attribute("aria-selected") == "true"
        assert table.locator("td[tabindex='0']").count() == 1
        cell(table, 2, 3).focus()
        for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowDown", "Enter"):
            page.keyboard.press(key)
        assert place(page) == "#fake-qa-1?layer=4&head=4&map=attribution-1"
        assert cell(table, 4, 4).get_attribute("aria-selected") == "true"
        assert cell(table, 4, 4).evaluate("cell => cell === document.activeElement")


@pytest.mark.parametrize("script", [True, False])
def test_without_maps_or_a_script_the_numbers_stand_alone(browser, tmp_path, script):
    header, arrays = fakes.with_everything(fakes.classified("A warm film."))
    arrays = {name: array for name, array in arrays.items() if name.startswith("head_ablation/")}
    changes = {"settings": {"head_ablation": {"ablate": "mean"}}, "agreement": ()}
    jobs = [(header.model_copy(update=changes), arrays)]
    reportgen.render(fakes.write_run(tmp_path, jobs), tmp_path / "out")
    with opened(browser, tmp_path / "out" / "report.html", scripts=script) as page:
        if script:
            go_to(page, "fake-1")
        section = page.locator(".head-effects")
        assert "set, at every token, to its mean" in section.locator("p").first.inner_text()
        assert "chosen here" not in section.locator("p").first.inner_text()
        assert section.locator("td").count() == 4 * 6
        assert section.locator("[role=grid]").count() == 0
        assert "rank correlation" not in section.inner_text()
