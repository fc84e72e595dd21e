"""Inputs drawn anew, with replacement: intervals of numbers that are no plain ratios."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from statistics import NormalDist

import numpy as np

from reportgen.results.bootstrap import CELLS, LEVEL, RESAMPLES

TAIL = (1 - LEVEL) / 2

Statistic = Callable[[np.ndarray], np.ndarray]
"""A number ``(r,)`` of each of ``r`` rows of counts ``(r, k)``."""


def cells_interval(counts: np.ndarray, statistic: Statistic, seed: int = 0) -> tuple[float, float]:
    """Return the bootstrap interval (BCa) of what depends on nothing but counts ``(k,)``.

    Inputs in the same of the ``k`` cells are alike, so that drawing them anew is drawing the
    counts: a thousand times, however many inputs there are. Corrected for bias and skewness
    (Efron, 1987, JASA 82). NaN for fewer than two inputs.
    """
    whole = int(counts.sum())
    if whole < 2:
        return math.nan, math.nan
    drawn = np.random.default_rng(seed).multinomial(whole, counts / whole, size=RESAMPLES)
    value = float(statistic(counts[None, :])[0])
    found = statistic(drawn)
    held = np.flatnonzero(counts)
    without = np.repeat(counts[None, :], held.size, axis=0)
    without[np.arange(held.size), held] -= 1
    return bca_interval(found, value, statistic(without), counts[held])


def bca_interval(
    found: np.ndarray, value: float, without: np.ndarray, times: np.ndarray
) -> tuple[float, float]:
    """Return the quantiles of ``found`` that make an interval of ``value``.

    ``without`` are the numbers that leaving out one input would give, each ``times`` as often.
    """
    normal = NormalDist()
    below = float(np.mean(found < value) + np.mean(found == value) / 2)
    if not 0 < below < 1:
        low, high = np.quantile(found, (TAIL, 1 - TAIL))
        return float(low), float(high)
    bias = normal.inv_cdf(below)
    off = np.average(without, weights=times) - without
    squares = float((times * off**2).sum())
    skew = float((times * off**3).sum()) / (6 * squares**1.5) if squares else 0.0
    places = []
    for tail in (TAIL, 1 - TAIL):
        moved = bias + normal.inv_cdf(tail)
        places.append(normal.cdf(bias + moved / (1 - skew * moved)))
    low, high = np.quantile(found, places)
    return float(low), float(high)


def times_drawn(inputs: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Yield how often each of ``inputs`` is drawn, ``(r, inputs)``, in blocks: 1,000 rows in all.

    So memory does not grow with the number of inputs.
    """
    drawn = np.random.default_rng(seed)
    rows = max(1, CELLS // inputs)
    for first in range(0, RESAMPLES, rows):
        block = min(rows, RESAMPLES - first)
        places = drawn.integers(inputs, size=(block, inputs))
        places += inputs * np.arange(block)[:, None]
        yield np.bincount(places.ravel(), minlength=block * inputs).reshape(block, inputs)
