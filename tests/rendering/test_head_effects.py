"""What is said of heads that were switched off, from made-up numbers."""

from __future__ import annotations

import numpy as np
import pytest

import fakes
from reportgen.rendering.input.head_effects import decimals, for_script, head_effects
from reportgen.rendering.wording.head_effects import evidence
from reportgen.results.tables import Results

VALUES = np.array([[0.5, -0.25, 0.0], [2.0, 0.125, -1.0]], np.float32)


def ablated(attributed=None, targets=("POSITIVE",), **settings):
    header, arrays = fakes.classified("A warm film.")
    n = len(header.tokens)
    target = header.targets[0]
    named = tuple(target.model_copy(update={"name": name}) for name in targets)
    arrays = {f"head_ablation/{name}": VALUES for name in targets}
    if attributed is not None:
        maps = np.zeros((2, 3, n, n), np.float32)
        maps[..., 0, 0], maps[..., 1, 0] = attributed, -np.asarray(attributed, np.float32)
        arrays["attention_attribution/POSITIVE"] = maps
        arrays["attention_attribution_norm/POSITIVE"] = np.abs(maps).sum(1)
    settings = {"head_ablation": {"target": "predicted", "ablate": "zero"} | settings}
    changes = {"settings": settings, "targets": named, "agreement": (), "convergence": ()}
    return header.model_copy(update=changes), arrays


def test_each_head_has_its_number_in_the_colour_of_its_sign():
    view = head_effects(*ablated())
    (grid,) = view.grids
    assert grid.heat.columns == ("1", "2", "3")
    assert grid.heat.rows == (
        ("1", (("p2", "0.50"), ("n1", "−0.25"), ("", "0.00"))),
        ("2", (("p9", "2.00"), ("p1", "0.12"), ("n4", "−1.00"))),
    )
    assert (grid.title, grid.end, grid.evidence, grid.map) == ("POSITIVE", "2.00", None, "")
    assert grid.extremes == (
        "Needed most: layer 2, head 1 (+2.00); layer 1, head 1 (+0.500); layer 2, head 2 (+0.125). "
        "Speak against it most: layer 2, head 3 (−1.00); layer 1, head 2 (−0.250)."
    )


@pytest.mark.parametrize(
    ("ablate", "told"),
    [
        ("zero", "what it puts out is set to 0"),
        ("mean", "what it puts out is set, at every token, to its mean over the tokens of"),
    ],
)
def test_it_is_said_what_a_head_was_set_to(ablate, told):
    assert told in head_effects(*ablated(ablate=ablate)).about


def test_the_sizes_of_effects_and_attributions_are_compared_in_their_order():
    same = [[0.3, 0.2, 0.0], [0.9, 0.1, 0.4]]
    (grid,) = head_effects(*ablated(same)).grids
    assert grid.evidence.kind == "good"
    assert grid.evidence.text == (
        "Heads whose looks were credited most are those that matter most when switched off: "
        "rank correlation +1.00 over 6 heads"
    )
    assert grid.map == "attribution-1"
    (opposite,) = head_effects(*ablated([[2, 3, 6], [1, 5, 1.5]])).grids
    assert "are not those that matter most" in opposite.evidence.text
    assert "correlation −1.00" in opposite.evidence.text
    assert opposite.evidence.kind == "warn"
    assert "are only in part those" in evidence(0.45, 72).text


def test_many_outputs_are_cut_and_told():
    names = tuple(f"output {letter}" for letter in "abcde")
    header, arrays = ablated(targets=names)
    view = head_effects(header, arrays)
    assert [grid.title for grid in view.grids] == list(names[:3])
    assert view.more == (
        "These are the first 3 of 5 outputs; the others are in the stored results."
    )
    assert [one["title"] for one in for_script(header, arrays)] == list(names[:3])


def test_without_the_method_nothing_is_shown():
    assert head_effects(*fakes.classified("A warm film.")) is None


def test_numbers_have_two_digits_of_the_largest():
    assert [decimals(end) for end in (0, 12.0, 0.5, 0.05, 0.0029)] == [2, 2, 2, 3, 4]


def test_heads_are_a_table_with_both_numbers(tmp_path):
    sizes = [[0.3, 0.2, 0.0], [0.9, 0.1, 0.4]]
    table = Results(fakes.write_run(tmp_path, [ablated(sizes)])).heads()
    assert list(table.columns) == [
        *("model", "input", "method", "target", "layer", "head", "effect", "attribution")
    ]
    assert table["effect"].tolist() == VALUES.ravel().tolist()
    assert table["attribution"].tolist() == pytest.approx([2 * v for row in sizes for v in row])
    assert table[["layer", "head"]].to_numpy().tolist()[3] == [1, 0]
    assert set(table["method"]) == {"head_ablation"}


def test_without_attributions_that_column_is_empty(tmp_path):
    table = Results(fakes.write_run(tmp_path, [ablated()])).heads()
    assert table["attribution"].isna().all()
    assert len(table) == VALUES.size
