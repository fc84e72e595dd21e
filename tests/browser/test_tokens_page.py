"""The text and the rows of token scores in a real browser: each switch, hover, focus and pin."""

from __future__ import annotations

import re

import numpy as np
import pytest
from opening import go_to, opened, see

import fakes
import reportgen
from own_pages import write_templates
from reportgen.rendering.wording.labels import output, row_of
from reportgen.rendering.wording.numbers import number
from reportgen.results.scores import by_word

CARD = "fake-qa-1"


@pytest.fixture(scope="module")
def long_page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long")
    text = " ".join(f"extraordinary{i} word" for i in range(250))
    fakes.write_run(folder, [fakes.classified(text)])
    return reportgen.render(folder, out=folder).path


def at(page, address=CARD):
    """Open an input and wait until its text is live."""
    go_to(page, address)
    card = page.locator(f"#{address.partition('?')[0]}")
    card.locator(".strips[data-live=tokens]").wait_for()
    return card


def live_sheet(card, index=0):
    """Bring a sheet into sight and wait until it is drawn by the script."""
    sheet = card.locator(".compared .sheet").nth(index)
    sheet.scroll_into_view_if_needed()
    sheet.locator("thead [role=button], tbody canvas").first.wait_for()
    return sheet


def switch(card, label):
    card.locator(".tools label", has_text=label).click()


def shades(card):
    return card.locator(".live-strip .by-word span").evaluate_all(
        "spans => spans.map((span) => span.className.replace('on', '').trim())"
    )


def low_end(card):
    return card.locator(".live-strip .legend > span:not(.ramp)").nth(1).inner_text()


def numbers(text):
    return [float(found.replace("−", "-")) for found in re.findall(r"[+−]?\d+\.\d+", text)]


def test_only_the_colours_that_failed_are_muted(browser, sample_page):
    with opened(browser, sample_page) as page:
        card = at(page, "fake-2")
        strip, about = card.locator(".live-strip"), card.locator(".live-strip .strip-head .soft")
        assert "unreliable" in strip.get_attribute("class")
        assert about.inner_text().startswith("Not to be relied on: it did not converge; red")
        red = "strip => getComputedStyle(strip).getPropertyValue('--towards')"
        muted = strip.evaluate(red)
        card.locator(".tools select").select_option("attention")
        assert "unreliable" not in strip.get_attribute("class")
        assert "relied" not in about.inner_text()
        assert strip.evaluate(red) != muted
        other = at(page, "fake-1").locator(".live-strip")
        assert "unreliable" not in other.get_attribute("class")
        assert other.evaluate(red) != muted


def test_one_chosen_text_is_visible(browser, complete_page, complete):
    header = complete.entries[0][1]
    title = f"Attention, {row_of(header, header.targets[0].read_at)}"
    with opened(browser, complete_page) as page:
        card = at(page)
        assert card.locator(".strip:visible").count() == 1
        select = card.get_by_label("Colours show")
        assert select.locator("option").count() == 38
        before = shades(card)
        select.select_option("attention/start")
        assert page.url.endswith(f"#{CARD}?method=attention%2Fstart")
        assert card.locator(".live-strip h4").inner_text() == title
        assert shades(card) != before
        assert all(not shade or shade[0] == "a" for shade in shades(card))
        assert low_end(card) == "0"
        assert title in card.locator(".top caption").inner_text()
        heads = card.locator(".top thead th").count()
        assert card.locator(".top tbody tr").first.locator("th, td").count() == heads


def test_a_link_opens_the_quantity_and_the_token(browser, complete_page, complete):
    header = complete.entries[0][1]
    with opened(browser, complete_page) as page:
        card = at(page, f"{CARD}?token=3&method=alti")
        assert card.locator(".live-strip h4").inner_text() == "ALTI"
        word = next(w for w in header.words if w.first <= 2 < w.last)
        marked = card.locator(".live-strip .by-word [aria-pressed=true]")
        assert marked.inner_text() == word.text
        assert f"“{word.text}”" in card.locator(".readbar").inner_text()


def test_without_scripts_every_text_is_visible(browser, complete_page):
    with opened(browser, complete_page, scripts=False) as page:
        card = page.locator(f"#{CARD}")
        assert card.locator(".strip:visible").count() == 4
        assert not card.locator(".tools").is_visible()
        assert card.locator(".top table").is_visible()
        assert card.locator(".compared img").first.is_visible()


