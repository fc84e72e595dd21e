"""The map of many inputs, filters by columns and pages of a table, in a real browser."""

from __future__ import annotations

import pytest
from opening import opened, wait_until_live
from test_access import assert_accessible

import fake_audit
import reportgen

INPUTS = 60


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return fake_audit.audited(tmp_path_factory.mktemp("audited"), INPUTS, columns=3)


@pytest.fixture(scope="module")
def single(run):
    return reportgen.render(run, run).path


@pytest.fixture(scope="module")
def large(run):
    """The same inputs as a site whose index is paged from columns."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("reportgen.rendering.overview.paged_table.LARGE_RUN", 50)
        patch.setattr("reportgen.rendering.overview.paged_table.SHOWN", 20)
        return reportgen.render(run, run / "site", format="site").path


@pytest.fixture
def page(browser, single):
    with opened(browser, single) as page:
        yield page


def rows(page):
    cells = page.locator(".task tbody tr:visible td:first-child")
    return [int(text) for text in cells.all_inner_texts()]


def holding(name: str, value: str, run) -> list[int]:
    jobs = reportgen.Results(run).manifest.jobs
    return [job.input + 1 for job in jobs if job.columns[name] == value]


def test_a_click_on_a_point_opens_its_input(page):
    figure = page.locator(".regions figure.chart").first
    wait_until_live(page, figure)
    assert figure.locator(".mark-symbol path").count() >= INPUTS
    figure.locator(".role-mark.mark-symbol path").last.click(force=True)
    page.locator("article.card:visible").wait_for()
    number = int(page.evaluate("location.hash").rpartition("-")[2])
    assert page.locator("article.card:visible em.bad, article.card:visible .verdict.bad").count()
    assert 1 <= number <= INPUTS


def test_a_point_of_a_site_leads_to_the_page_of_its_input(browser, large):
    with opened(browser, large, within=large.parent) as page:
        figure = page.locator(".regions figure.chart").first
        wait_until_live(page, figure)
        figure.locator(".role-mark.mark-symbol path").last.click(force=True)
        page.wait_for_url("**/inputs/fake-*.html")


def test_pages_of_rows_are_turned_and_sorted(page):
    assert rows(page) == list(range(1, 26))
    place = page.locator(".paging output")
    assert place.inner_text() == "Rows 1 to 25 of 60"
    page.get_by_role("button", name="Next").click()
    assert rows(page) == list(range(26, 51))
    page.get_by_label("page", exact=True).fill("3")
    page.get_by_label("page", exact=True).blur()
    assert rows(page) == list(range(51, 61))
    assert place.inner_text() == "Rows 51 to 60 of 60"
    number = page.locator("th[data-column='0'] button")
    number.click()
    number.click()
    assert rows(page) == list(range(60, 35, -1))


def test_rows_are_filtered_by_the_value_of_a_column(page, run):
    wanted = holding("source", "news", run)
    page.get_by_label("source").select_option("news")
    assert page.locator(".find output").inner_text() == f"{len(wanted)} of 60 inputs"
    assert rows(page) == wanted[:25]
    page.get_by_label("source").select_option("")
    assert rows(page) == list(range(1, 26))
    page.locator(".reasons label").filter(has_text="✗ wrong").click()
    page.get_by_label("source").select_option("tweet")
    jobs = reportgen.Results(run)
    predictions = {p.input + 1: p.prediction.correct for _, p in jobs.entries}
    both = [i for i in holding("source", "tweet", run) if not predictions[i]]
    assert rows(page) == both
    page.get_by_role("button", name="Show all").click()
    assert len(rows(page)) == 25


def test_a_large_run_is_filtered_by_columns_and_its_address_says_so(browser, large, run):
    wanted = holding("source", "news", run)
    with opened(browser, large, within=large.parent) as page:
        page.get_by_label("source").select_option("news")
        page.wait_for_function(
            "(said) => document.querySelector('.find output').textContent === said",
            arg=f"{len(wanted)} of 60 inputs",
        )
        assert rows(page) == wanted[:20]
        assert page.evaluate("location.hash") == "#find?in.source=news"
    with opened(browser, large, within=large.parent, fragment="find?in.source=news") as page:
        page.wait_for_function(
            "(said) => document.querySelector('.find output').textContent === said",
            arg=f"{len(wanted)} of 60 inputs",
        )
        assert page.get_by_label("source").input_value() == "news"


def test_an_overview_of_many_sections_lists_them(page):
    links = page.get_by_role("navigation", name="On this page").get_by_role("link")
    names = links.all_inner_texts()
    assert names.index("Where the mistakes lie") < names.index("What the model says")
    links.filter(has_text="What the model says").click()
    assert page.evaluate("location.hash") == "#says-title"


def test_without_a_script_all_rows_and_a_picture_of_the_map_are_there(browser, single):
    with opened(browser, single, scripts=False) as page:
        assert page.locator(".task tbody tr").count() == INPUTS
        assert page.locator("section.regions .plot svg").is_visible()
        assert not page.locator(".pager").is_visible()


@pytest.mark.parametrize("width", [1280, 400])
def test_the_overview_of_many_inputs_is_accessible(browser, single, width):
    with opened(browser, single, width=width) as page:
        assert_accessible(page, page.locator("#overview"))
