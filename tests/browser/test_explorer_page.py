"""The attention explorer in a real browser: each thing a reader can do, in every form it has."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from opening import go_to, opened, wait_until_live

import fakes
import reportgen
from reportgen.rendering.input import maps
from reportgen.results.tables import Results

LONG = " ".join(f"word{i}" for i in range(130))

NUMBER = r"([+−]?[\d.]+(?:e[+−]\d+)?)"


def find(page, anchor, nth=0):
    """Go to an input's explorer and wait until it answers."""
    go_to(page, anchor)
    explorer = page.locator(f"#{anchor.partition('?')[0]} .explorer").nth(nth)
    wait_until_live(page, explorer)
    return explorer


def pick(explorer, **choices):
    for name, value in choices.items():
        how = {"value": value} if name == "kind" else {"index": value}
        explorer.locator(f"select[name={name}]").select_option(**how)


def panel(explorer, kind):
    return explorer.locator(f".panel[data-kind={kind}]")


def said(explorer):
    return explorer.locator(".readout").inner_text()


def number(text):
    return float(text.replace("−", "-"))


def fits(told, value):
    """Tell whether what the page says of a cell is true of its stored value."""
    if match := re.fullmatch(rf"about {NUMBER} \({NUMBER} to {NUMBER}\)", told):
        _, low, high = map(number, match.groups())
        return low - 0.06 * abs(low) <= value <= high + 0.06 * abs(high)  # written in two digits
    if match := re.fullmatch(rf"under {NUMBER}(?: in size)?", told):
        return abs(value) <= 1.06 * number(match[1])
    return number(told) == pytest.approx(value, rel=5.1e-3)


def cell(explorer, told=None):
    return (told or said(explorer)).rpartition("”: ")[2]


def arrays_of(results, position=0):
    entry, _ = results.entries[position]
    store = results.store
    return {name: store.read_array(entry.id, name) for name in store.array_names(entry.id)}


def test_every_choice_changes_the_maps(browser, complete_page):
    with opened(browser, complete_page) as page:
        explorer = find(page, "fake-qa-1")
        assert page.evaluate("location.hash") == "#fake-qa-1"
        seen = set()
        for choices in ({"layer": 0, "head": 1}, {"head": 6}, {"layer": 3}, {"head": 0}):
            pick(explorer, **choices)
            seen.add(
                tuple(
                    canvas.evaluate("canvas => canvas.toDataURL()")
                    for canvas in explorer.locator(".stage canvas").all()
                )
            )
        assert len(seen) == 4
        assert len({picture for pictures in seen for picture in pictures}) == 3 * 4
        pick(explorer, kind="attribution-2")
        assert panel(explorer, "attribution-2").locator("strong").inner_text() == (
            "Attribution of end"
        )
        assert panel(explorer, "attribution-1").count() == 0
        assert explorer.locator(".atlases figure:visible").count() == 1
        assert page.evaluate("location.hash") == "#fake-qa-1?layer=4&head=0&map=attribution-2"


@pytest.mark.parametrize(
    ("kind", "name"), [("attention", "attention"), ("attribution-2", "attention_attribution/end")]
)
def test_the_readout_is_true_of_the_stored_values(browser, complete_page, complete, kind, name):
    stored = complete.matrix("fake-qa", 0, name)[1, 2]
    with opened(browser, complete_page) as page:
        explorer = find(page, "fake-qa-1?layer=2&head=3&token=1")
        pick(explorer, kind=kind)
        panel(explorer, kind).locator(".stage canvas").focus()
        exact = 0
        for query in range(0, stored.shape[0], 10):
            for _ in range(0, stored.shape[1], 10):
                page.keyboard.press("Shift+ArrowLeft")
            for key in range(stored.shape[1]):
                told = cell(explorer)
                assert fits(told, float(stored[query, key])), (query, key, told)
                exact += bool(re.fullmatch(NUMBER, told))
                page.keyboard.press("ArrowRight")
            page.keyboard.press("Shift+ArrowDown")
        strongest = np.argsort(-np.abs(stored), axis=None)[: maps.STRONGEST] // stored.shape[1]
        assert exact == sum(row % 10 == 0 for row in strongest)


