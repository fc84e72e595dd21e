"""What removing words shows, in a real browser: the live chart, and the page without scripts."""

from __future__ import annotations

import pytest
from opening import go_to, opened, wait_until_live

import fakes
import reportgen
from fake_removals import with_removals

TEXT = "The plot is a tedious mess and the acting is stupid , sadly"
WEIGHTS = (0.1, -0.3, 0, 0.1, 1.5, 1.2, 0.2, 0, -0.4, 0.1, 1.9, 0, 0.6)


@pytest.fixture(scope="module")
def page_of_removals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("removals")
    pair = with_removals(fakes.classified(TEXT), WEIGHTS, bias=-3.2)
    return reportgen.render(fakes.write_run(folder / "run", [pair]), folder).path


def test_the_chart_is_live_and_tells_all_methods_where_the_pointer_is(browser, page_of_removals):
    with opened(browser, page_of_removals) as page:
        go_to(page, "fake-1-removal")
        figure = page.locator("#fake-1-removal figure.chart")
        wait_until_live(page, figure)
        assert figure.locator(".mark-line path").count() >= 2 * 3
        figure.locator(".mark-rule line").nth(2).hover(force=True)
        rows = page.locator("#vg-tooltip-element.visible tr")
        rows.first.wait_for()
        told = dict(row.locator("td").all_inner_texts() for row in rows.all())
        told = {key.rstrip(":"): value for key, value in told.items()}
        assert told["first"] == "most important"
        assert {"integrated gradients", "attention relevance", "random order"} <= set(told)
        shown = figure.locator(".mark-line path")
        before = shown.evaluate_all("lines => lines.map(line => line.getAttribute('opacity'))")
        figure.locator(".role-legend-symbol path").first.click(force=True)
        page.wait_for_timeout(300)
        after = shown.evaluate_all("lines => lines.map(line => line.getAttribute('opacity'))")
        assert before != after


@pytest.mark.parametrize("width", [1280, 390])
def test_without_scripts_facts_and_picture_stand_on_the_page(browser, page_of_removals, width):
    with opened(browser, page_of_removals, width=width, scripts=False) as page:
        assert page.locator(".removed > ul > li").first.is_visible()
        assert page.locator("#fake-1-removal .plot > svg").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
