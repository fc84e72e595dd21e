"""Intervals over inputs: numbers from the papers that define them, and what they do at the ends."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.results.dataset.intervals import paired_difference


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
