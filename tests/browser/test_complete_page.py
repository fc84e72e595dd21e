"""A page with the views of all methods and tasks, from made-up results, in a real browser."""

from __future__ import annotations

import pytest
from opening import opened, see_everything


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def root(value: float) -> float:
    return abs(value) ** 0.5 * (1 if value > 0 else -1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_is_drawn_without_complaint(browser, complete_page, scheme):
    with opened(browser, complete_page, scheme=scheme) as page:
        see_everything(page)
        assert page.locator("figure.chart[data-live=chart]").count() == 35
        assert page.locator(".explorer[data-live=explorer]").count() == 6 + 2


def test_attribution_is_read_back_with_its_sign(browser, complete_page, complete):
    stored = complete.matrix("fake-qa", 0, "attention_attribution/end")
    scale = abs(stored).max()
    with opened(browser, complete_page) as page:
        see_everything(page)
        explorer = page.locator("#fake-qa-1 .explorer")
        explorer.locator("select[name=kind]").select_option(value="attribution-2")
        explorer.locator("select[name=layer]").select_option(index=1)
        explorer.locator("select[name=head]").select_option(index=3)
        assert explorer.locator("output").inner_text().startswith("scale −")
        canvas = explorer.locator(".axes canvas")
        canvas.focus()
        start = complete.headers[0][1].prediction.spans[0].start
        seen = set()
        for key in range(start, stored.shape[-1]):
            said = explorer.locator(".readout").inner_text()
            assert "pushed end by looking at" in said
            shown = number(said.rsplit(" ", 1)[1])
            real = float(stored[1, 2, start, key])
            # 32 levels on a square-root scale, as one of 256 opacities, written with two digits
            error = (0.5 / 31 + 0.5 / 255) * scale**0.5 + 0.026 * abs(shown) ** 0.5
            assert abs(root(shown) - root(real)) <= error
            seen.add(shown > 0)
            page.keyboard.press("ArrowRight")
        for _ in range(start):
            page.keyboard.press("ArrowUp")
            seen.add(number(explorer.locator(".readout").inner_text().rsplit(" ", 1)[1]) > 0)
        assert seen == {True, False}


def test_all_heads_together_have_a_size_and_no_sign(browser, complete_page, complete):
    stored = complete.matrix("fake-qa", 0, "attention_attribution_norm/start")
    with opened(browser, complete_page) as page:
        see_everything(page)
        explorer = page.locator("#fake-qa-1 .explorer")
        explorer.locator("select[name=kind]").select_option(value="attribution-1")
        assert explorer.locator("output").inner_text().startswith("scale 0 to")
        start = complete.headers[0][1].prediction.spans[0].start
        shown = float(explorer.locator(".readout").inner_text().rsplit(" ", 1)[1])
        error = 0.02 * stored.max() ** 0.5 + 0.026 * shown**0.5
        assert abs(shown**0.5 - float(stored[3, start, start]) ** 0.5) <= error
        assert explorer.locator(".reach button[class^=m]").count() > 0


def test_the_same_cell_is_told_for_every_quantity(browser, complete_page, complete):
    attention = complete.matrix("fake-qa", 0, "attention")
    with opened(browser, complete_page) as page:
        see_everything(page)
        explorer = page.locator("#fake-qa-1 .explorer")
        explorer.locator("select[name=head]").select_option(index=2)
        beside = explorer.locator(".beside button")
        assert [button.get_attribute("data-kind") for button in beside.all()] == [
            "attention",
            "norm",
            "attribution-1",
            "attribution-2",
        ]
        start = complete.headers[0][1].prediction.spans[0].start
        told = float(beside.nth(0).locator(".here").inner_text())
        error = 0.02 + 0.026 * told**0.5
        assert abs(told**0.5 - float(attention[3, 1, start, start]) ** 0.5) <= error
        assert beside.nth(0).locator(".range").inner_text() == "0 to 1.00"
        assert beside.nth(2).locator(".range").inner_text().startswith("−")
        beside.nth(2).click()
        assert explorer.locator("select[name=kind]").input_value() == "attribution-1"
        assert beside.nth(2).get_attribute("aria-pressed") == "true"


def test_maps_between_two_texts_have_two_axes(browser, complete_page, complete):
    cross = complete.matrix("fake-mt", 5, "cross_attention")
    header = complete.headers[5][1]
    with opened(browser, complete_page) as page:
        see_everything(page)
        explorer = page.locator("#fake-mt-6 .explorer").nth(1)
        explorer.locator("select[name=head]").select_option(index=1)
        explorer.locator(".axes canvas").focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        explorer.locator(".reach button").last.click()
        said = explorer.locator(".readout").inner_text()
        row, key = header.decoder_tokens[2].text, header.tokens[-1].text
        assert said.startswith(f"“{row}” looks at “{key}”: about ")
        shown = float(said.rsplit(" ", 1)[1])
        error = 0.02 + 0.026 * shown**0.5
        assert abs(shown**0.5 - float(cross[3, 0, 2, -1]) ** 0.5) <= error


def test_without_scripts_every_view_is_there(browser, complete_page):
    with opened(browser, complete_page, scripts=False) as page:
        assert page.locator(".plot svg").count() == 35
        assert page.locator("#fake-mt-6 .explorer img").count() == 5 + 2
        assert page.locator("#fake-ner-3 ruby").count() == 2
        assert page.locator("#fake-lm-5 .trust").get_by_text("Not computed here").is_visible()
