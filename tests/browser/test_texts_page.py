"""Texts of every script, and texts that look like code, in the live parts of a page."""

from __future__ import annotations

import pytest
from opening import opened, see

import fakes
import reportgen

TEXTS = {
    "right-to-left": "הסרט הזה לא היה רע בכלל, with one English name ו-3 מספרים.",
    "cjk": "这部电影 一点也不坏 而且非常好看 とても面白い映画でした 영화가 정말 좋았어요",
    "emoji": "Loved it 👩‍👩‍👧 ❤️‍🔥🇫🇷 so 🙂 much 👍🏽 e\u0301tude Z\u0351\u036b\u0343a\u0321lgo",
    "endless": "Donaudampfschifffahrtsgesellschaftskapitän" * 6 + " aaaa",
}


@pytest.fixture(scope="module")
def page_of_texts(tmp_path_factory):
    jobs = [
        fakes.with_everything(
            fakes.classified(text, f"{i}".rjust(32, "0"), position=i, seed=i, model=name)
        )
        for i, (name, text) in enumerate(TEXTS.items())
    ]
    folder = fakes.write_run(tmp_path_factory.mktemp("texts"), jobs)
    return reportgen.render(folder, out=folder).path


def overlaps(elements):
    """Return the pairs of pieces that stand over each other, one line box at a time."""
    return elements.evaluate_all(
        """elements => {
          const boxes = elements.flatMap((element, i) => (
            [...element.getClientRects()].map((box) => ({ box, i, text: element.textContent }))));
          const over = (a, b, low, high) => Math.min(a[high], b[high]) - Math.max(a[low], b[low]);
          return boxes.flatMap((one, k) => boxes.slice(k + 1)
            .filter((other) => one.i !== other.i
              && over(one.box, other.box, "left", "right") > 2
              && over(one.box, other.box, "top", "bottom") > one.box.height / 2)
            .map((other) => [one.text, other.text]));
        }"""
    )


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", TEXTS)
def test_pieces_of_every_script_stand_beside_each_other(browser, page_of_texts, name, width):
    anchor = f"{name}-{list(TEXTS).index(name) + 1}"
    with opened(browser, page_of_texts, fragment=anchor, width=width) as page:
        card = page.locator(f"#{anchor}")
        see(page, card)
        for unit in ("words", "tokens"):
            page.locator(f"#unit-{unit}").evaluate("input => input.click()")
            pieces = card.locator(f".live-strip .by-{unit[:-1]} > span")
            assert pieces.count() > 1
            assert overlaps(pieces) == []
        assert overlaps(card.locator(".looks-text [data-i]")) == []
        for side in ("keys", "queries"):
            panel = card.locator(".panel").first
            assert overlaps(panel.locator(f".{side} span:not([hidden])")) == []
        assert page.locator("html").evaluate("element => element.scrollWidth") <= width


def test_arrows_go_the_way_the_text_goes(browser, page_of_texts):
    with opened(browser, page_of_texts, fragment="right-to-left-1") as page:
        words = page.locator("#right-to-left-1 .live-strip .by-word > span")
        words.first.focus()
        before = words.first.bounding_box()["x"]
        page.keyboard.press("ArrowLeft")
        assert words.nth(1).evaluate("word => word === document.activeElement")
        assert words.nth(1).bounding_box()["x"] < before


def test_tokens_that_look_like_code_are_only_text(browser, complete_page, complete):
    tokens = [token.text for token in complete.entries[1][1].tokens]
    assert any("<" in text for text in tokens)
    assert any('"' in text for text in tokens)
    with opened(browser, complete_page, fragment="fake-2") as page:
        card = page.locator("#fake-2")
        see(page, card)
        page.locator(".side .switch label", has_text="tokens").click()
        sheet = card.locator(".compared .sheet").first
        sheet.scroll_into_view_if_needed()
        heads = sheet.locator("thead [role=button]")
        heads.first.wait_for()
        assert heads.all_text_contents() == tokens
        assert card.locator(".looks-text [data-i]").all_text_contents() == tokens
        chosen = next(i for i, text in enumerate(tokens) if "<" in text)
        heads.nth(chosen).click()
        assert f"“{tokens[chosen]}”" in card.locator(".readbar").inner_text()
        assert card.locator(".readout").inner_text().startswith(f"“{tokens[chosen]}”")
        assert card.locator("script:not([type='application/json']), mark").count() == 0
