"""How far to trust the numbers: one row per method and output, and what was left out."""

from __future__ import annotations

import fakes
from reportgen.rendering.input import completeness
from reportgen.results.model import Failure


def rows_of(header):
    table = completeness.convergence(header)
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_each_method_has_a_row_of_its_own():
    header, _ = fakes.with_everything(fakes.classified("Hello out there"))
    rows = rows_of(header)
    assert [row["method"] for row in rows] == [
        "integrated gradients",
        "layer conductance",
        "attention attribution",
        "words, positions and token types",
    ]
    by_layer = "0.400\u00a0% (layer 4)"
    assert [row["gap"] for row in rows] == ["0.200\u00a0%", by_layer, by_layer, "0.200\u00a0%"]
    assert [row["F(baseline)"] for row in rows] == ["−0.500"] * 3 + ["−0.400"]


def test_the_sum_is_that_of_the_method_and_never_of_scores_that_do_not_add_up():
    gaps = (0.1, 0.82)
    rows = (
        fakes.path_check("integrated_gradients", "x", delta=0.01, gap=0.004),
        fakes.path_check("layer_conductance", "x", delta=2.05, gap=0.82, layer_gaps=gaps),
        fakes.path_check("attention_attribution", "x", delta=2.05, gap=0.82, layer_gaps=gaps),
    )
    header = fakes.classified("Hello")[0].model_copy(update={"convergence": rows})
    assert [row["change"] for row in rows_of(header)] == ["+2.50"] * 3
    sums = [row["sum of scores"] for row in rows_of(header)]
    assert sums == ["+2.51", "+4.55 (layer 2)", "–"]
    gaps = [row["gap"] for row in rows_of(header)]
    assert gaps == ["0.400\u00a0%", *["82.0\u00a0% (layer 2)"] * 2]


def test_what_failed_is_named():
    rows = (
        fakes.path_check("integrated_gradients", "x", gap=0.2, converged=False),
        fakes.path_check("sub_embeddings", "x", gap=0.0005, converged=False),
        fakes.path_check("layer_conductance", "x"),
    )
    header = fakes.classified("Hello")[0].model_copy(update={"convergence": rows})
    assert [row["verdict"] for row in rows_of(header)] == [
        "not converged",
        "not converged: a jump on the path",
        "converged",
    ]


def test_nothing_was_integrated():
    header, _ = fakes.classified("Hello")
    assert completeness.convergence(header.model_copy(update={"convergence": ()})) is None


def test_one_row_that_missed_is_not_hidden_by_another():
    rows = (
        fakes.path_check("integrated_gradients", "x"),
        fakes.path_check("layer_conductance", "x", converged=False),
    )
    (path,) = completeness.paths(rows)
    assert not path.converged


def test_what_does_not_apply_is_named_with_its_reason():
    header, _ = fakes.labelled("Ada came.", {})
    assert completeness.skipped(header) == (
        ("GlobEnc", "GlobEnc needs LayerNorm after each layer; this model has it before."),
    )


def test_what_failed_is_named_with_its_cause_and_what_to_do():
    failed = {
        "integrated_gradients": Failure(
            kind="InputError", message="gradients overflow", hint="try baseline: mean"
        ),
        "token_length": Failure(kind="KeyError", message="KeyError: 'x'"),
    }
    header = fakes.classified("Hello")[0].model_copy(update={"failed": failed})
    assert completeness.failed(header) == (
        ("integrated gradients", "gradients overflow; try baseline: mean."),
        ("token length", "KeyError: 'x'."),
    )
