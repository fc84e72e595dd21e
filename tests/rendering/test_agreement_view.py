"""Agreement: a readable chart, all pairs as a matrix, single heads, another output."""

from __future__ import annotations

import numpy as np
import pytest

import fakes
from document import told
from reportgen.rendering.input.agreement import agreement, head_maps, random_logit, write
from reportgen.rendering.input.score_rows import FEW
from reportgen.results.model import RandomLogitCorrelation


@pytest.fixture
def answer():
    return fakes.with_everything(fakes.answered("Who came?", "Ada came home late."))


def test_the_chart_has_the_pairs_with_integrated_gradients_only(answer):
    view = agreement(answer[0])
    for lines in told(view.chart.svg).values():
        assert set(lines) == {
            f"integrated gradients and {other}, {target}"
            for other in ("layer conductance", "attention attribution", "attention", "vector norms")
            for target in ("start", "end")
        }
    assert view.chart.key == "Solid: start; dashed: end."


def test_many_outputs_are_averaged_in_the_chart():
    header, _ = fakes.continued("The lighthouse stands", " on a rock in the sea")
    view = agreement(header)
    assert view.chart.key == f"Mean over {len(header.targets)} outputs."
    assert [len(lines) for lines in told(view.chart.svg).values()] == [4] * 4  # pairs, layers


def test_few_outputs_have_lines_of_their_own():
    header, _ = fakes.continued("The lighthouse stands", " on a rock in the sea")
    few = [target.name for target in header.targets[:FEW]]
    kept = tuple(row for row in header.agreement if row.target in (*few, None))
    view = agreement(header.model_copy(update={"agreement": kept}))
    assert "Mean over" not in view.chart.key


def test_the_matrix_holds_the_mean_of_every_pair(answer):
    header, _ = answer
    matrices = dict(agreement(header).matrices)
    assert list(matrices) == [
        "Rank correlation (Spearman)",
        "Rank correlation (Kendall)",
        "Overlap of the top 5",
    ]
    heat = matrices["Rank correlation (Kendall)"]
    cells = {
        (row, column): text
        for row, line in heat.rows
        for column, (_, text) in zip(heat.columns, line, strict=True)
    }
    for first, second in (("layer_conductance", "attention"), ("attention", "vector_norms")):
        values = [
            row.value
            for row in header.agreement
            if row.measure == "kendall" and (row.method_a, row.method_b) == (first, second)
        ]
        a, b = first.replace("_", " "), second.replace("_", " ")
        assert cells[a, b] == cells[b, a] == write(np.mean(values))
    assert cells["attention", "attention"] == ""


def test_heads_are_layers_by_heads_with_attention_first(answer):
    header, arrays = answer
    maps = head_maps(header, arrays)
    assert [one.title for one in maps[:3]] == [
        "integrated gradients and attention (start)",
        "integrated gradients and attention (end)",
        "integrated gradients and attention attribution (start)",
    ]
    stored = arrays["agreement_heads/spearman/integrated_gradients/attention/start"]
    heat = maps[0].heat
    assert heat.columns == ("1", "2", "3", "4", "5", "6")
    assert [[text for _, text in cells] for _, cells in heat.rows] == [
        [write(value) for value in row] for row in stored
    ]
    assert heat.rows[0][1][0] == ("", "–")  # not a number
    assert head_maps(header, {}) == ()


def test_a_method_that_knows_no_output_is_the_same_for_another(answer):
    view = random_logit(answer[0])
    found = {name: text for name, ((_, text),) in view.heat.rows}
    assert found["attention"] == found["vector norms"] == "1.00"
    assert next(iter(found)) == "integrated gradients"  # the most specific first
    assert view.compared == "start with another; end with another"
    assert random_logit(fakes.classified("Hello")[0]) is None


def test_undefined_correlations_are_left_out_of_the_mean():
    rows = tuple(
        RandomLogitCorrelation(method="attention", target="a", other="b", layer=i, value=value)
        for i, value in enumerate((0.5, None, 0.7))
    )
    header = fakes.classified("Hello")[0].model_copy(update={"random_logit": rows})
    assert random_logit(header).heat.rows[0][1][0][1] == "0.60"
