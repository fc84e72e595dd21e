"""Means over inputs of very many things at once, such as every word and every head.

Their intervals are Student's: a bootstrap of ten thousand words would take minutes, and of few
inputs it is too narrow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reportgen.results.dataset.intervals import Estimate, student

MANY = 10
"""Inputs from which on something is said about all of them."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Means, the intervals (95 %) that hold the true ones, and over how many inputs each is.

    All arrays have one shape. Of a single input the ends of the interval are NaN, of none the mean
    is so too.
    """

    means: np.ndarray
    low: np.ndarray
    high: np.ndarray
    counts: np.ndarray

    def estimate(self, place: int | tuple[int, ...]) -> Estimate:
        """Return one of them as a number with its interval."""
        low, high = float(self.low[place]), float(self.high[place])
        return Estimate(float(self.means[place]), low, high, int(self.counts[place]))

    def clear(self) -> np.ndarray:
        """Return how far each mean surely stays from 0, one axis; below 0 where it may be 0.

        That is how far its interval does, where that is no narrower than one made of the spread of
        all together: of many means of two or three inputs each, some have hardly any spread by
        chance. NaN of a single input.
        """
        half = (self.high - self.low) / 2
        known = self.counts > 1
        counts, degrees = self.counts[known], self.counts[known] - 1
        if degrees.size:
            errors = half[known] / student(degrees)
            spread = np.sqrt((errors**2 * counts * degrees).sum() / degrees.sum())
            half[known] = np.maximum(half[known], student(degrees) * spread / np.sqrt(counts))
        return np.abs(self.means) - half


def moments(counts: np.ndarray, means: np.ndarray, squares: np.ndarray) -> Moments:
    """Make intervals of counts, means, and the sums of squared distances from them."""
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.sqrt(np.maximum(squares, 0.0) / ((counts - 1) * counts))
    half = np.where(counts > 1, student(counts - 1) * errors, np.nan)
    return Moments(means, means - half, means + half, counts)


def moments_by_group(groups: np.ndarray, values: np.ndarray, number: int) -> Moments:
    """Return the moments ``(number,)`` of the values of each group, which count from 0."""
    counts = np.bincount(groups, minlength=number)
    with np.errstate(invalid="ignore"):
        means = np.bincount(groups, weights=values, minlength=number) / counts
    apart = (values - means[groups]) ** 2
    return moments(counts, means, np.bincount(groups, weights=apart, minlength=number))


class RunningMoments:
    """Moments of arrays of one shape that come one after another; none of them is kept."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._count = 0
        self._means, self._squares = np.zeros(shape), np.zeros(shape)

    def add(self, values: np.ndarray) -> None:
        """Add what one input has (Welford's way, which loses no digits)."""
        self._count += 1
        before = values - self._means
        self._means += before / self._count
        self._squares += before * (values - self._means)

    def moments(self) -> Moments | None:
        """Return what has been gathered; ``None`` of nothing."""
        if not self._count:
            return None
        return moments(np.full(self._means.shape, self._count), self._means, self._squares)