def test_print_shows_every_text(browser, complete_page):
    with opened(browser, complete_page) as page:
        card = at(page)
        page.emulate_media(media="print")
        assert card.locator(".given .strip:visible").count() == 2  # of what explains the answer
        page.locator("#print-all").evaluate("radio => (radio.checked = true)")
        assert card.locator(".given .strip:visible").count() == 4
        assert not card.locator(".live-strip").is_visible()


def test_signed_and_absolute(browser, complete_page):
    with opened(browser, complete_page) as page:
        card = at(page)
        live_sheet(card)
        assert {"p", "n"} <= {shade[:1] for shade in shades(card)}
        switch(card, "absolute")
        assert {shade[:1] for shade in shades(card)} <= {"", "m"}
        assert low_end(card) == "0"
        assert card.locator(".compared .range").first.inner_text().startswith("0 to")
        switch(card, "signed")
        assert card.locator(".compared .range").first.inner_text().startswith("±")


def test_one_scale_for_a_method_or_one_for_each_row(browser, complete_page):
    with opened(browser, complete_page) as page:
        card = at(page)
        ranges = live_sheet(card).locator("tbody .range")
        shared = ranges.all_inner_texts()
        assert shared[0] == shared[1]
        weakest = 0 if "p9" not in shades(card) and "n9" not in shades(card) else 1
        switch(card, "per row")
        alone = ranges.all_inner_texts()
        assert alone[0] != alone[1]
        assert numbers(shared[0])[0] == max(numbers(alone[0])[0], numbers(alone[1])[0])
        options = card.get_by_label("Colours show").locator("option")
        values = options.evaluate_all("options => options.map((option) => option.value)")
        card.get_by_label("Colours show").select_option(values[weakest])
        end = numbers(alone[weakest])[0]
        assert numbers(card.locator(".live-strip .legend").inner_text()) == [-end, end]


def test_words_and_tokens_switch_the_text_the_rows_and_the_table(browser, complete_page, complete):
    header = complete.entries[0][1]
    with opened(browser, complete_page) as page:
        card = at(page)
        heads = live_sheet(card).locator("thead [role=button]")
        special = [token.text for token in header.tokens if token.special]
        assert heads.count() == len(header.words) + len(special)
        page.locator(".side .switch label", has_text="tokens").click()
        assert heads.all_inner_texts() == [token.text for token in header.tokens]
        assert card.locator(".live-strip .by-token").first.is_visible()
        assert card.locator(".top thead th").first.inner_text() == "token"


@pytest.mark.parametrize("unit", ["words", "tokens"])
def test_hovering_tells_the_stored_numbers_and_marks_every_row(
    browser, complete_page, complete, unit
):
    header = complete.entries[0][1]
    stored = complete.matrix("fake-qa", 0, "integrated_gradients/start")
    values = stored if unit == "tokens" else by_word(stored, header.words)
    with opened(browser, complete_page) as page:
        card = at(page)
        page.locator(".side .switch label", has_text=unit).click()
        sheet = live_sheet(card)
        pieces = card.locator(f".live-strip .by-{unit[:-1]} span")
        place = 4
        piece = pieces.nth(place)
        piece.hover()
        said = card.locator(".readbar").inner_text()
        index = place if unit == "words" else 1 + place  # after [CLS]
        assert numbers(said)[0] == pytest.approx(values[index], rel=0.005)
        special = [i for i, token in enumerate(header.tokens) if token.special]
        ranked = stored if unit == "tokens" else [*values, *stored[special]]
        sizes = [float(f"{abs(value):.3g}") for value in ranked]
        larger = sum(size > sizes[index] for size in sizes)
        assert re.search(r"(\d+)\w\w of (\d+)", said).groups() == (str(1 + larger), str(len(sizes)))
        assert piece.evaluate("element => element.classList.contains('on')")
        rows = sheet.locator("tbody tr").count()
        assert sheet.locator("td.on").count() == rows == 38
        page.mouse.move(2, 2)
        assert card.locator(".on").count() == 0
        assert card.locator(".readbar").inner_text() == ""


