"""The page that compares two runs, in a real browser."""

from __future__ import annotations

import pytest
from opening import opened
from test_access import AXE, assert_accessible, violations

import reportgen
from pairs import one, run, showcase
from reportgen.results.compare.runs import compare
from reportgen.site.compare import render_comparison

CHECK = {"attribution_share": {"words": ["here"], "max": 0.5}}


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("changed")
    return render_comparison(showcase(folder, checks=[CHECK]), folder).path


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory):
    """Two models, of which nothing changed."""
    folder = tmp_path_factory.mktemp("unchanged")
    jobs = [one("a b c", (1, 2, 3), model=model) for model in ("v1", "v2")]
    results = run(folder, jobs)
    return render_comparison(compare(results, results), folder).path


@pytest.mark.parametrize("name", ["changed", "unchanged"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_has_no_violation(browser, request, name, width):
    with opened(browser, request.getfixturevalue(name), width=width) as page:
        page.evaluate(AXE)
        for scheme in ("light", "dark"):
            assert violations(page, scheme) == []


@pytest.mark.parametrize("scripts", [True, False])
def test_it_is_never_wider_than_the_screen_or_the_paper(browser, changed, scripts):
    for width, media in ((390, "screen"), (820, "screen"), (690, "print")):
        with opened(browser, changed, width=width, scripts=scripts) as page:
            page.emulate_media(media=media)
            if scripts:
                assert page.locator("html").evaluate("e => e.scrollWidth") <= width
            assert page.get_by_role("heading", level=1).is_visible()


def test_everything_is_there_without_scripts_and_in_print(browser, changed):
    with opened(browser, changed, scripts=False) as page:
        assert page.locator(".change .reading").count() == 6
        assert page.locator(".change").first.is_visible()
        page.emulate_media(media="print")
        assert page.locator(".change").last.is_visible()
        assert not page.locator(".side").is_visible()


def test_a_line_leads_to_its_texts(browser, changed):
    with opened(browser, changed) as page:
        page.locator(".lines a").first.click()
        card = page.locator(".change").first
        assert page.evaluate("location.hash") == f"#{card.get_attribute('id')}"
        top = "card => Math.abs(card.getBoundingClientRect().top) < 100"  # once it has scrolled
        page.wait_for_function(top, arg=card.element_handle())


def test_both_themes_can_be_chosen(browser, changed):
    with opened(browser, changed) as page:
        paper = "getComputedStyle(document.body).backgroundColor"
        page.get_by_text("dark", exact=True).click()
        dark = page.evaluate(paper)
        page.get_by_text("light", exact=True).click()
        assert page.evaluate(paper) != dark


def test_narrow_screens_begin_with_the_answer(browser, changed):
    with opened(browser, changed, width=390) as page:
        assert page.locator(".lead").first.bounding_box()["y"] < 400


@pytest.mark.parametrize("width", [1280, 390])
def test_models_side_by_side_have_no_violation(browser, tmp_path, width):
    jobs = [
        one("a b c", (1, 2, 3), model="v1"),
        one("a b c", (3, 2, 1), model="v2", label="NEGATIVE"),
    ]
    path = reportgen.render(run(tmp_path, jobs), tmp_path).path
    for view in ("overview", "v1-1"):
        with opened(browser, path, width=width, fragment=view) as page:
            assert page.get_by_text("differ", exact=False).locator("visible=true").count()
            assert_accessible(page, page.locator(f"#{view}"))
            assert page.locator("html").evaluate("e => e.scrollWidth") <= width
