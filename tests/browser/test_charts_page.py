"""Charts in a real browser: what they tell where the pointer is, with and without the library."""

from __future__ import annotations

import numpy as np
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


def test_boxes_are_those_of_the_token_that_is_chosen(browser, complete_page, complete):
    header = complete.entries[0][1]
    stored = complete.matrix("fake-qa", 0, "layer_conductance_features/end").astype(float)
    with opened(browser, complete_page) as page:
        go_to(page, "fake-qa-1-features?token=5")
        section = page.locator("#fake-qa-1-features")
        section.locator("summary").first.click()
        wait_until_live(page, section)
        chart = section.locator(".chart").first
        wait_until_live(page, chart)
        token = header.tokens[4].text
        chart.locator("svg text", has_text=f"end: “{token}”").wait_for()
        assert section.locator("select").input_value() == "4"
        section.locator("select").select_option("6")
        token = header.tokens[6].text
        chart.locator("svg text", has_text=f"end: “{token}”").wait_for()
        assert page.evaluate("location.hash") == "#fake-qa-1?token=7"
        rows = chart.locator("tbody tr")
        rows_of_end = [rows.nth(4 + layer).locator("td").all_text_contents() for layer in range(4)]
        assert [row[0] for row in rows_of_end] == [token] * 4
        for layer, row in enumerate(rows_of_end):
            told = [float(text.replace("−", "-")) for text in row[1:]]
            values = stored[layer, 6]
            assert told[0] == layer + 1
            assert told[2:5] == pytest.approx(np.percentile(values, (25, 50, 75)), rel=6e-3)
            assert told[7:] == pytest.approx([values.min(), values.max()], rel=6e-3)
        section.locator("select").select_option("")
        named = header.tokens[header.targets[1].index].text
        chart.locator("svg text", has_text=f"end: “{named}”").wait_for()


def test_a_link_with_choices_leads_to_its_place(browser, complete_page):
    place = "fake-qa-1-attention?view=heads&layer=2"
    with opened(browser, complete_page, fragment=place) as page:
        page.locator("#fake-qa-1 .many .panel").first.wait_for()
        box = page.locator("#fake-qa-1-attention").bounding_box()
        assert -100 < box["y"] < 500