def test_a_cell_of_a_layer_is_told(browser, complete_page, complete):
    stored = complete.matrix("fake-qa", 0, "layer_conductance/start")
    with opened(browser, complete_page) as page:
        card = at(page)
        page.locator(".side .switch label", has_text="tokens").click()
        sheet = live_sheet(card, 1)
        sheet.locator("tbody tr").nth(2).locator("td").nth(3).hover()
        said = card.locator(".readbar").inner_text()
        assert "Layer conductance for start, layer 3" in said
        end = said.index("layer 3") + len("layer 3")
        assert numbers(said[end:])[0] == pytest.approx(stored[2, 3], rel=0.005)
        assert card.locator(".live-strip .by-token .on").count() == 1


def test_arrows_move_through_the_text_and_the_labels(browser, complete_page, complete):
    header = complete.entries[0][1]
    with opened(browser, complete_page) as page:
        card = at(page)
        sheet = live_sheet(card)
        strip = card.locator(".live-strip")
        assert strip.locator(".by-word [tabindex='0'], .specials [tabindex='0']").count() == 1
        strip.locator("[tabindex='0']:visible").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        assert f"“{header.words[2].text}”" in card.locator(".readbar").inner_text()
        assert strip.locator("[tabindex='0']:visible").inner_text() == header.words[2].text
        page.keyboard.press("End")
        assert "“[SEP]”" in card.locator(".readbar").inner_text()
        page.keyboard.press("Home")
        assert f"“{header.words[0].text}”" in card.locator(".readbar").inner_text()
        sheet.locator("thead [tabindex='0']").focus()
        page.keyboard.press("ArrowRight")
        assert f"“{header.words[0].text}”" in card.locator(".readbar").inner_text()
        assert strip.locator(".on").inner_text() == header.words[0].text


def test_a_word_is_kept_by_click_or_enter_and_let_go(browser, complete_page, complete):
    header = complete.entries[0][1]
    with opened(browser, complete_page) as page:
        card = at(page)
        word = card.locator(".live-strip .by-word span").nth(2)
        word.click()
        assert page.url.endswith(f"?token={header.words[2].first + 1}")
        page.mouse.move(2, 2)
        assert word.get_attribute("aria-pressed") == "true"
        assert f"“{header.words[2].text}”" in card.locator(".readbar").inner_text()
        word.click()
        assert "token=" not in page.url
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        assert page.url.endswith(f"?token={header.words[3].first + 1}")
        page.keyboard.press("Escape")
        assert "token=" not in page.url
        assert card.locator("[aria-pressed=true].on").count() == 0


def test_what_others_point_at_is_marked_and_told(browser, complete_page, complete):
    header = complete.entries[0][1]
    with opened(browser, complete_page) as page:
        card = at(page)
        told = card.evaluate(
            """card => {
              let events = 0;
              card.addEventListener("point", () => { events += 1; });
              card.dispatchEvent(new CustomEvent("point", { detail: { token: 2 } }));
              return events;
            }"""
        )
        assert told == 1
        word = next(w for w in header.words if w.first <= 2 < w.last)
        assert card.locator(".live-strip .by-word .on").inner_text() == word.text


def test_many_outputs_are_rows_of_a_matrix(browser, complete_page, complete):
    header = complete.entries[4][1]
    with opened(browser, complete_page) as page:
        card = at(page, "fake-lm-5")
        sheet = card.locator("section:has(> h3:text('Every output')) .sheet")
        sheet.scroll_into_view_if_needed()
        sheet.locator("thead [role=button]").first.wait_for()
        names, ranges = zip(
            *(text.split("\n") for text in sheet.locator("tbody th").all_inner_texts()),
            strict=True,
        )
        assert list(names) == [output(header, target.name) for target in header.targets]
        scores = [
            complete.matrix("fake-lm", 4, f"integrated_gradients/{t.name}") for t in header.targets
        ]
        ends = [max(abs(row).max(), abs(by_word(row, header.words)).max()) for row in scores]
        assert [text.removesuffix(" logits") for text in ranges] == [f"±{number(e)}" for e in ends]
        assert card.get_by_label("Colours show").locator("option").count() > len(names)


