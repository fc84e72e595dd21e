"""What heads do over all inputs, against numbers computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

import fakes
from fake_heads import head_input
from pairs import run
from reportgen.results.dataset.head_statistics import HeadMeasure, observe_heads

FIRST, SECOND = [[1.0, -4.0], [0.5, 0.0]], [[3.0, 2.0], [0.5, 0.0]]


def statistics(folder, *inputs):
    (found,) = observe_heads(run(folder, list(inputs)))
    return found


def test_effects_are_means_over_inputs_with_intervals(tmp_path):
    found = statistics(tmp_path, head_input(0, FIRST), head_input(1, SECOND))
    assert (found.model, found.method, found.inputs) == ("fake", "head_ablation", 2)
    assert found.effects.means.tolist() == [[2.0, -1.0], [0.5, 0.0]]
    assert found.sizes.means.tolist() == [[2.0, 3.0], [0.5, 0.0]]
    one = found.effects.estimate((0, 0))
    assert (one.low, one.high) == pytest.approx((2 - 12.7062, 2 + 12.7062))
    assert found.attributed is None
    assert found.on_words is None
    assert found.correlations == {}


def test_heads_come_in_the_order_of_how_much_they_matter_whatever_the_sign(tmp_path):
    found = statistics(tmp_path, head_input(0, FIRST), head_input(1, SECOND))
    assert found.order().tolist() == [1, 0, 2, 3]


def test_it_is_counted_how_often_a_head_is_among_the_first_three(tmp_path):
    inputs = [
        head_input(0, [[4.0, 3.0, 2.0, 1.0]]),
        head_input(1, [[4.0, 1.0, -3.0, 2.0]]),
        head_input(2, [[1.0, 0.0, 0.0, 0.0]]),  # what does nothing is among none
    ]
    assert statistics(tmp_path, *inputs).top.tolist() == [[3, 1, 2, 1]]


def test_the_inputs_where_a_head_matters_most_are_named_the_largest_first(tmp_path):
    sizes = [1.0, -5.0, 0.0, 3.0, 2.0, 3.0]
    inputs = [head_input(i, [[size, 0.0, 1.0]]) for i, size in enumerate(sizes)]
    found = statistics(tmp_path, *inputs)
    assert found.examples[:, 0, 0].tolist() == [1, 3, 5]
    assert found.examples[:, 0, 1].tolist() == [-1, -1, -1]
    assert found.examples[:, 0, 2].tolist() == [0, 1, 2]


def test_three_measures_are_compared_input_by_input(tmp_path):
    effects = [[1.0, -2.0], [3.0, 4.0]]
    same, turned = [[0.1, 0.2], [0.3, 0.4]], [[0.4, 0.3], [0.2, 0.1]]
    found = statistics(
        tmp_path, head_input(0, effects, same, turned), head_input(1, effects, same, same)
    )
    pair = HeadMeasure.ABLATION, HeadMeasure.ATTRIBUTION
    assert found.correlations[pair].value == pytest.approx(1)
    pair = HeadMeasure.ABLATION, HeadMeasure.ATTENTION
    assert found.correlations[pair].value == pytest.approx(0)  # once 1 and once -1
    assert (found.correlations[pair].low, found.correlations[pair].high) == (-1.0, 1.0)
    assert found.correlations[pair].count == 2
    assert found.attributed.means == pytest.approx(np.array(same))
    assert found.on_words.means == pytest.approx(np.full((2, 2), 0.25))


def test_inputs_without_attribution_count_for_the_rest(tmp_path):
    inputs = [head_input(0, FIRST, [[1.0, 2.0], [3.0, 4.0]]), head_input(1, SECOND)]
    found = statistics(tmp_path, *inputs)
    assert found.effects.counts.tolist() == [[2, 2], [2, 2]]
    assert found.attributed.counts.tolist() == [[1, 1], [1, 1]]


def test_of_several_outputs_it_is_the_mean_where_the_predicted_one_is_not_explained(tmp_path):
    header, arrays = head_input(0, FIRST, target="a")
    second = header.targets[0].model_copy(update={"name": "b"})
    arrays["head_ablation/b"] = np.array(SECOND, np.float32)
    header = header.model_copy(update={"targets": (*header.targets, second)})
    found = statistics(tmp_path, (header, arrays))
    assert found.effects.means.tolist() == [[2.0, -1.0], [0.5, 0.0]]


def test_a_run_whose_heads_were_not_switched_off_has_none(tmp_path):
    results = run(tmp_path, [fakes.classified("A film")])
    assert list(observe_heads(results)) == []
    assert len(results.head_statistics()) == 0


def test_the_table_says_the_same(tmp_path):
    inputs = [
        head_input(0, FIRST, [[1.0, 2.0], [3.0, 4.0]], [[0.5, 0.25], [0.0, 1.0]]),
        head_input(1, SECOND, [[1.0, 4.0], [3.0, 4.0]], [[0.5, 0.75], [0.0, 1.0]]),
    ]
    table = run(tmp_path, inputs).head_statistics().set_index(["layer", "head"])
    row = table.loc[0, 1]
    assert (row["model"], row["method"], row["count"]) == ("fake", "head_ablation", 2)
    assert (row["effect"], row["size"], row["attribution"], row["on_words"]) == (-1, 3, 3, 0.5)
    assert row["attribution_high"] == pytest.approx(3 + 12.7062)
    assert row["top"] == 1.0
    assert table.loc[1, 1]["top"] == 0.0
    few = run(tmp_path / "few", inputs[:1]).head_statistics()
    assert all(math.isnan(value) for value in few["effect_low"].astype(float))
