"""A few of the simulations of tests/simulations/scan.py: planted slices are found, others not."""

from __future__ import annotations

import pytest

from simulations.scan import PLANTED, simulate


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_slice_is_found_in_5000_inputs(kind):
    found, _, _ = simulate(kind, 5_000, runs=2, times=199)
    assert found == 2


def test_nothing_is_found_where_nothing_is_planted():
    found, findings, _ = simulate("none", 1_000, runs=4, times=199)
    assert (found, findings) == (0, 0)
