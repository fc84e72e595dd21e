"""Intervals over inputs: numbers from the papers that define them, and what they do at the ends."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.results.dataset.intervals import (
    mean,
    paired_difference,
    proportion,
    ratio,
    student,
)
from simulations.coverage import calibration_error, simulations


def pairs(both: int, only_a: int, only_b: int, neither: int) -> tuple[list[int], list[int]]:
    a = [1] * (both + only_a) + [0] * (only_b + neither)
    b = [1] * both + [0] * only_a + [1] * only_b + [0] * neither
    return a, b


@pytest.mark.parametrize(
    ("table", "expected"),
    [((20, 12, 2, 16), (0.2, 0.0562, 0.3290)), ((36, 12, 2, 0), (0.2, 0.0569, 0.3404))],
)
def test_paired_shares_have_newcombes_interval(table, expected) -> None:
    found = paired_difference(*pairs(*table))
    assert (found.value, found.low, found.high) == pytest.approx(expected, abs=5e-4)
    assert found.count == sum(table)


def test_a_paired_difference_without_any_has_an_interval_around_none() -> None:
    found = paired_difference(*pairs(50, 0, 0, 4))
    assert found.value == 0
    assert found.low < 0 < found.high


def test_pairs_without_both_values_do_not_count() -> None:
    found = paired_difference([0.5, 0.2, np.nan, 0.1], [0.1, 0.3, 0.4, np.nan])
    assert (found.value, found.count) == (pytest.approx(0.15), 2)
    with pytest.raises(ValueError, match="no pairs"):
        paired_difference([np.nan], [1.0])


def test_a_paired_difference_is_that_of_the_sides_turned_round() -> None:
    a, b = np.random.default_rng(0).normal(size=(2, 40))
    one, other = paired_difference(a, b), paired_difference(b, a)
    assert one.value == pytest.approx(-other.value)
    assert one.certain == other.certain


def test_students_quantiles_are_those_of_tables() -> None:
    wanted = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 9: 2.262, 30: 2.042, 1000: 1.962}
    assert {n: student(n) for n in wanted} == pytest.approx(wanted, rel=3e-3)


def test_a_mean_of_values_without_skew_has_students_interval() -> None:
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0] * 4)
    found = mean(values)
    half = 2.093 * values.std(ddof=1) / np.sqrt(20)
    assert (found.low, found.high) == pytest.approx((3 - half, 3 + half), rel=1e-3)


def test_a_long_tail_makes_an_interval_reach_further_to_its_side() -> None:
    values = np.random.default_rng(0).exponential(size=40)
    found = mean(values)
    assert found.high - found.value > 1.2 * (found.value - found.low)
    turned = mean(-values)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))


def test_a_mean_of_right_and_wrong_is_a_share() -> None:
    assert mean([1.0] * 9 + [0.0]) == proportion(9, 10)


def test_a_mean_of_one_value_has_no_interval_and_of_none_there_is_none() -> None:
    found = mean([0.25])
    assert found.value == 0.25
    assert np.isnan(found.low)
    with pytest.raises(ValueError, match="no inputs"):
        mean([])


def test_a_ratio_counts_inputs_by_their_size() -> None:
    found = ratio([1, 0, 3, 5], [2, 0, 3, 10])
    assert (found.value, found.count) == (pytest.approx(9 / 15), 3)


def test_parts_that_are_all_right_are_not_certain() -> None:
    found = ratio([2, 1, 3] * 5, [2, 1, 3] * 5)
    assert (found.value, found.low) == (1, proportion(15, 15).low)
    assert found.high == pytest.approx(1)


@pytest.mark.parametrize(
    "name", ["accuracy 80%", "mean, exponential", "F1 of a label of 10%", "F1 of entities 0.90"]
)
def test_intervals_hold_the_truth_as_often_as_they_say(name) -> None:
    """The whole table, with 1,000 runs each, is in docs/statistics.md."""
    (one,) = [found for found in simulations() if found.name.startswith(name)]
    assert 0.92 <= one.coverage(400, 100, seed=1) <= 0.985


def test_an_interval_of_the_calibration_error_holds_it() -> None:
    assert 0.87 <= calibration_error(0.05).coverage(60, 100) <= 1