def test_a_token_off_the_scale_is_marked_and_told_in_the_text_and_the_rows(browser, tmp_path):
    header, arrays = fakes.continued("The film was a very", " good")
    scores = np.array((50, 1, -1.5, 0.5, 0.25, 4), dtype=np.float32)
    arrays[f"integrated_gradients/{header.targets[0].name}"] = scores
    fakes.write_run(tmp_path, [(header, arrays)])
    path = reportgen.render(tmp_path, out=tmp_path).path
    with opened(browser, path, scripts=False) as page:
        words = page.locator("#fake-lm-1 .given .strip").first.locator(".by-word span")
        given = words.evaluate_all("spans => spans.map((span) => span.className)")
        told = (
            page.locator("#fake-lm-1 .given .strip").first.locator(".strip-head .soft").inner_text()
        )
        assert told.endswith("; off the scale (▲): The +50.0")
    with opened(browser, path) as page:
        card = at(page, "fake-lm-1")
        assert shades(card) == given == ["p9 off", "p2", "n3", "p1", "p1", "p9"]
        said = card.locator(".live-strip .strip-head .soft").inner_text()
        assert said.endswith("; off the scale (▲): The +50.0")
        sheet = live_sheet(card)
        assert (
            sheet.locator("tbody tr").first.locator("td").nth(0).get_attribute("class") == "p9 off"
        )
        assert sheet.locator("tbody .range").first.inner_text() == "±4.00 logits"
        note = card.locator(".compared > .sheet + .soft").first.inner_text()
        assert "Integrated gradients: “The” +50.0 is off the scale (▲)." in note
        switch(card, "per row")
        assert shades(card) == given


def test_long_texts_are_pictures_whose_numbers_can_be_read(browser, long_page):
    results = reportgen.load(long_page.parent)
    read = results.matrix("fake", 0, "attention").mean(axis=1)[:, 0]  # the row of [CLS]
    with opened(browser, long_page) as page:
        card = at(page, "fake-1")
        page.locator(".side .switch label", has_text="tokens").click()
        sheet = live_sheet(card, 1)
        canvas = sheet.locator("canvas").nth(2)
        width = canvas.evaluate("element => [element.width, element.getBoundingClientRect().width]")
        assert width == [read.shape[1], 8 * read.shape[1]]
        canvas.hover(position={"x": 8 * 11 + 4, "y": 5})
        said = card.locator(".readbar").inner_text()
        end = said.index("layer 3") + len("layer 3")
        assert numbers(said[end:])[0] == pytest.approx(read[2, 11], rel=0.005)
        assert sheet.locator(".cursor").count() == 4
        first = card.locator(".compared .sheet").first.locator("canvas").first
        assert first.bounding_box()["x"] == pytest.approx(canvas.bounding_box()["x"], abs=1)
        assert page.locator("html").evaluate("element => element.scrollWidth") <= 1280


def test_a_thousand_tokens_answer(browser, long_page):
    tokens = reportgen.load(long_page.parent).entries[0][1].tokens
    assert len(tokens) > 1000
    with opened(browser, long_page, fragment="fake-1?token=900") as page:
        card = at(page, "fake-1?token=900")
        assert card.locator(".live-strip .by-word [aria-pressed=true]").count() == 1
        see(page, card)
        explorer = card.locator(".explorer")
        explorer.locator("select[name=layer]").select_option(index=2)
        explorer.locator("select[name=head]").select_option(index=3)
        assert explorer.locator(".about-head h4").inner_text() == "Layer 3, head 3 of 6"
        assert f"“{tokens[899].text}” looks at" in explorer.locator(".readout").inner_text()
        word = card.locator(".live-strip .by-word > span").nth(100)
        word.click()
        assert f"“{word.inner_text()}”" in card.locator(".readbar").inner_text()
        assert page.locator("html").evaluate("element => element.scrollWidth") <= 1280


def test_a_script_of_ones_own_hears_what_is_chosen(browser, complete_folder, tmp_path):
    script = """
    for (const card of document.querySelectorAll("article.card")) {
      card.addEventListener("choose", ({ detail }) => {
        document.title = JSON.stringify([detail.part, detail.state]);
      });
    }
    """
    own = write_templates(tmp_path / "own", js__brand_js=script)
    page_path = reportgen.render(complete_folder, out=tmp_path, templates=own).path
    with opened(browser, page_path) as page:
        card = at(page, f"{CARD}?layer=2")
        card.locator(".live-strip .by-word span").first.click()
        token = page.evaluate("JSON.parse(document.title)[0].token")
        assert page.title() == f'[{{"token":{token}}},{{"layer":1,"token":{token}}}]'
        assert page.evaluate("location.hash") == f"#{CARD}?token={token + 1}&layer=2"
