"""WCAG 2.2 AA on every page type, by axe; keyboard and print as people use them."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest
from opening import go_to, opened

import reportgen

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page) -> list[str]:
    """Return what axe finds on what is shown, as one line per place."""
    page.evaluate(AXE)
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES
    )
    return [
        f"{rule['id']}: {node['target']} {json.dumps(node['failureSummary'])[:300]}"
        for rule in found["violations"]
        for node in rule["nodes"][:5]
    ]


def draw_everything(page, view):
    """Scroll through a view and open all that is folded, so that axe sees it."""
    page.evaluate("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    for figure in view.locator("figure.chart:visible, .explorer:visible").all():
        figure.scroll_into_view_if_needed()
        page.wait_for_function(
            "element => 'live' in element.dataset", arg=figure.element_handle(), timeout=60_000
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["demo", "sample_page", "complete_page"])
def test_a_single_file_has_no_violation(browser, request, name, scheme):
    path = request.getfixturevalue(name)
    with opened(browser, path, scheme=scheme) as page:
        page.emulate_media(reduced_motion="reduce")
        views = page.locator(".view").evaluate_all("views => views.map((view) => view.id)")
        if name == "demo":  # its inputs are of two kinds; the others are each of their own
            views = ["overview", "sentiment-3", "sentiment-9", "question-answering-10"]
        for view in views:
            go_to(page, view)
            draw_everything(page, page.locator(f"#{view}"))
            assert violations(page) == [], view


@pytest.fixture(scope="module")
def sites(complete_folder, sample_folder, tmp_path_factory):
    """The pages of two sites: every task, and every kind of card."""
    pages = []
    for folder in (complete_folder, sample_folder):
        out = tmp_path_factory.mktemp("site")
        index = reportgen.render(folder, out=out, format="site").path
        pages += [index, *sorted(out.glob("inputs/*.html"))]
    return pages


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_site_has_no_violation(browser, sites, scheme):
    for path in sites:
        with opened(browser, path, scheme=scheme) as page:
            draw_everything(page, page.locator(".view"))
            assert violations(page) == [], path.name


def test_the_script_free_page_has_no_violation(browser, complete_page):
    # axe needs scripts: the page's own are taken out instead.
    html = complete_page.read_text(encoding="utf-8").replace("<script>", "<script type=none>")
    bare = complete_page.with_name("bare.html")
    bare.write_text(html, encoding="utf-8")
    with opened(browser, bare) as page:
        assert violations(page) == []