def test_the_same_cell_is_told_for_every_quantity(browser, complete_page, complete):
    arrays = arrays_of(complete)
    with opened(browser, complete_page) as page:
        explorer = find(page, "fake-qa-1?layer=3&head=2")
        kinds = [p.get_attribute("data-kind") for p in explorer.locator(".panel").all()]
        assert kinds == ["attention", "attribution-1", "norm"]
        sizes = [p.bounding_box() for p in explorer.locator(".stage canvas").all()]
        assert len({(size["width"], size["height"], size["y"]) for size in sizes}) == 1
        norm = panel(explorer, "norm").locator(".stage canvas")
        box = norm.bounding_box()
        unit = box["width"] / arrays["attention"].shape[-1]
        norm.hover(position={"x": 3.5 * unit, "y": 5.5 * unit})
        for kind, name in (
            ("attention", "attention"),
            ("attribution-1", "attention_attribution/start"),
            ("norm", "vector_norms/alpha_f"),
        ):
            told = panel(explorer, kind).locator(".here").inner_text()
            assert fits(told, float(arrays[name][2, 1, 5, 3])), kind
        ends = panel(explorer, "attention").locator(".scale span").all_inner_texts()
        assert ends == ["0", "0.250", "1.00"]
        low, middle, high = (
            panel(explorer, "attribution-1").locator(".scale span").all_inner_texts()
        )
        most = np.abs(arrays["attention_attribution/start"]).max()
        assert (number(low), middle) == (-number(high), "0")
        assert number(high) == pytest.approx(float(most), rel=5e-3)
        assert page.evaluate("location.hash") == "#fake-qa-1?layer=3&head=2"


def test_all_heads_together_have_a_size_and_no_sign(browser, complete_page, complete):
    stored = complete.matrix("fake-qa", 0, "attention_attribution_norm/start")
    with opened(browser, complete_page) as page:
        explorer = find(page, "fake-qa-1?layer=4&head=0&map=attribution-1")
        start = complete.entries[0][1].prediction.spans[0].start
        assert fits(cell(explorer), float(stored[3, start, start]))
        numbers = panel(explorer, "attribution-1").locator(".scale span").all_inner_texts()
        assert numbers[0] == "0"
        assert explorer.locator(".looks-text [class*=m]").count() > 0
        assert "mean of its heads" in explorer.locator(".facts").inner_text()


def test_a_panel_can_be_enlarged(browser, complete_page):
    with opened(browser, complete_page) as page:
        explorer = find(page, "fake-qa-1")
        width = panel(explorer, "norm").locator(".stage canvas").bounding_box()["width"]
        panel(explorer, "norm").get_by_role("button", name="enlarge").click()
        large = panel(explorer, "norm").locator(".stage canvas").bounding_box()
        assert large["width"] > 1.4 * width
        assert large["y"] < panel(explorer, "attention").bounding_box()["y"]
        assert explorer.locator("select[name=kind]").input_value() == "norm"
        panel(explorer, "norm").get_by_role("button", name="side by side").click()
        assert panel(explorer, "norm").locator(".stage canvas").bounding_box()["width"] == width


def test_small_maps_tell_their_summary_and_open(browser, complete_page):
    with opened(browser, complete_page) as page:
        explorer = find(page, "fake-qa-1")
        image = explorer.locator(".atlases figure.on img")
        box = image.bounding_box()
        place = {"x": 4.5 * box["width"] / 7, "y": 1.5 * box["height"] / 4}
        image.hover(position=place)
        tip = explorer.locator(".tip").inner_text()
        assert tip.startswith("Layer 2, head 4 of 6 · Entropy ")
        image.click(position=place)
        assert explorer.locator(".about-head h4").inner_text() == "Layer 2, head 4 of 6"
        assert "third of all heads" in explorer.locator(".facts").inner_text()
        assert page.evaluate("location.hash") == "#fake-qa-1?layer=2&head=4"
        page.mouse.move(0, 0)
        assert not explorer.locator(".tip").is_visible()


def test_the_strongest_cells_of_the_chosen_head_are_listed(browser, complete_page, complete):
    stored = complete.matrix("fake-qa", 0, "vector_norms/alpha_f")[0, 0]
    with opened(browser, complete_page) as page:
        explorer = find(page, "fake-qa-1?layer=1&head=1&map=norm")
        listed = explorer.locator(".exact .num").all_inner_texts()[1:]
        assert len(listed) == maps.STRONGEST
        expected = np.sort(stored, axis=None)[::-1][: maps.STRONGEST]
        assert [number(text) for text in listed] == pytest.approx(expected.tolist(), rel=5e-3)
        explorer.locator(".exact tbody tr").first.click()
        assert cell(explorer) == listed[0]
        button = explorer.locator(".exact button").nth(1)
        button.press("Enter")
        assert cell(explorer) == listed[1]
        assert button.evaluate("button => button === document.activeElement")


