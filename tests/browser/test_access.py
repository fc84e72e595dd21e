"""WCAG 2.2 AA on every page type, by axe; keyboard and print as people use them."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import pytest
from opening import opened, see

import reportgen

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

ALIKE = ":is(.data, .heat) tbody tr:nth-child(n + 4)"  # rows like those above them


def violations(page, scheme) -> list[str]:
    """Return what axe finds on what is shown in a theme, as one line per place.

    Colours are all that the themes differ in: everything is checked in the light one only.
    """
    page.emulate_media(color_scheme=scheme)
    asked = {"type": "tag", "values": RULES}
    if scheme == "dark":
        asked = {"type": "rule", "values": ["color-contrast"]}
    found = page.evaluate(
        "([asked, alike]) => axe.run({include: ['body'], exclude: [alike]}, "
        "{runOnly: asked, resultTypes: ['violations'], preload: false})",
        [asked, ALIKE],
    )
    return [
        f"{rule['id']}: {node['target']} {json.dumps(node['failureSummary'])[:300]}"
        for rule in found["violations"]
        for node in rule["nodes"][:5]
    ]


def assert_accessible(page, view, schemes=("light", "dark")):
    """Check a view in its themes, with all that is folded opened.

    Hidden views are taken out: axe would walk through them all.
    """
    page.evaluate("() => document.querySelectorAll('.view[hidden]').forEach((v) => v.remove())")
    see(page, view)
    page.evaluate(AXE)
    for scheme in schemes:
        assert violations(page, scheme) == [], (view, scheme)


@pytest.mark.long
@pytest.mark.parametrize("name", ["demo", "sample_page", "complete_page"])
def test_a_single_file_has_no_violation(browser, request, name):
    path = request.getfixturevalue(name)
    # the demo's inputs are of two kinds; the others are each of their own
    views = ["overview", "sentiment-3?token=3", "question-answering-10"]
    if name != "demo":
        views = re.findall(r'<article class="card view" id="([^"]+)"', path.read_text("utf-8"))
    for view in views:
        with opened(browser, path, fragment=view) as page:
            schemes = ("light",) if name == "complete_page" else ("light", "dark")
            assert_accessible(page, page.locator(f"#{view.partition('?')[0]}"), schemes)


@pytest.fixture(scope="module")
def site(sample_folder, tmp_path_factory):
    """A site of every kind of card; what is on them is checked in the single files."""
    out = tmp_path_factory.mktemp("site")
    return reportgen.render(sample_folder, out=out, format="site").path


@pytest.mark.long
def test_a_site_has_no_violation(browser, site):
    for path in (site, *sorted(site.parent.glob("inputs/*.html"))[:2]):
        with opened(browser, path, within=site.parent) as page:
            assert_accessible(page, page.locator(".view"))


def test_a_narrow_screen_has_no_violation(browser, complete_page):
    with opened(browser, complete_page, width=390, fragment="fake-qa-1") as page:
        page.get_by_role("button", name="Inputs and display").click()
        assert_accessible(page, page.locator("#fake-qa-1"), ["light"])


def test_the_script_free_page_has_no_violation(browser, complete_page):
    # axe needs scripts: the page's own are taken out instead.
    html = complete_page.read_text(encoding="utf-8").replace("<script>", "<script type=none>")
    bare = complete_page.with_name("bare.html")
    bare.write_text(html, encoding="utf-8")
    with opened(browser, bare) as page:
        page.evaluate("() => document.querySelectorAll('.card ~ .card').forEach((c) => c.remove())")
        page.evaluate(AXE)
        assert violations(page, "light") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_every_shade(browser, sample_page, scheme):
    """The contrast on the darkest of each hue, which axe does not tell of single letters."""
    with opened(browser, sample_page, scheme=scheme) as page:
        contrasts = page.evaluate(
            """() => [..."pnavm"].map((hue) => {
              const word = document.body.appendChild(document.createElement("span"));
              word.className = `${hue}9`;
              const context = document.createElement("canvas").getContext(
                "2d", { willReadFrequently: true });
              const { color, backgroundColor } = getComputedStyle(word);
              const [light, dark] = [color, backgroundColor].map((name) => {
                context.fillStyle = name;
                context.fillRect(0, 0, 1, 1);
                const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map((value) => (
                  value > 10 ? ((value / 255 + 0.055) / 1.055) ** 2.4 : value / 255 / 12.92));
                return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
              }).sort((a, b) => b - a);
              return light / dark;
            })"""
        )
        assert min(contrasts) >= 4.5


def covered(page):
    """Tell whether a bar that stays in sight hides the whole of what has the focus."""
    return page.evaluate(
        """() => {
          const { top, bottom } = document.activeElement.getBoundingClientRect();
          return [...document.querySelectorAll(".view:not([hidden]) :is(.readbar, .parts)")]
            .filter((bar) => !bar.contains(document.activeElement))
            .map((bar) => bar.getBoundingClientRect())
            .some((bar) => bar.height && top >= bar.top - 1 && bottom <= bar.bottom + 1);
        }"""
    )


SCROLLED = """() => new Promise((done) => {
  let last = window.scrollY, still = 0;
  const look = () => {
    still = window.scrollY === last ? still + 1 : 0;
    last = window.scrollY;
    if (still > 2) done(); else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""
"""Waits until the page has come to rest."""


@pytest.mark.long
def test_what_has_the_focus_is_never_under_a_bar(browser, complete_page):
    with opened(browser, complete_page, fragment="fake-qa-1?token=3") as page:
        card = page.locator("#fake-qa-1")
        card.locator(".readbar strong").first.wait_for()
        see(page, card)
        page.evaluate("() => window.scrollTo({ top: 0, behavior: 'instant' })")
        card.locator(".parts a").first.focus()
        seen = set()
        for key in ["Tab"] * 70 + ["Shift+Tab"] * 40:
            page.keyboard.press(key)
            page.evaluate(SCROLLED)
            assert not covered(page), page.evaluate("document.activeElement.outerHTML")[:200]
            seen.add(page.evaluate("document.activeElement.tagName"))
        assert {"A", "SELECT", "INPUT", "SPAN", "DIV", "SUMMARY", "CANVAS", "BUTTON"} <= seen


def test_the_bar_of_a_token_is_two_lines_at_most(browser, complete_page):
    for width in (1280, 390):
        with opened(browser, complete_page, width=width, fragment="fake-qa-1?token=3") as page:
            bar = page.locator("#fake-qa-1 .readbar")
            bar.locator("strong").first.wait_for()
            assert bar.bounding_box()["height"] < 60
            page.keyboard.press("Tab")
            page.locator("#fake-qa-1 .live-strip [tabindex='0']:visible").first.focus()
            page.keyboard.press("Escape")
            assert bar.inner_text() == "" or "token=" not in page.url


def test_narrow_screens_begin_with_the_answer(browser, complete_page):
    with opened(browser, complete_page, width=390, fragment="fake-qa-1") as page:
        assert page.locator("#fake-qa-1 .label").bounding_box()["y"] < 400
        button = page.get_by_role("button", name="Inputs and display")
        search = page.get_by_label("Search the inputs")
        assert not search.is_visible()
        button.press("Enter")
        assert search.is_visible()
        assert button.get_attribute("aria-expanded") == "true"
        page.locator(".side .inputs a").nth(1).click()
        page.locator("#fake-qa-1").wait_for(state="hidden")
        assert not search.is_visible()


def test_nothing_is_wider_than_the_paper(browser, demo, complete_page):
    for path in (demo, complete_page):
        with opened(browser, path, width=690) as page:  # A4 between its margins
            page.emulate_media(media="print")
            for content in ("summary", "all"):
                page.locator(f"#print-{content}").evaluate("radio => (radio.checked = true)")
                assert page.locator("html").evaluate("element => element.scrollWidth") <= 690
