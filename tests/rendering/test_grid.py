"""The aligned table: every method in the same columns, each block on a scale of its own."""

from __future__ import annotations

import numpy as np
import pytest

import fakes
from reportgen.rendering.grid import FEW, LAYERED, OPEN_ROWS, grid, matrix
from reportgen.rendering.numbers import number, signed
from reportgen.rendering.palette import shade
from reportgen.results.model import Target
from reportgen.results.scores import attribution_received, received_by_layer


def answer(**changes):
    return fakes.with_everything(fakes.answered("Who came?", "Ada came home late."), **changes)


def grid_of(header, arrays):
    scores = {
        t.name: arrays[f"integrated_gradients/{t.name}"]
        for t in header.targets
        if f"integrated_gradients/{t.name}" in arrays
    }
    return grid(header, arrays, scores, received_by_layer(arrays), "logits")


def group_of(view, title):
    (found,) = [g for g in (*view.groups, *view.folded) if g.title == title]
    return found


def test_every_method_is_a_block():
    view = grid_of(*answer())
    assert [group.title for group in (*view.groups, *view.folded)] == [
        "Pushed the output (integrated gradients)",
        "Attention relevance",
        "Attention rollout",
        "GlobEnc",
        "ALTI",
        "Layer conductance for start",
        "Layer conductance for end",
        "Attention received",
        "Vector norm received",
        "Attention attribution received for start",
        "Attention attribution received for end",
    ]


def test_only_the_arrays_there_are_make_blocks():
    header, arrays = answer()
    kept = {name: arrays[name] for name in ("alti/end", "attention")}
    view = grid_of(header, kept)
    assert [group.title for group in view.groups] == ["ALTI", "Attention received"]
    assert [row.label for row in view.groups[0].rows] == ["end"]


def test_a_block_has_one_scale_for_all_its_layers():
    header, arrays = answer()
    stored = arrays["layer_conductance/end"]
    block = group_of(grid_of(header, arrays), "Layer conductance for end")
    most = np.abs(stored).max()
    assert block.scale == f"±{number(most)} logits"
    for row, values in zip(block.rows, stored.tolist(), strict=True):
        assert row.cells == tuple((shade(v, float(most), "signed"), signed(v)) for v in values)
    assert [row.label for row in block.rows] == [f"layer {i}" for i in range(1, 5)]


def test_attribution_received_keeps_its_sign():
    header, arrays = answer()
    block = group_of(grid_of(header, arrays), "Attention attribution received for start")
    received = attribution_received(arrays["attention_attribution/start"])
    written = [[value for _, value in row.cells] for row in block.rows]
    assert written == [[signed(v) for v in row] for row in received.tolist()]
    assert any(value.startswith("−") for row in written for value in row)


def test_rows_that_are_the_same_for_every_output_stand_once():
    header, arrays = answer()
    view = grid_of(header, arrays)
    assert [row.label for row in group_of(view, "GlobEnc").rows] == ["every output"]
    assert [row.label for row in group_of(view, "Attention relevance").rows] == ["start", "end"]
    arrays["globenc/end"] = arrays["globenc/end"] * 2
    assert [row.label for row in group_of(grid_of(header, arrays), "GlobEnc").rows] == [
        "start",
        "end",
    ]


def test_deep_models_fold_what_is_too_long():
    view = grid_of(*answer(layers=30))
    assert sum(len(group.rows) for group in view.groups) <= OPEN_ROWS
    assert view.groups[-1].title == "Layer conductance for start"
    assert len(view.folded) == 5


def test_many_outputs_are_a_matrix_of_their_own():
    header, arrays = fakes.continued("The lighthouse stands on", " a rock in the cold grey sea")
    scores = {t.name: arrays[f"integrated_gradients/{t.name}"] for t in header.targets}
    view = matrix(header, scores, "logits")
    (block,) = view.groups
    assert [row.label for row in block.rows] == list(scores)
    assert block.scale == f"±{number(max(np.abs(row).max() for row in scores.values()))} logits"
    assert len(view.tokens) == len(header.tokens)
    first = grid_of(header, arrays).groups[0]
    assert len(first.rows) == FEW
    assert matrix(header, dict(list(scores.items())[:FEW]), "logits") is None


@pytest.mark.parametrize(("outputs", "told"), [(LAYERED, False), (LAYERED + 4, True)])
def test_what_is_left_out_is_told(outputs, told):
    header, _ = fakes.classified("Hello out there")
    targets = tuple(Target(name=f"class {i}", index=i) for i in range(outputs))
    view = grid_of(*fakes.with_everything((header.model_copy(update={"targets": targets}), {})))
    assert (f"the first {LAYERED} of {outputs} outputs" in view.note) is told
    titles = [group.title for group in (*view.groups, *view.folded)]
    assert sum(title.startswith("Layer conductance") for title in titles) == min(outputs, LAYERED)
