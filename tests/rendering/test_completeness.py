"""How far to trust the numbers: one row per path, the worst layer, and what was left out."""

from __future__ import annotations

import fakes
from reportgen.rendering.input import completeness
from reportgen.results.model import Failure


def test_methods_on_one_path_are_named_together():
    header, _ = fakes.with_everything(fakes.classified("Hello out there"))
    table = completeness.convergence(header)
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [row["methods on one path"] for row in rows] == [
        "integrated gradients, layer conductance, attention attribution",
        "words, positions and token types",
    ]
    assert [row["largest gap of a layer"] for row in rows] == ["0.400\u00a0% (layer 4)", "–"]
    assert [row["gap"] for row in rows] == ["0.200\u00a0%"] * 2
    assert [row["F(baseline)"] for row in rows] == ["−0.500", "−0.400"]


def test_layers_are_left_out_where_no_method_has_them():
    header, _ = fakes.classified("Hello")
    assert "largest gap of a layer" not in completeness.convergence(header).columns
    assert completeness.convergence(header.model_copy(update={"convergence": ()})) is None


def test_one_row_that_missed_is_not_hidden_by_another():
    rows = (
        fakes.path_check("integrated_gradients", "x"),
        fakes.path_check("layer_conductance", "x", converged=False),
    )
    (path,) = completeness.paths(rows)
    assert not path.converged


def test_a_path_shows_the_method_that_misses_most():
    rows = (
        fakes.path_check("integrated_gradients", "x", delta=0.005, gap=0.002),
        fakes.path_check("layer_conductance", "x", delta=-0.02, gap=0.008),
    )
    header = fakes.classified("Hello")[0].model_copy(update={"convergence": rows})
    table = completeness.convergence(header)
    (row,) = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert (row["change"], row["sum of scores"], row["gap"]) == ("+2.50", "+2.48", "0.800\u00a0%")


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
