"""One token that is many times as large as all others does not bleach them: it is off the scale."""

from __future__ import annotations

import json
import re
from html import unescape

import numpy as np

import fakes
from reportgen import site
from reportgen.rendering.input.highlighted_text import highlighted_texts
from reportgen.rendering.input.methods_side_by_side import matrix, methods_side_by_side
from reportgen.rendering.input.scale import FAR, outliers, sinks
from reportgen.rendering.input.score_rows import layer_groups, method_groups
from reportgen.rendering.input.token_data import token_data
from reportgen.results.tables import Results

TEXT = "The film was a very good"


def sunk(scores=(50.0, 1.0, -2.0, 0.5, 0.25, 4.0)):
    """A language model's result whose first token has nearly all of every score."""
    header, arrays = fakes.continued("The film was a very", " good")
    (target,) = header.targets
    arrays[f"integrated_gradients/{target.name}"] = np.array(scores, dtype=np.float32)
    return header, arrays


def test_the_scale_ends_at_the_largest_of_the_others():
    found = next(method_groups(*sunk()))
    assert (found.off(0), found.scale(0)) == ((0,), 4.0)
    assert found.range(0) == "±4.00 logits"
    (text,) = highlighted_texts(sunk()[0], [found])
    pieces = [piece for segment in text.segments for piece in segment.words]
    shades = {piece.text: piece.shade for piece in pieces}
    assert shades == {
        **{"The": "p9 off", "film": "p2", "was": "n4"},
        **{"a": "p1", "very": "p1", "good": "p9"},
    }
    assert text.explanation.endswith("; off the scale (▲): The +50.0")
    assert (text.legend.low, text.legend.high) == ("−4.00", "+4.00")


def test_a_token_that_is_only_larger_is_on_the_scale():
    most = FAR * 4.0
    found = next(method_groups(*sunk((most, 1.0, -2.0, 0.5, 0.25, 4.0))))
    assert (found.off(0), found.scale(0)) == ((), most)
    (text,) = highlighted_texts(sunk()[0], [found])
    assert "off the scale" not in text.explanation


def test_a_word_that_outweighs_all_others_is_what_there_is_to_see():
    header, arrays = fakes.scored("Not bad at all .", (-0.0557, 0.455, -0.003, 0.019, 0.043))
    found = next(method_groups(header, arrays))
    assert (found.off(0), found.range(0)) == ((), "±0.455 logits")
    assert outliers(np.array([[1.0, 100.0, 1.0, 1.0, 1.0, 1.0]]), {0}) == ()


def test_of_few_tokens_none_is_an_outlier():
    assert outliers(np.array([[100.0, 1.0, 1.0, 1.0]]), {0}) == ()
    assert outliers(np.array([[100.0, 1.0, 1.0, 1.0, 1.0]]), {0}) == (0,)
    assert outliers(np.array([[100.0, 0.0, 0.0, 0.0, 0.0, 0.0]]), {0}) == ()  # the others are none


def test_two_sinks_can_be_off_a_scale_and_three_are_its_measure():
    assert outliers(np.array([[90.0, 1.0, 80.0, 1.0, 2.0, 1.0, 0.5]]), {0, 2}) == (0, 2)
    assert outliers(np.array([[90.0, 1.0, 80.0, 1.0, 2.0, 1.0, 0.5]]), {0}) == ()
    assert outliers(np.array([[90.0, 1.0, 80.0, 1.0, 2.0, 1.0, 70.0]]), {0, 2, 6}) == ()


def test_special_tokens_and_the_first_are_sinks():
    assert sinks(fakes.classified(TEXT)[0].tokens) == {0, 7}
    assert sinks(fakes.continued(TEXT, " film")[0].tokens) == {0}


def test_rows_and_layers_say_what_is_off_their_scale():
    header, arrays = fakes.with_everything(fakes.classified(TEXT))
    for name in ("attention", "layer_conductance/POSITIVE"):
        arrays[name][..., 0] = 1000 * np.abs(arrays[name]).max()
    methods, layers = list(method_groups(header, arrays)), list(layer_groups(header, arrays))
    view = methods_side_by_side(header, methods, layers)
    assert "Attention, row of [CLS]: “[CLS]”" in view.methods.note
    assert view.methods.note.count("is off the scale (▲).") == 2  # and of the mean over rows
    (layer,) = [one for one in view.layers if one.title == "Layer conductance"]
    assert re.fullmatch(
        r"Layer conductance: “\[CLS\]” \+[\d.e+]+ is off the scale \(▲\)\.", layer.sheet.note
    )
    assert layer.sheet.off == (12,)  # the middle of the first column


def test_each_of_many_outputs_has_a_scale_of_its_own():
    header, arrays = fakes.continued("The lighthouse stands on a", " rock in the middle of")
    names = [target.name for target in header.targets]
    for i, name in enumerate(names):
        row = np.full(len(header.tokens), 10.0**i)
        row[-1] = 0.5 * 10.0**i
        row[0] = 100 * 10.0**i if i == 2 else 0.1
        arrays[f"integrated_gradients/{name}"] = row
    group = next(iter(method_groups(header, arrays)))
    words = group.words.max(axis=1)
    words[2] = np.delete(group.words[2], 0).max()
    assert [group.scale(i) for i in range(5)] == words.tolist()
    sheet = matrix(header, [group])
    assert [ends for _, ends in sheet.rows][:2] == ["±1.00 logits", "±10.0 logits"]
    assert sheet.note == "Integrated gradients: “The” +10000 is off the scale (▲)."
    (data,) = token_data(header, [group], [])["groups"]
    assert data["row_off"] == [(), (), (0,), (), ()]


def test_the_page_tells_it_without_a_script_and_gives_it_to_the_script(tmp_path):
    results = Results(fakes.checked_run(tmp_path / "run", [sunk()]))
    page = site.render(results, out=tmp_path / "out").path.read_text(encoding="utf-8")
    assert '<span class="p9 off">The</span>' in page
    assert "off the scale (▲): The +50.0" in unescape(page)
    assert "Integrated gradients: “The” +50.0 is off the scale (▲)." in unescape(page)
    blocks = re.findall(r'class="token-data"[^>]*>(.*?)</script>', page, re.S)
    assert json.loads(blocks[0])["groups"][0]["off"] == [0]