def test_a_token_shows_where_it_looks_on_the_text(browser, complete_page, complete):
    attention = complete.matrix("fake-qa", 0, "attention")[0, 3]
    with opened(browser, complete_page) as page:
        explorer = find(page, "fake-qa-1?layer=1&head=4")
        tokens = explorer.locator(".looks-text [data-i]")
        text = explorer.locator(".looks-text").inner_text()
        assert "to include, empower and support humans of all kinds." in text

        def shades():
            return [
                int((re.search(r"\ba(\d)\b", token.get_attribute("class") or "") or [0, 0])[1])
                for token in tokens.all()
            ]

        def expected(query):
            return [round(9 * round(15 * weight**0.5) / 15) for weight in attention[query]]

        tokens.nth(5).click()
        assert shades() == pytest.approx(expected(5), abs=1)
        assert page.evaluate("location.hash") == "#fake-qa-1?token=6&layer=1&head=4"
        tokens.nth(9).hover()
        assert shades() == pytest.approx(expected(9), abs=1)
        page.mouse.move(0, 0)
        assert shades() == pytest.approx(expected(5), abs=1)
        page.evaluate(
            "document.querySelector('#fake-qa-1')"
            ".dispatchEvent(new CustomEvent('point', {detail: {token: 2}}))"
        )
        assert shades() == pytest.approx(expected(2), abs=1)
        assert page.evaluate("location.hash") == "#fake-qa-1?token=6&layer=1&head=4"


def test_the_text_is_one_tab_stop_and_arrows_move_in_it(browser, complete_page):
    with opened(browser, complete_page) as page:
        explorer = find(page, "fake-qa-1?token=3")
        stops = explorer.locator(".looks-text [tabindex='0']")
        assert stops.count() == 1
        stops.focus()
        page.keyboard.press("ArrowRight")
        assert stops.get_attribute("data-i") == "3"
        assert stops.get_attribute("aria-selected") == "true"
        assert stops.evaluate("element => element === document.activeElement")
        page.keyboard.press("Home")
        page.keyboard.press("ArrowLeft")
        assert stops.get_attribute("data-i") == "0"
        assert page.evaluate("location.hash") == "#fake-qa-1?token=1"


def test_pointing_and_choosing_are_told_to_the_card(browser, complete_page, complete):
    n = len(complete.entries[0][1].tokens)
    with opened(browser, complete_page) as page:
        explorer = find(page, "fake-qa-1")
        page.evaluate(
            """() => {
              window.heard = [];
              const card = document.querySelector("#fake-qa-1");
              card.addEventListener("point", (event) => window.heard.push(event.detail.token));
              card.addEventListener("choose", (event) => window.heard.push(event.detail.part));
            }"""
        )
        canvas = explorer.locator(".stage canvas").first
        side = canvas.bounding_box()["width"] / n
        canvas.hover(position={"x": 0.5 * side, "y": 4.5 * side})
        canvas.click(position={"x": 0.5 * side, "y": 4.5 * side})
        page.mouse.move(0, 0)
        heard = page.evaluate("window.heard")
        assert heard[0] == 4
        assert heard[-1] is None
        assert [part for part in heard if isinstance(part, dict)] == [{"token": 4}]


def test_maps_between_two_texts_have_two_axes(browser, complete_page, complete):
    cross = complete.matrix("fake-mt", 5, "cross_attention")
    header = complete.entries[5][1]
    with opened(browser, complete_page) as page:
        explorer = find(page, "fake-mt-6", nth=1)
        pick(explorer, layer=3, head=1)
        rows, columns = explorer.locator(".looks-text").all()
        rows.locator("[data-i]").nth(2).click()
        columns.locator("[data-i]").last.click()
        row, key = header.decoder_tokens[2].text, header.tokens[-1].text
        assert said(explorer).startswith(f"“{row}” looks at “{key}”: ")
        assert fits(cell(explorer), float(cross[3, 0, 2, -1]))
        last = len(header.tokens)
        assert page.evaluate("location.hash") == f"#fake-mt-6?token={last}&layer=4&head=1"
        assert panel(explorer, "cross-attention").is_visible()
        assert explorer.locator(".panel").count() == 1


