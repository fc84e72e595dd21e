"""The demo's page in a real browser: with and without scripts, in light and in dark."""

from __future__ import annotations

import pytest
from opening import go_to, opened, see, see_everything

HOSTILE = 'Loved it <script>alert(1)</script> & "quotes" everywhere, what a delightful surprise.'
DIFFERENT = ("overview", "sentiment-3", "sentiment-9", "question-answering-10")  # of the demo


def luminance(page, selector, name):
    channels = page.locator(selector).first.evaluate(
        f"element => getComputedStyle(element).{name}.match(/[\\d.]+/g).slice(0, 3).map(Number)"
    )
    return sum(channels) / 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_the_page_is_complete_and_quiet(browser, demo, scheme, scripts):
    with opened(browser, demo, scheme=scheme, scripts=scripts) as page:
        if scripts:
            see_everything(page)
        body, text = luminance(page, "body", "backgroundColor"), luminance(page, "body", "color")
        assert (body > 200 > text) if scheme == "light" else (body < 60 < text)
        assert page.locator("article.card").count() == 12
        assert page.locator(".plot svg").count() == page.locator("figure.chart").count() > 0
        if scripts:
            go_to(page, "sentiment-8")
        shown = page.locator("#sentiment-8 .strip:visible .by-word")
        assert shown.first.inner_text() == HOSTILE
        if scripts:
            go_to(page, "question-answering-10")
        assert page.locator("#sentiment-8 .given .strip").count() == 3
        assert (
            page.locator("#question-answering-10 .label")
            .inner_text()
            .startswith("“to include, empower and support humans of all kinds")
        )
        assert (
            page.locator("#question-answering-10")
            .get_by_text("Completeness, in logits")
            .is_visible()
        )


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_words_and_tokens_switch_everywhere(browser, demo, scripts):
    with opened(browser, demo, scripts=scripts, fragment="sentiment-1") as page:
        if scripts:
            page.locator("#sentiment-1 .live-strip").wait_for()
        strip = page.locator("#sentiment-1 .strip:visible").first
        assert strip.locator(".by-word").is_visible()
        page.locator(".switch label", has_text="tokens").click()
        assert strip.locator(".by-token").is_visible()
        assert not strip.locator(".by-word").is_visible()
        assert strip.locator(".by-token").inner_text() == strip.locator(".by-word").text_content()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_the_theme_switch_beats_the_system(browser, demo, scripts):
    with opened(browser, demo, scheme="light", scripts=scripts) as page:
        page.locator(".switch label", has_text="dark").click()
        assert luminance(page, "body", "backgroundColor") < 60
        page.locator(".switch label", has_text="light").click()
        assert luminance(page, "body", "backgroundColor") > 200


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_narrow_screens_never_scroll_sideways(browser, demo, sample_page, complete_page, scripts):
    for path in (demo, sample_page, complete_page):
        with opened(browser, path, width=390, scripts=scripts) as page:
            for view in DIFFERENT if scripts and path == demo else ():
                go_to(page, view)
                see(page, page.locator(f"#{view}"))
            if scripts and path != demo:
                see_everything(page)
            width = page.locator("html").evaluate("element => element.scrollWidth")
            assert width <= 390


def test_bad_news_is_shown_on_the_card(browser, sample_page):
    with opened(browser, sample_page) as page:
        for view, text in (
            ("fake-4", "the text is empty"),
            ("fake-3", "Only 110 of 114 tokens were read"),
            ("fake-2", "Do not rely on"),
        ):
            go_to(page, view)
            assert page.locator(f"#{view}").get_by_text(text).is_visible()
        go_to(page, "fake-3")
        assert page.locator("#fake-3 .unread:visible").count() == 1


def test_print_shows_all_inputs_in_light_colours(browser, demo):
    with opened(browser, demo, scheme="dark") as page:
        page.emulate_media(media="print", color_scheme="dark")
        assert luminance(page, "body", "color") < 60
        assert not page.locator(".side").is_visible()
        assert page.locator("article.card:visible").count() == 12
