"""The demo's page in a real browser: with and without scripts, in light and in dark."""

from __future__ import annotations

import pytest
from opening import opened, see_everything

HOSTILE = 'Loved it <script>alert(1)</script> & "quotes" everywhere, what a delightful surprise.'


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
        assert page.locator("#sentiment-8 .by-word").first.inner_text() == HOSTILE
        assert page.locator("#sentiment-8 .given .strip").count() == 3
        assert (
            page.locator("#question-answering-10 .label")
            .inner_text()
            .startswith("“to include, empower and support humans of all kinds")
        )
        assert page.get_by_text("Completeness, in logits").first.is_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_words_and_tokens_switch_everywhere(browser, demo, scripts):
    with opened(browser, demo, scripts=scripts) as page:
        strip = page.locator("#sentiment-1 .strip").first
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
            if scripts:
                see_everything(page)
            width = page.locator("html").evaluate("element => element.scrollWidth")
            assert width <= 390


def test_bad_news_is_shown_on_the_card(browser, sample_page):
    with opened(browser, sample_page) as page:
        see_everything(page)
        assert page.locator("#fake-4").get_by_text("the text is empty").is_visible()
        assert page.locator("#fake-3").get_by_text("Only 110 of 114 tokens were read").is_visible()
        assert page.locator("#fake-2").get_by_text("Did not converge").is_visible()
        assert page.locator("#fake-3 .unread").first.is_visible()


def test_print_shows_all_inputs_in_light_colours(browser, demo):
    with opened(browser, demo, scheme="dark") as page:
        page.emulate_media(media="print", color_scheme="dark")
        assert luminance(page, "body", "color") < 60
        assert not page.locator(".side").is_visible()
        assert page.locator("article.card:visible").count() == 12