@pytest.fixture(scope="module")
def long_results(tmp_path_factory):
    """One input whose maps do not all fit in one picture."""
    folder = tmp_path_factory.mktemp("long")
    return Results(fakes.write_run(folder, [fakes.with_everything(fakes.classified(LONG))]))


@pytest.fixture(scope="module")
def long_page(long_results, tmp_path_factory):
    """A single file that has room for some of the maps only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(maps, "MAP_BUDGET", 400_000)
        return reportgen.render(long_results, out=tmp_path_factory.mktemp("long-page")).path


@pytest.fixture(scope="module")
def site_page(long_results, tmp_path_factory):
    """The page of a site whose maps are files of their own."""
    out = tmp_path_factory.mktemp("site")
    reportgen.render(long_results, out=out, format="site")
    return out / "inputs" / "fake-1.html"


def test_a_large_input_has_some_heads_whole_and_says_so_of_others(browser, long_page, long_results):
    arrays = arrays_of(long_results)
    with opened(browser, long_page) as page:
        explorer = find(page, "fake-1?token=60")
        state = explorer.locator(".state")
        page.wait_for_function("e => !e.textContent", arg=state.element_handle())
        layer = int(explorer.locator("select[name=layer]").input_value())
        head = int(explorer.locator("select[name=head]").input_value())
        assert fits(cell(explorer), float(arrays["attention"][layer, head - 1, 59, 0]))
        (other,) = {1, 2} - {head} if head in (1, 2) else {1}
        pick(explorer, layer=0, head=other)
        assert re.match(r"Pooled: each cell is the strongest of 6 × 6\.", state.inner_text())
        assert "report: {format: site}" in state.inner_text()
        assert "(pooled)" in explorer.locator(".looks h4").inner_text()
        told = re.search(rf"at most {NUMBER} in size \(pooled\)|^{NUMBER}$", cell(explorer))
        value = float(arrays["attention"][0, other - 1, 59, 0])
        assert value <= 1.06 * number(told[1] or told[2])
        page.wait_for_timeout(300)  # whatever would still load
        assert state.inner_text() != ""


def test_labels_of_long_axes_never_overlap(browser, long_page):
    with opened(browser, long_page) as page:
        explorer = find(page, "fake-1?token=77")
        for box, edge in ((".queries", "y"), (".keys", "x")):
            labels = explorer.locator(f"{box} span:visible").all()
            places = sorted(label.bounding_box()[edge] for label in labels)
            assert 5 < len(places) < 132
            assert min(b - a for a, b in itertools.pairwise(places)) >= 11.5
        assert explorer.locator(".queries .on:visible").count() == 1


def test_the_maps_of_a_site_load_when_they_are_opened(browser, site_page, long_results):
    arrays = arrays_of(long_results)
    root = site_page.parent.parent
    with opened(browser, site_page, within=root) as page:
        asked = []
        page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
        explorer = find(page, "fake-1?token=60")
        state = explorer.locator(".state")
        for layer, head in ((2, 5), (0, 1), (3, 0)):
            pick(explorer, layer=layer, head=head)
            page.wait_for_function("e => !e.textContent", arg=state.element_handle())
            place = f"{layer + 1}-{head}.js"
            for kind in ("attention", "attribution-1", "norm"):
                assert asked.count(f"fake-1-{kind}-{place}") == 1
            name = "attention" if head else "attention_norm"
            stored = arrays[name][layer, head - 1] if head else arrays[name][layer]
            assert fits(cell(explorer), float(stored[59, 0]))
        asked.clear()
        go_to(page, "fake-1?layer=3&head=5")
        assert explorer.locator(".about-head h4").inner_text() == "Layer 3, head 5 of 6"
        assert asked == []  # known already
        assert page.locator("head script[src*='maps/']").count() == 0


def test_a_missing_file_is_told(browser, site_page):
    (site_page.parent.parent / "maps" / "fake-1-norm-2-2.js").unlink()
    context = browser.new_context()
    page = context.new_page()
    page.goto(site_page.as_uri())
    explorer = find(page, "fake-1")
    pick(explorer, layer=1, head=2)
    explorer.get_by_text("did not load").wait_for()
    context.close()


def test_without_scripts_and_on_paper_the_atlases_are_there(browser, complete_page):
    with opened(browser, complete_page, scripts=False) as page:
        explorer = page.locator("#fake-qa-1 .explorer")
        assert explorer.locator(".atlas img:visible").count() == 5
        for picture in explorer.locator(".atlas img").all():
            assert picture.bounding_box()["width"] > 100
        captions = explorer.locator("figcaption").all_inner_texts()
        assert "Scale: heads 0 to 1.00, all together" in captions[0]
        assert not explorer.locator(".large").is_visible()
        explorer.locator("summary", has_text="strongest cells").click()
        assert explorer.locator("table.data:visible").count() == 4
        explorer.locator("summary", has_text="Heads in numbers").click()
        assert explorer.locator("table.heat:visible").count() == 3
    with opened(browser, complete_page) as page:
        find(page, "fake-qa-1")
        page.locator("#print-all").check(force=True)
        page.emulate_media(media="print")
        explorer = page.locator("#fake-qa-1 .explorer")
        assert explorer.locator(".atlas img:visible").count() == 5
        assert not explorer.locator(".large").is_visible()
        assert not explorer.locator(".about-head").is_visible()


def labels(panel):
    return [span.inner_text() for span in panel.locator(".axes span:visible").all()]


@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("kind", ["attention", "attribution-1", "norm"])
def test_every_head_of_a_layer_is_large_and_has_its_tokens(
    browser, complete_page, complete, kind, width
):
    tokens = [token.text for token in complete.entries[0][1].tokens]
    with opened(browser, complete_page) as page:
        page.set_viewport_size({"width": width, "height": 900})
        explorer = find(page, f"fake-qa-1?layer=2&map={kind}&view=heads")
        panels = explorer.locator(".many .panel")
        titles = panels.locator("strong").all_inner_texts()
        assert titles == [f"Head {head}" for head in range(1, 7)]
        for panel in panels.all():
            box = panel.locator(".stage canvas").bounding_box()
            assert min(box["width"], box["height"]) >= 200
            assert set(labels(panel)) <= set(tokens)
            if width == 1400:
                assert sorted(labels(panel)) == sorted(2 * tokens)
            for span in panel.locator(".axes span:visible").all():
                assert span.evaluate("e => e.scrollWidth <= e.clientWidth + 1")
            assert panel.locator(".scale span").last.inner_text() != "0"
        assert not explorer.locator(".panels").is_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_head_among_many_tells_its_cells_and_opens(browser, complete_page, complete):
    stored = complete.matrix("fake-qa", 0, "vector_norms/alpha_f")[2, 3]
    n = stored.shape[-1]
    with opened(browser, complete_page) as page:
        explorer = find(page, "fake-qa-1?layer=3&map=norm&view=heads")
        panel = explorer.locator(".many .panel").nth(3)
        canvas = panel.locator(".stage canvas")
        side = canvas.bounding_box()["width"] / n
        canvas.hover(position={"x": 2.5 * side, "y": 6.5 * side})
        assert said(explorer).startswith("Layer 3, head 4 of 6: “")
        assert fits(cell(explorer), float(stored[6, 2]))
        assert fits(panel.locator(".here").inner_text(), float(stored[6, 2]))
        canvas.click(position={"x": 2.5 * side, "y": 6.5 * side})
        assert page.evaluate("location.hash") == ("#fake-qa-1?token=7&layer=3&map=norm&view=heads")
        panel.get_by_role("button", name="open").click()
        assert page.evaluate("location.hash") == "#fake-qa-1?token=7&layer=3&head=4&map=norm"
        assert explorer.locator(".panels").is_visible()
        assert explorer.locator(".many .panel").count() == 0


def test_the_heads_together_are_labelled_for_every_layer(browser, complete_page, complete):
    tokens = [token.text for token in complete.entries[0][1].tokens]
    stored = complete.matrix("fake-qa", 0, "attention_attribution_norm/end")
    with opened(browser, complete_page) as page:
        explorer = find(page, "fake-qa-1?map=attribution-2&view=layers&token=4")
        panels = explorer.locator(".many .panel")
        assert panels.locator("strong").all_inner_texts() == [f"Layer {i}" for i in range(1, 5)]
        start = complete.entries[0][1].prediction.spans[0].start
        for layer, panel in enumerate(panels.all()):
            assert sorted(labels(panel)) == sorted(2 * tokens)
            assert fits(panel.locator(".here").inner_text(), float(stored[layer, 3, start]))


def test_lengths_of_vectors_stand_by_head_and_token(browser, complete_page, complete):
    stored = complete.matrix("fake-qa", 0, "vector_norms/f")
    n = stored.shape[-1]
    with opened(browser, complete_page) as page:
        explorer = find(page, "fake-qa-1")
        explorer.locator("select[name=view]").select_option("vectors")
        panels = explorer.locator(".many .panel")
        assert panels.count() == 4
        assert "‖f(x)‖" in explorer.locator(".large > h4").inner_text()
        heads = [label for label in labels(panels.first) if label.startswith("head ")]
        assert sorted(heads) == [f"head {head}" for head in range(1, 7)]
        for layer, panel in enumerate(panels.all()):
            canvas = panel.locator(".stage canvas")
            side = canvas.bounding_box()["width"] / n
            for head, token in ((0, 1), (4, n - 1)):
                canvas.hover(position={"x": (token + 0.5) * side, "y": (head + 0.5) * side})
                assert said(explorer).startswith(f"Layer {layer + 1}, head {head + 1} of 6, “")
                assert fits(cell(explorer), float(stored[layer, head, token]))
        canvas.click(position={"x": 2.5 * side, "y": 3.5 * side})
        assert page.evaluate("location.hash") == "#fake-qa-1?token=3&view=vectors"


def test_maps_change_between_their_own_scale_and_the_shared_one(browser, complete_page, complete):
    stored = complete.matrix("fake-qa", 0, "attention_attribution/start")
    most = float(np.abs(stored).max())
    with opened(browser, complete_page) as page:
        explorer = find(page, "fake-qa-1?layer=2&head=3&map=attribution-1")
        ends = panel(explorer, "attribution-1").locator(".scale span").last
        picture = explorer.locator(".atlases figure.on img")
        shared = picture.get_attribute("src")
        own = float(np.abs(stored[1, 2]).max())
        assert number(ends.inner_text()) == pytest.approx(most, rel=5e-3)
        assert explorer.get_by_label("shared by all maps").is_checked()
        explorer.locator(".picks .switch label", has_text="own").click()
        assert number(ends.inner_text()) == pytest.approx(own, rel=5e-3)
        assert page.evaluate("location.hash") == (
            "#fake-qa-1?layer=2&head=3&map=attribution-1&scale=own"
        )
        scale = explorer.locator(".atlases figure.on .ranges").inner_text()
        assert scale.startswith("each map its own, up to its largest size: ")
        assert picture.get_attribute("src") != shared
        attention = panel(explorer, "attention").locator(".scale span").last.inner_text()
        assert number(attention) < 1
        assert fits(
            panel(explorer, "attribution-1").locator(".here").inner_text(),
            float(stored[1, 2][(complete.entries[0][1].prediction.spans[0].start,) * 2]),
        )
        explorer.locator(".picks .switch label", has_text="shared").click()
        assert number(ends.inner_text()) == pytest.approx(most, rel=5e-3)
        assert picture.get_attribute("src") == shared
        assert explorer.locator(".atlases figure.on .ranges").inner_text().startswith("heads −")


def test_maps_that_would_be_blank_are_seen(browser, tmp_path):
    header, arrays = fakes.with_everything(fakes.classified("A warm film."))
    attribution = arrays["attention_attribution/POSITIVE"]
    attribution[0, 0, 1, 1] = 1000 * np.abs(attribution).max()
    arrays["attention_attribution_norm/POSITIVE"] = np.sqrt((attribution**2).sum(1))
    fakes.write_run(tmp_path, [(header, arrays)])
    page_path = reportgen.render(Results(tmp_path), out=tmp_path / "page").path
    alphas = """canvas => { const copy = document.createElement("canvas");
      [copy.width, copy.height] = [canvas.width, canvas.height];
      const context = copy.getContext("2d", {willReadFrequently: true});
      context.drawImage(canvas, 0, 0);
      const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
      let most = 0; for (let i = 3; i < data.length; i += 4) most = Math.max(most, data[i]);
      return most; }"""
    with opened(browser, page_path) as page:
        explorer = find(page, "fake-1?map=attribution-1&layer=3&view=heads")
        assert explorer.locator("[name=scale][value=own]").is_checked()
        canvases = explorer.locator(".many .stage canvas").all()
        assert [canvas.evaluate(alphas) for canvas in canvases] == [255] * 6
        explorer.locator(".picks .switch label", has_text="shared").click()
        canvases = explorer.locator(".many .stage canvas").all()
        assert max(canvas.evaluate(alphas) for canvas in canvases) < 64
