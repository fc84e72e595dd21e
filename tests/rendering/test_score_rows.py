"""Rows of methods and layers: their values, scales, pictures, largest cells and packed numbers."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from test_heatmap_png import decode

import fakes
from reportgen.methods import get
from reportgen.rendering.drawing.heatmap_png import LEVELS
from reportgen.rendering.drawing.row_png import INKS, SHORT, draw_rows, labels, pitch
from reportgen.rendering.input.methods_side_by_side import LISTED, matrix, methods_side_by_side
from reportgen.rendering.input.score_rows import FEW, LAYERED, layer_groups, left_out, method_groups
from reportgen.rendering.input.token_data import pack, token_data
from reportgen.rendering.input.top_contributions import WORDS, top_cells, top_words
from reportgen.rendering.input.word_table import words_table
from reportgen.rendering.wording.labels import output
from reportgen.rendering.wording.numbers import number, signed
from reportgen.results.model import Target
from reportgen.results.scores import by_layer, by_word

STEP = 0.5 / (LEVELS - 1) + 1 / 255
"""How far an opacity may be from the size it stands for."""


def answer(**changes):
    return fakes.with_everything(fakes.answered("Who came?", "Ada came home late."), **changes)


def groups_of(header, arrays):
    """The groups of the methods and those of the layers."""
    return list(method_groups(header, arrays)), list(layer_groups(header, arrays))


def named(groups, title):
    (found,) = [group for group in groups if group.title == title]
    return found


def unpacked(text: str) -> np.ndarray:
    codes = np.frombuffer(base64.b64decode(text), dtype="<i2").astype(int)
    return (codes >> 5) * 10.0 ** ((codes & 31) - 20)


def decoded(uri: str) -> np.ndarray:
    """Red, green, blue and opacity of each pixel of a picture, ``(height, width, 4)``."""
    colors, opacity = decode(uri)
    alpha = np.rint(255 * opacity).astype(int)
    return np.concatenate([colors, alpha[..., None]], axis=-1)


def test_every_method_has_its_rows():
    methods, layers = groups_of(*answer())
    assert [row.key for group in methods for row in group.rows] == [
        "integrated_gradients/start",
        "integrated_gradients/end",
        "decompx/start",
        "decompx/end",
        "shapley_values/start",
        "shapley_values/end",
        "occlusion/start",
        "occlusion/end",
        "lime/start",
        "lime/end",
        "kernel_shap/start",
        "kernel_shap/end",
        "attention/start",
        "attention/end",
        "attention-mean",
        "vector_norms/start",
        "vector_norms/end",
        "vector_norms-mean",
        "attention_relevance/start",
        "attention_relevance/end",
        "attention_rollout",  # the same for every output, so it stands once
        "globenc",
        "alti",
        "value_zeroing",
        "gradient_shap/start",
        "gradient_shap/end",
        "deeplift/start",
        "deeplift/end",
        "input_x_gradient/start",
        "input_x_gradient/end",
        "saliency/start",
        "saliency/end",
        "smoothgrad/start",
        "smoothgrad/end",
        "vargrad/start",
        "vargrad/end",
        "best_order/start",
        "best_order/end",
    ]
    assert [group.title for group in layers] == [
        "Layer conductance for start",
        "Layer conductance for end",
        "Attention, row of “home”, layer by layer",
        "Vector norm, row of “home”, layer by layer",
        "Attention attribution received for start",
        "Attention attribution received for end",
    ]


def test_only_the_arrays_there_are_make_rows():
    header, arrays = answer()
    kept = {name: arrays[name] for name in ("alti/end", "attention")}
    methods, layers = groups_of(header, kept)
    assert [group.title for group in methods] == ["Attention", "Attention, mean over rows", "ALTI"]
    assert [group.title for group in layers] == ["Attention, row of “home”, layer by layer"]


def test_rows_hold_the_stored_scores_and_their_sums_by_word():
    header, arrays = answer()
    methods, layers = groups_of(header, arrays)
    pushed = methods[0]
    for row, name in enumerate(("start", "end")):
        stored = arrays[f"integrated_gradients/{name}"]
        assert (pushed.table[row] == stored).all()
        assert np.allclose(pushed.words[row], by_word(stored, header.words))
    read = named(methods, "Attention")
    for row, target in zip(read.table, header.targets, strict=True):
        assert np.allclose(row, arrays["attention"][:, :, target.position].mean(axis=(0, 1)))
    mean = named(methods, "Attention, mean over rows")
    assert np.allclose(mean.table[0], arrays["attention"].mean(axis=(0, 1, 2)))
    assert (read.beside, mean.beside) == (False, True)
    block = named(layers, "Attention attribution received for start")
    attributed = arrays["attention_attribution/start"]
    assert (block.table == by_layer(get("attention_attribution").by_layer, attributed)).all()


def test_rows_of_tokens_share_the_scale_of_the_largest_token():
    header, arrays = answer()
    stored = arrays["layer_conductance/end"]
    word = header.words[0]
    header = header.model_copy(
        update={"words": (word.model_copy(update={"last": word.first + 3}), *header.words[2:])}
    )
    stored[1, word.first : word.first + 3] = np.abs(stored).max()  # a word of three
    block = named(groups_of(header, arrays)[1], "Layer conductance for end")
    assert block.scale(0) == pytest.approx(3 * block.token_scale(0))
    assert block.range(0) == f"±{number(np.abs(stored).max())} logits"
    assert [row.label for row in block.rows] == [f"layer {i}" for i in range(1, 5)]


def test_rows_that_differ_between_outputs_stand_for_each():
    header, arrays = answer()
    arrays["globenc/end"] = arrays["globenc/end"][::-1]
    rows = named(groups_of(header, arrays)[0], "GlobEnc").rows
    assert [row.label for row in rows] == ["GlobEnc: start", "GlobEnc: end"]


def test_globenc_is_shown_as_shares_of_its_sum():
    header, arrays = answer()
    stored = 1e6 * arrays["globenc/start"]
    arrays |= {"globenc/start": stored.copy(), "globenc/end": stored.copy()}
    (block,) = [group for group in groups_of(header, arrays)[0] if group.title == "GlobEnc"]
    assert block.table.sum() == pytest.approx(1)
    assert block.table[0] == pytest.approx(stored / stored.sum())
    assert block.range(0) == f"0 to {number(float((stored / stored.sum()).max()))}"
    assert "shares" in block.about
    assert (arrays["globenc/start"] == stored).all()


def test_packed_numbers_keep_three_digits():
    rng = np.random.default_rng(0)
    values = rng.standard_normal(5000) * 10.0 ** rng.integers(-12, 9, 5000)
    edges = [0, 0.001, 0.00999, 0.9995, 0.9994, 9.995, 1, -1, 999, -999.6, 1e-16, 123456]
    values = np.concatenate([values, edges])
    wanted = [float(f"{value:.3g}") for value in values]
    assert np.allclose(unpacked(pack(values)), wanted, rtol=1e-9, atol=0)
    assert unpacked(pack(np.array([1e-30, np.nan])))[0] == 0


def test_the_data_for_the_script_are_the_arrays():
    header, arrays = answer()
    methods, layers = groups_of(header, arrays)
    data = token_data(header, methods, layers)
    assert data["tokens"] == [token.text for token in header.tokens]
    assert data["special"] == [i for i, token in enumerate(header.tokens) if token.special]
    assert [text for text, _, _ in data["words"]] == [word.text for word in header.words]
    for i, segment in enumerate(data["segments"]):
        assert (None, "question", "context")[segment + 1] == header.tokens[i].segment
    for said, group in zip(data["groups"], (*methods, *layers), strict=True):
        shown = unpacked(said["values"]).reshape(group.table.shape)
        assert np.allclose(shown, group.table, rtol=0.00501, atol=1e-15)
        if group in methods:
            assert np.allclose(unpacked(said["sums"]), group.words.ravel(), rtol=0.00501)
            assert [row[0] for row in said["rows"]] == [row.key for row in group.rows]
            assert said.get("beside", False) is group.beside


def test_a_picture_has_the_colour_of_every_cell():
    values = np.array([2.0, -1.0, 0.001, 0.5])
    shades = decoded(draw_rows([(values, 2.0, "signed"), (abs(values), 4.0, "norm")], 20).uri)
    towards, against, _, norm, *_ = INKS
    assert shades.shape == (2, 4, 4)
    assert tuple(shades[0, 0]) == (*towards, 255)
    assert tuple(shades[0, 1, :3]) == against
    assert shades[0, 1, 3] == pytest.approx(127, abs=255 * STEP)
    assert shades[0, 2, 3] == 0  # under half a step
    assert tuple(shades[1, 0, :3]) == norm
    assert shades[1, 0, 3] == pytest.approx(127, abs=255 * STEP)
    assert shades[1, 3, 3] == pytest.approx(32, abs=255 * STEP)


def test_scores_that_failed_have_colours_that_claim_less():
    values = np.array([2.0, -1.0])
    shades = decoded(draw_rows([(values, 2.0, "signed"), (values, 2.0, "muted")], 20).uri)
    bright, muted = (np.ptp(row[:, :3].astype(int), axis=1) for row in shades)
    assert (muted < bright / 4).all()  # nearly grey
    assert shades[0, :, 3].tolist() == shades[1, :, 3].tolist()


def test_pictures_of_nothing_are_empty():
    assert (decoded(draw_rows([(np.zeros(3), 0.0, "signed")], 20).uri)[..., 3] == 0).all()


@pytest.mark.parametrize("amount", [SHORT, SHORT + 1, 1000])
def test_labels_stand_over_their_columns_and_never_overlap(amount):
    tokens = [(f"a very long token {i}", i == 0) for i in range(amount)]
    found = labels(tokens)
    places = [place for place, _, _ in found]
    assert min(np.diff(places)) >= 16
    for place, _, special in found:
        assert special is tokens[place // pitch(amount)][1]
    assert max(len(text) for _, text, _ in found) == 12


def test_methods_and_layers_are_drawn_on_the_scale_of_their_group():
    header, arrays = answer()
    methods, layers = groups_of(header, arrays)
    view = methods_side_by_side(header, methods, layers)
    labels_and_ranges = [(row.label, g.range(0)) for g in methods for row in g.rows]
    assert list(view.methods.rows) == labels_and_ranges
    shades = decoded(view.methods.picture.uri)
    assert shades.shape[:2] == (38, len(header.tokens))
    share = np.abs(methods[0].table) / methods[0].token_scale(0)
    assert np.allclose(shades[:2, :, 3] / 255, share, atol=STEP)
    for block, group in zip(view.layers, layers, strict=True):
        assert block.range == group.range(0)
        opacity = decoded(block.sheet.picture.uri)[..., 3] / 255
        share = np.abs(group.table) / group.token_scale(0)
        assert np.allclose(opacity, np.minimum(share, 1), atol=STEP)
    places = [view.methods.groups, *(block.sheet.groups for block in view.layers)]
    assert [place for found in places for place in found] == list(range(len(methods + layers)))


def test_the_largest_words_come_first_with_the_numbers_of_the_outputs():
    header, arrays = answer()
    methods, _ = groups_of(header, arrays)
    table = top_words(header, methods)
    largest = np.abs(methods[0].words).max(axis=0)
    order = np.argsort(-largest)[:WORDS]
    assert [row[0] for row in table.rows] == [header.words[i].text for i in order]
    assert table.columns[1] == "Integrated gradients: start (logits)"
    assert table.rows[0][1:3] == tuple(signed(v) for v in methods[0].words[:, order[0]])
    assert len(table.columns) == 3  # of several outputs, no other method
    assert top_words(header, []) is None


def test_the_largest_cells_are_listed():
    header, arrays = answer()
    group = named(groups_of(header, arrays)[1], "Layer conductance for start")
    table = top_cells(header, group, 10)
    sizes = np.sort(np.abs(group.table).ravel())[::-1][:10]
    assert [row[2].lstrip("+−") for row in table.rows] == [number(size) for size in sizes]
    layer, token = np.unravel_index(np.abs(group.table).argmax(), group.table.shape)
    assert table.rows[0][:2] == (header.tokens[token].text, str(layer + 1))


def test_long_texts_list_more_cells():
    for amount, listed in ((10, LISTED // 2), (SHORT + 1, LISTED)):
        header, arrays = fakes.classified("word " * amount)
        view = methods_side_by_side(header, *groups_of(header, arrays))
        assert {len(block.top.rows) for block in view.layers} == {listed}


def test_many_outputs_are_a_matrix_of_their_own():
    header, arrays = fakes.continued("The lighthouse stands on", " a rock in the cold grey sea")
    methods, layers = groups_of(header, arrays)
    view = matrix(header, methods)
    names = [f"{t.name.rpartition(' at ')[0]} at {t.position + 2}" for t in header.targets]
    assert [label for label, _ in view.rows] == names
    assert decoded(view.picture.uri).shape[:2] == (len(names), len(header.tokens))
    first = [label for label, _ in methods_side_by_side(header, methods, layers).methods.rows]
    assert sum(label.startswith("Integrated") for label in first) == FEW
    few = [f"integrated_gradients/{target.name}" for target in header.targets[:FEW]]
    shown = list(method_groups(header, {name: arrays[name] for name in few}))
    assert matrix(header, shown) is None


def test_tokens_that_outputs_are_named_by_count_from_1():
    header, arrays = fakes.labelled("Ada met Bob", {"Ada": "B-PER", "Bob": "B-PER"})
    assert [target.name for target in header.targets] == ["B-PER at 1 Ada", "B-PER at 3 Bob"]
    methods = groups_of(header, arrays)[0]
    named_by = {row.label for group in methods for row in group.rows}
    assert {"Integrated gradients: B-PER at 2 Ada", "Integrated gradients: B-PER at 4 Bob"} <= (
        named_by
    )
    table = words_table(header, methods, (), arrays)
    assert "B-PER at 2 Ada (logits)" in table.columns


def test_a_class_that_sounds_like_a_place_keeps_its_name():
    header, _ = fakes.classified("Hello")
    assert output(header, "Meet at 5 sharp") == "Meet at 5 sharp"


@pytest.mark.parametrize(("outputs", "told"), [(LAYERED, False), (LAYERED + 4, True)])
def test_what_is_left_out_is_told(outputs, told):
    header, _ = fakes.classified("Hello out there")
    targets = tuple(Target(name=f"class {i}", index=i) for i in range(outputs))
    header, arrays = fakes.with_everything((header.model_copy(update={"targets": targets}), {}))
    assert (f"the first {LAYERED} of {outputs} outputs" in left_out(header, arrays)) is told
    titles = [group.title for group in groups_of(header, arrays)[1]]
    assert sum(title.startswith("Layer conductance") for title in titles) == min(outputs, LAYERED)
