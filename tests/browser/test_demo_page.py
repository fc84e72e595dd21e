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
        assert page.locator("#sentiment-8 .strips .text:visible").count() == 3
        for picture in page.locator(".atlas img").all():
            assert picture.bounding_box()["width"] > 100
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


def test_every_selector_of_the_explorer_changes_the_map(browser, demo):
    with opened(browser, demo) as page:
        see_everything(page)
        explorer = page.locator("#question-answering-10 .explorer")
        canvas = explorer.locator(".axes canvas")
        drawn = canvas.evaluate_handle("canvas => () => canvas.toDataURL()")
        seen = {drawn.evaluate("draw => draw()")}
        for name, value in (  # a value or a label, as playwright takes it
            ("layer", "0"), ("head", "1"), ("head", "12"), ("kind", "norm"), ("layer", "3"),
        ):  # fmt: skip
            explorer.locator(f"select[name={name}]").select_option(value=value)
            seen.add(drawn.evaluate("draw => draw()"))
        assert len(seen) == 6
        assert "scale 0 to" in explorer.locator("output").inner_text()


def test_the_map_tells_the_value_under_the_pointer(browser, demo):
    with opened(browser, demo) as page:
        see_everything(page)
        explorer = page.locator("#sentiment-3 .explorer")
        explorer.locator("select[name=head]").select_option(index=2)
        explorer.locator(".axes canvas").focus()
        for _ in range(4):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowRight")
        said = explorer.locator(".readout").inner_text()
        assert said.startswith("“not” looks at “This”: about ")
        assert 0 <= float(said.rsplit(" ", 1)[1]) <= 1
        explorer.locator(".reach button", has_text="bad").click()
        assert explorer.locator(".reach button[aria-pressed=true]").inner_text() == "bad"


def test_the_readout_is_the_stored_attention(browser, demo):
    results = reportgen_results(demo)
    attention = results.matrix("sentiment", 2, "attention")
    with opened(browser, demo) as page:
        see_everything(page)
        explorer = page.locator("#sentiment-3 .explorer")
        explorer.locator("select[name=layer]").select_option(index=1)
        explorer.locator("select[name=head]").select_option(index=3)
        canvas = explorer.locator(".axes canvas")
        canvas.focus()
        for key in range(attention.shape[-1]):
            said = explorer.locator(".readout").inner_text()
            shown = float(said.rsplit(" ", 1)[1])
            # 32 levels on a square-root scale, as one of 256 opacities, written with two digits
            error = 0.5 / 31 + 0.5 / 255 + 0.026 * shown**0.5
            assert abs(shown**0.5 - attention[1, 2, 0, key] ** 0.5) <= error
            page.keyboard.press("ArrowRight")


def test_a_click_on_a_small_map_opens_it(browser, demo):
    with opened(browser, demo) as page:
        see_everything(page)
        explorer = page.locator("#sentiment-1 .explorer")
        picture = explorer.locator("img[data-kind=norm]")
        box = picture.bounding_box()
        picture.click(position={"x": box["width"] - 10, "y": 10})
        assert explorer.locator("select[name=kind]").input_value() == "norm"
        assert explorer.locator("select[name=head]").input_value() == "6"
        assert explorer.locator("select[name=layer]").input_value() == "0"


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


def reportgen_results(demo):
    import reportgen

    return reportgen.load(demo.parent)
