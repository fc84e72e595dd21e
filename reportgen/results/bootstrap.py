"""How far a mean over inputs would move with other inputs: bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RESAMPLES = 1_000
LEVEL = 0.95
"""How often the values are drawn anew, and the share of the means that an interval holds."""

CELLS = 1_000_000
"""Draws that are held at once, so that memory does not grow with the number of inputs."""


def bootstrap_interval(values: Sequence[float] | np.ndarray, seed: int = 0) -> tuple[float, float]:
    """Return the percentile interval (95 %) of the mean of ``values``, one for each input.

    The inputs are drawn anew, with replacement, 1,000 times; equal values and seeds give equal
    intervals. Raises ``ValueError`` for no values.
    """
    held = np.asarray(values, dtype=float)
    if held.size == 0:
        raise ValueError("no values to draw from")
    drawn = np.random.default_rng(seed)
    means = np.empty(RESAMPLES)
    rows = max(1, CELLS // held.size)
    for first in range(0, RESAMPLES, rows):
        block = means[first : first + rows]
        block[:] = held[drawn.integers(held.size, size=(block.size, held.size))].mean(axis=1)
    low, high = np.quantile(means, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return float(low), float(high)
