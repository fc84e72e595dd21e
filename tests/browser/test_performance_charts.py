"""How often a model is right, in a real browser: charts are live, and links lead to inputs."""

from __future__ import annotations

import pytest
from opening import opened, see

import fakes
import reportgen
from judged_inputs import judged


@pytest.fixture(scope="module")
def judged_page(once):
    def fill(folder):
        fakes.write_run(folder, judged())
        reportgen.render(folder, folder)

    return once("judged-page", fill) / "report.html"


def test_the_charts_tell_their_numbers(browser, judged_page):
    with opened(browser, judged_page) as page:
        section = page.locator("#dataset-performance")
        see(page, section)
        charts = section.locator("figure.chart")
        assert charts.count() == 3
        for at, mark, first in (
            (0, ".mark-symbol path", "inputs"),
            (1, ".mark-rect path", "confidence over"),
            (2, ".mark-symbol path", "surest"),
        ):
            charts.nth(at).locator(mark).last.scroll_into_view_if_needed()
            charts.nth(at).locator(mark).last.hover(force=True)
            row = page.locator("#vg-tooltip-element.visible tr", has_text=first).first
            row.wait_for()
            assert row.inner_text().strip().startswith(first)


def test_every_link_of_it_leads_to_an_input(browser, judged_page):
    with opened(browser, judged_page) as page:
        links = page.locator("#dataset-performance a")
        places = links.evaluate_all("links => links.map((link) => link.getAttribute('href'))")
        assert len(places) > 10
        for place in dict.fromkeys(places):
            assert page.locator(f"article.card{place}").count() == 1
        page.locator("#dataset-performance .heat a").first.click()
        page.locator(f"article.card{places[0]}").wait_for(state="visible")


@pytest.mark.parametrize("width", [1280, 400])
def test_it_fits_the_page(browser, judged_page, width):
    with opened(browser, judged_page, width=width) as page:
        see(page, page.locator("#dataset-performance"))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
