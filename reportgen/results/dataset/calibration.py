"""Whether a model is as sure as it is right, and how right it is where it is surest."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from reportgen.results.bootstrap import CELLS, RESAMPLES
from reportgen.results.dataset.intervals import Estimate, mean, proportion, skewed_interval
from reportgen.results.dataset.observations import Observations
from reportgen.results.dataset.resampling import TAIL, times_drawn
from reportgen.results.kinds import KINDS

BINS = 10
"""Of equal width, from 0 to 1 (Guo et al., 2017, arXiv:1706.04599)."""

COVERAGES = (0.5, 0.8, 0.9)
"""Shares of the inputs that accuracy is told of: those that the model is surest of."""

POINTS = 100
"""Places on the line of risk over coverage."""


@dataclass(frozen=True)
class Bin:
    """The inputs with a confidence in ``(low, high]``; ``accuracy`` is of those that are judged.

    ``confidence`` is the mean of those, NaN where there are none; ``right`` and ``wrong`` count,
    the rest of ``count`` is ``unjudged``.
    """

    low: float
    high: float
    count: int
    right: int
    wrong: int
    confidence: float
    accuracy: Estimate | None

    @property
    def unjudged(self) -> int:
        return self.count - self.right - self.wrong


@dataclass(frozen=True)
class Covered:
    """The inputs with at least ``threshold`` confidence: ``accuracy`` over ``coverage`` of them.

    ``coverage`` is at least what was asked for: inputs of equal confidence go together.
    """

    asked: float
    coverage: float
    threshold: float
    accuracy: Estimate


@dataclass(frozen=True)
class Calibration:
    """How sure a model is, in ``bins``, and, where enough inputs are judged, how right it is then.

    ``confidence`` is the mean over all inputs, ``confidence_of_judged`` over those that are judged;
    ``gap`` is the latter less the accuracy, ``error`` the expected calibration error,
    ``by_chance`` the one that 19 of 20 calibrated models that are as sure would stay below (also of
    those: few inputs make it larger). ``brier`` is the mean squared difference of confidence and
    being right, 1, or wrong, 0. ``risk`` is the share of wrong ones among those that the model is
    surest of, over ``coverage``; ``area`` its mean over all coverages (AURC).
    """

    bins: tuple[Bin, ...]
    confidence: Estimate
    judged: int = 0
    confidence_of_judged: float = math.nan
    gap: Estimate | None = None
    error: Estimate | None = None
    by_chance: float = math.nan
    brier: Estimate | None = None
    coverage: np.ndarray | None = None
    risk: np.ndarray | None = None
    area: Estimate | None = None
    covered: tuple[Covered, ...] = ()


def calibration(found: Observations, many: int, seed: int = 0) -> Calibration | None:
    """Compare confidence and being right, where the one is the probability of the other.

    That of other predictions (the mean of a text's tokens, the least sure of several entities)
    is only counted. ``None`` where fewer than ``many`` inputs have a confidence.
    """
    known = ~np.isnan(found.confidence)
    if known.sum() < many:
        return None
    sure, correct = found.confidence[known], found.correct[known]
    bins, told = make_bins(sure, correct), mean(sure)
    judged = ~np.isnan(correct)
    kind = KINDS[found.kind]
    if judged.sum() < many or not (kind.exclusive or kind.points):
        return Calibration(bins, told)
    sure, correct = sure[judged], correct[judged]
    order = np.argsort(-sure, kind="stable")
    sure, correct = sure[order], correct[order]
    coverage, risk = risk_by_coverage(sure, correct)
    error, by_chance = expected_error(sure, correct, seed)
    return Calibration(
        bins,
        told,
        judged=int(judged.sum()),
        confidence_of_judged=float(sure.mean()),
        gap=mean(sure - correct),
        error=error,
        by_chance=by_chance,
        brier=mean((sure - correct) ** 2),
        coverage=coverage,
        risk=risk,
        area=risk_area(sure, correct),
        covered=tuple(cover(sure, correct, asked) for asked in COVERAGES),
    )


def bin_of(sure: np.ndarray) -> np.ndarray:
    """Return the bin of each confidence: ``(0.8, 0.9]`` is one of them, and 0 in the first."""
    edges = np.arange(1, BINS) / BINS
    return np.searchsorted(edges, sure, side="left")


def make_bins(sure: np.ndarray, correct: np.ndarray) -> tuple[Bin, ...]:
    """Count the inputs ``(n,)`` of each bin; ``correct`` is NaN of those that are not judged."""
    place = bin_of(sure)
    found = []
    for i in range(BINS):
        here = place == i
        right, wrong = int((correct[here] == 1).sum()), int((correct[here] == 0).sum())
        judged = sure[here & ~np.isnan(correct)]
        found.append(
            Bin(
                i / BINS,
                (i + 1) / BINS,
                int(here.sum()),
                right,
                wrong,
                float(judged.mean()) if judged.size else math.nan,
                proportion(right, right + wrong) if right + wrong else None,
            )
        )
    return tuple(found)


def calibration_error(off: np.ndarray, place: np.ndarray) -> float:
    """Return the expected calibration error: the mean of the bins' gaps, weighted by their size.

    ``off`` is confidence less being right, ``(n,)``, and ``place`` the bin of each.
    """
    return float(np.abs(np.bincount(place, off, BINS)).sum() / off.size)


def error_by_chance(sure: np.ndarray, seed: int = 0) -> float:
    """Return the calibration error that a calibrated model stays below in 19 of 20 data sets.

    Each prediction is made right with its own confidence, a thousand times (consistency
    resampling; Broecker and Smith, 2007, Weather and Forecasting 22).
    """
    drawn = np.random.default_rng(seed)
    place = bin_of(sure)
    found = np.empty(RESAMPLES)
    rows = max(1, CELLS // sure.size)
    for first in range(0, RESAMPLES, rows):
        block = min(rows, RESAMPLES - first)
        off = sure - (drawn.random((block, sure.size)) < sure)
        found[first : first + block] = np.abs(by_bin(off, place)).sum(axis=1) / sure.size
    return float(np.quantile(found, 0.95))


def by_bin(values: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Sum values ``(r, n)`` by the bin of each column: ``(r, BINS)``."""
    return values @ np.eye(BINS)[place]


def expected_error(sure: np.ndarray, correct: np.ndarray, seed: int = 0) -> tuple[Estimate, float]:
    """Return the calibration error of inputs ``(n,)``, and what it is by chance.

    Few inputs make it too large, and drawing them anew does so once more: the lower end of the
    interval is as far below as the draws' upper end is above (basic bootstrap; Davison and Hinkley,
    1997), and 0 where a calibrated model may well have as large an error. The upper end is as far
    above as that of the draws is from their median.
    """
    place, off = bin_of(sure), sure - correct
    blocks = (np.abs(by_bin(times * off, place)) for times in times_drawn(sure.size, seed))
    drawn = np.concatenate([block.sum(axis=1) for block in blocks]) / sure.size
    value, chance = calibration_error(off, place), error_by_chance(sure, seed)
    middle, far = (float(one) for one in np.quantile(drawn, (0.5, 1 - TAIL)))
    low = max(0.0, 2 * value - far) if value > chance else 0.0
    return Estimate(value, low, value + far - middle, sure.size), chance


def risk_area(sure: np.ndarray, correct: np.ndarray) -> Estimate:
    """Return the area under risk over coverage of inputs ``(n,)``, the surest first.

    The interval is that of the mean of the jackknife's pseudo-values: what each input adds to the
    area, by its own outcome and by making room for those that are less sure.
    """
    size = sure.size
    amount, wrong = np.arange(1, size + 1), np.cumsum(1 - correct)
    before = np.cumsum(wrong / amount) - wrong / amount  # of the inputs that are surer
    fewer = np.maximum(amount - 1, 1)
    after, places = ((one.sum() - np.cumsum(one)) for one in (wrong / fewer, 1 / fewer))
    without = (before + after - (1 - correct) * places) / (size - 1)
    value = float(risk_by_coverage(sure, correct, size)[1].mean())
    low, high = skewed_interval((size - 1) * (without.mean() - without))
    return Estimate(value, max(0.0, value + low), min(1.0, value + high), size)


def risk_by_coverage(
    sure: np.ndarray, correct: np.ndarray, points: int = POINTS
) -> tuple[np.ndarray, np.ndarray]:
    """Return coverages, ascending to 1, and the share of wrong ones among as many of the surest.

    Inputs ``(n,)`` have the surest first; those of equal confidence count as wrong as they are in
    the mean, so that their order does not matter. (El-Yaniv and Wiener, 2010, JMLR 11; the mean
    over all coverages is the AURC of Geifman et al., 2019, arXiv:1805.08206.)
    """
    _, starts, counts = np.unique(-sure, return_index=True, return_counts=True)
    wrong = np.repeat(np.add.reduceat(1 - correct, starts) / counts, counts)
    amount = np.unique(-(-np.arange(1, points + 1) * sure.size // points))  # rounded up
    return amount / sure.size, np.cumsum(wrong)[amount - 1] / amount


def cover(sure: np.ndarray, correct: np.ndarray, asked: float) -> Covered:
    """Return the accuracy over the share ``asked`` that the model is surest of, and all as sure."""
    threshold = float(sure[math.ceil(asked * sure.size) - 1])
    here = sure >= threshold
    amount = int(here.sum())
    right = int(correct[here].sum())
    return Covered(asked, amount / sure.size, threshold, proportion(right, amount))
