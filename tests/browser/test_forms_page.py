"""The forms of a report where people open them: a file, a site, a frame, print, without scripts."""

from __future__ import annotations

import pytest
from opening import go_to, opened, wait_until_live

import reportgen


@pytest.fixture(scope="module")
def site(complete_folder, tmp_path_factory):
    """The index of a site below a folder with an awkward name, as on a server's sub-path."""
    out = tmp_path_factory.mktemp("site") / "a b" / "ü&c"
    return reportgen.render(complete_folder, out=out, format="site").path


def test_one_input_is_shown_at_a_time(browser, demo):
    with opened(browser, demo) as page:
        shown = page.locator(".view:visible")
        assert shown.count() == 1
        assert page.locator("#overview h1").is_visible()
        page.locator(".side a[href='#sentiment-3']").click()
        page.locator("#sentiment-3").wait_for(state="visible")
        assert shown.count() == 1
        assert page.locator(".crumb").is_visible()
        assert page.locator(".side a[aria-current=page]").get_attribute("href") == "#sentiment-3"
        page.go_back()
        page.locator("#overview").wait_for(state="visible")
        assert not page.locator("#sentiment-3").is_visible()
        page.locator(".matrix a[href='#question-answering-10']").first.click()
        page.locator("#question-answering-10").wait_for(state="visible")
        page.locator(".crumb a").click()
        page.locator("#overview").wait_for(state="visible")


def test_a_link_to_a_method_opens_the_overview_there(browser, demo):
    with opened(browser, demo) as page:
        go_to(page, "sentiment-3")
        page.locator("#sentiment-3 a[href='#methods']").click()
        page.locator("#methods").wait_for(state="visible")
        box = page.locator("#methods").bounding_box()
        assert -20 < box["y"] < 500


def test_an_address_with_choices_opens_them(browser, demo):
    with opened(browser, demo, fragment="sentiment-3?token=4&layer=2&head=3") as page:
        card = page.locator("#sentiment-3")
        assert card.is_visible()
        explorer = card.locator(".explorer")
        wait_until_live(page, explorer)
        assert explorer.locator("select[name=layer]").input_value() == "1"
        assert explorer.locator("select[name=head]").input_value() == "3"
        explorer.locator("select[name=layer]").select_option(index=3)
        page.wait_for_function("() => location.hash.includes('layer=4')")
        assert "token=4" in page.evaluate("location.hash")


def test_what_the_browsers_search_finds_is_opened(browser, demo):
    with opened(browser, demo) as page:
        hidden = page.locator("#sentiment-3")
        assert hidden.get_attribute("hidden") == "until-found"
        hidden.evaluate("view => view.dispatchEvent(new Event('beforematch'))")
        assert hidden.is_visible()
        assert not page.locator("#overview").is_visible()


def test_all_is_shown_without_scripts(browser, demo):
    with opened(browser, demo, scripts=False) as page:
        assert page.locator(".view:visible").count() == 13
        assert page.locator(".plot svg").count() == page.locator("figure.chart").count() > 0
        assert not page.locator(".crumb").is_visible()


def test_print_shows_all_in_light_colours(browser, demo):
    with opened(browser, demo, scheme="dark", fragment="sentiment-3") as page:
        page.emulate_media(media="print", color_scheme="dark")
        color = page.locator("body").evaluate("element => getComputedStyle(element).color")
        assert sum(map(int, color[4:-1].split(","))) < 180
        assert not page.locator(".side").is_visible()
        assert not page.locator("select").first.is_visible()
        pdf = page.pdf()
        assert pdf.count(b"/Type /Page") > 13


def test_a_site_works_from_files_and_below_any_path(browser, site):
    with opened(browser, site, within=site.parent) as page:
        page.locator(".matrix a").first.click()
        page.locator("article.card").wait_for(state="visible")
        assert "/inputs/" in page.url
        for figure in page.locator("figure.chart:visible, .explorer:visible").all():
            wait_until_live(page, figure)
        assert page.locator("figure.chart[data-live=chart]").count() > 0
        page.locator(".crumb a").click()
        page.locator("#overview").wait_for(state="visible")
        assert page.url.endswith("/index.html")


def test_the_index_of_a_site_does_not_load_the_chart_library(browser, site):
    with opened(browser, site, within=site.parent) as page:
        loaded = page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")
        assert not [name for name in loaded if "vega" in name]


def test_a_site_is_readable_without_scripts(browser, site):
    with opened(browser, site, within=site.parent, scripts=False) as page:
        page.locator(".matrix a").first.click()
        assert page.locator("article.card").is_visible()
        assert page.locator(".plot svg").first.is_visible()


def test_a_notebook_shows_the_report_in_a_frame(browser, sample_folder, tmp_path):
    html = reportgen.load(sample_folder)._repr_html_()
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<!doctype html><title>notebook</title>{html}", encoding="utf-8")
    with opened(browser, notebook) as page:
        frame = page.frame_locator("iframe")
        frame.locator("#overview").wait_for(state="visible")
        frame.locator(".side a[href='#fake-2']").click()
        frame.locator("#fake-2").wait_for(state="visible")
        assert not frame.locator("#overview").is_visible()
        assert frame.locator("#fake-2 .plot svg").first.is_visible()
