"""Charts in a real browser: what they tell where the pointer is, with and without the library."""

from __future__ import annotations

import pytest
from opening import go_to, opened, wait_until_live


@pytest.mark.parametrize("width", [1280, 390])
def test_a_layer_of_a_line_chart_tells_its_values(browser, sample_page, width):
    with opened(browser, sample_page, width=width) as page:
        assert page.locator("#vega").count() == 0  # no chart of this page needs the library
        go_to(page, "fake-1")
        figure = page.locator("#fake-1-layers figure.chart").first
        wait_until_live(page, figure)
        tip = page.locator(".tip.values")
        assert not tip.is_visible()
        columns = figure.locator(".values rect")
        figure.locator("summary").click()
        for at in (0, columns.count() - 1):
            columns.nth(at).scroll_into_view_if_needed()
            columns.nth(at).hover()
            lines = figure.locator("thead th").all_inner_texts()[1:]
            layer, *rows = tip.locator("span").all_inner_texts()
            assert layer == f"layer {at + 1}"
            assert rows[1::2] == lines
            shown = figure.locator("tbody tr").nth(at).locator("td").all_inner_texts()
            for told, exact in zip(rows[::2], shown, strict=True):
                assert float(told[:-2]) == pytest.approx(float(exact[:-2]), abs=0.051)
            box = tip.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
        page.mouse.move(1, 1)
        assert not tip.is_visible()


def test_without_scripts_a_browser_has_the_values_as_titles(browser, sample_page):
    with opened(browser, sample_page, scripts=False) as page:
        title = page.locator("#fake-1-layers .values title").first.text_content()
        assert title.startswith("layer 1\n")
        assert title.endswith("vector norms")


def test_a_live_chart_tells_its_numbers_in_two_columns(browser, complete_page):
    with opened(browser, complete_page, fragment="fake-qa-1") as page:
        page.locator("#fake-qa-1-features summary").first.click()
        figure = page.locator("#fake-qa-1-features figure.chart").first
        wait_until_live(page, figure)
        figure.locator(".mark-rect path").first.hover(force=True)
        rows = page.locator("#vg-tooltip-element.visible tr")
        rows.first.wait_for()
        assert rows.first.inner_text().split() == ["layer", "1"]
        for row in rows.all():
            key, value = (cell.bounding_box() for cell in row.locator("td").all())
            assert key["x"] + key["width"] <= value["x"] + 1
            assert abs(key["y"] - value["y"]) < 4
