from __future__ import annotations

import itertools

import numpy as np
import pytest

from reportgen.results import bootstrap
from reportgen.results.bootstrap import bootstrap_interval


def test_the_interval_of_equal_values_is_that_value():
    assert bootstrap_interval([0.25] * 7) == (0.25, 0.25)
    assert bootstrap_interval([0.5]) == (0.5, 0.5)


def test_equal_seeds_give_equal_intervals():
    values = [0.1, 0.9, 0.4, 0.7, 0.2]
    assert bootstrap_interval(values) == bootstrap_interval(values, seed=0)
    assert bootstrap_interval(values) != bootstrap_interval(values, seed=1)


def test_the_interval_is_near_that_of_all_draws_there_are():
    """Of three values all 27 draws can be listed."""
    values = [0.0, 0.3, 0.9]
    means = [np.mean(drawn) for drawn in itertools.product(values, repeat=3)]
    exact = np.quantile(means, (0.025, 0.975), method="inverted_cdf")
    assert bootstrap_interval(values) == pytest.approx(exact, abs=0.101)  # a draw's next mean


def test_the_interval_is_near_the_normal_one_of_many_values():
    values = np.random.default_rng(3).normal(2.0, 1.0, 400)
    low, high = bootstrap_interval(values)
    error = values.std() / 20
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.2 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.2 * error)


def test_drawing_in_blocks_changes_nothing(monkeypatch):
    values = [0.1, 0.9, 0.4, 0.7, 0.2]
    whole = bootstrap_interval(values)
    monkeypatch.setattr(bootstrap, "CELLS", 35)
    assert bootstrap_interval(values) == whole


def test_no_values_have_no_interval():
    with pytest.raises(ValueError, match=r"^no values to draw from$"):
        bootstrap_interval([])
