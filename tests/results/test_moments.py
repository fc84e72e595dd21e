"""Means of many things at once with Student's intervals, against numbers from tables of it."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.results.dataset.intervals import student
from reportgen.results.dataset.moments import RunningMoments, moments_by_group


@pytest.mark.parametrize(
    ("degrees", "quantile"),
    [(1, 12.706), (4, 2.776), (9, 2.262), (10, 2.228), (11, 2.201), (30, 2.042), (1000, 1.962)],
)
def test_quantiles_are_those_of_printed_tables(degrees, quantile):
    assert student(np.array([degrees]))[0] == pytest.approx(quantile, abs=0.0006)


def test_no_degree_of_freedom_has_no_quantile():
    assert np.isnan(student(np.array([0]))[0])


def test_means_of_groups_have_intervals():
    groups = np.array([0, 0, 0, 2, 1, 1])
    found = moments_by_group(groups, np.array([1.0, 2.0, 3.0, 5.0, 4.0, 4.0]), 4)
    assert found.counts.tolist() == [3, 2, 1, 0]
    assert found.means[:3].tolist() == [2.0, 4.0, 5.0]
    one = found.estimate(0)  # the standard deviation is 1, and 4.30265 / sqrt(3) is 2.48414
    assert (one.low, one.high) == pytest.approx((-0.48414, 4.48414), abs=1e-5)
    assert (found.estimate(1).low, found.estimate(1).high) == (4.0, 4.0)
    assert np.isnan(found.estimate(2).low)
    assert np.isnan(found.means[3])


def test_what_is_clear_is_what_the_interval_leaves_of_the_mean():
    groups = np.repeat([0, 1, 2], 3)
    found = moments_by_group(groups, np.array([5, 6, 7, -5, -6, -7, -1, 0, 1.0]), 3)
    half = 4.30265 / np.sqrt(3)  # all three spread alike
    assert found.clear() == pytest.approx([6 - half, 6 - half, -half])


def test_two_values_that_agree_by_chance_are_not_clear():
    groups = np.array([0, 0, 1, 1, 1, 2])
    found = moments_by_group(groups, np.array([1, 1, 4, 5, 6, 9.0]), 3)
    assert (found.low[0], found.high[0]) == (1, 1)
    spread = np.sqrt(2 / 3)  # squares of 0 and 2, over 1 and 2 degrees of freedom
    assert found.clear()[0] == pytest.approx(1 - 12.7062 * spread / np.sqrt(2))
    assert found.clear()[1] == pytest.approx(5 - 4.30265 / np.sqrt(3))  # which spreads more
    assert np.isnan(found.clear()[2])


def test_arrays_that_come_one_after_another_have_the_same_moments():
    values = np.random.default_rng(0).normal(1000, 1, size=(12, 2, 3))
    running = RunningMoments((2, 3))
    assert running.moments() is None
    for one in values:
        running.add(one)
    found = running.moments()
    wanted = moments_by_group(np.tile(np.arange(6), 12), values.ravel(), 6)
    assert found.means.ravel() == pytest.approx(wanted.means)
    assert found.low.ravel() == pytest.approx(wanted.low)
    assert found.high.ravel() == pytest.approx(wanted.high)


def test_the_interval_holds_the_mean_as_often_as_it_says():
    drawn = np.random.default_rng(1).exponential(size=(2000, 20))
    found = moments_by_group(np.repeat(np.arange(2000), 20), drawn.ravel(), 2000)
    held = (found.low < 1) & (found.high > 1)
    assert 0.9 < held.mean() < 0.97
