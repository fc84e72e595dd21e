"""How often a search over many groups finds something as striking where there is nothing.

The outcome is permuted and the whole search repeated (Westfall and Young, 1993, single-step max-T):
a p-value is the share of the permutations whose most striking group is at least as striking. That
holds for any number of groups and any overlap, since they are the same groups every time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reportgen.results.dataset.candidates import Candidates

PERMUTATIONS = 1_000
CELLS = 10_000_000
"""Cells of permuted outcomes that are held at once (40 MB)."""
BLOCK = 4_000_000
"""Cells of groups by inputs that are held at once (16 MB)."""


EVERY = slice(None)


@dataclass(frozen=True)
class Null:
    """What the sum of an outcome (0 or 1) over each group is, where it is by chance in strata.

    Mean, standard deviation and skewness are those of a sum of hypergeometric numbers, one for
    each stratum.
    """

    mean: np.ndarray
    deviation: np.ndarray
    skewness: np.ndarray

    def scores(self, sums: np.ndarray, of: slice = EVERY) -> np.ndarray:
        """Return how striking sums ``(groups, ...)`` are, as normal quantiles; those of ``of``.

        Skewness is taken out as Wilson and Hilferty (1931) do, so that small groups do not raise
        the bar for all: it only decides what is found first, not how often by chance.
        """
        shape = (-1,) + (1,) * (sums.ndim - 1)
        mean, deviation = self.mean[of].reshape(shape), self.deviation[of].reshape(shape)
        skew = self.skewness[of].reshape(shape)
        skew = np.where(np.abs(skew) < 0.01, 0.01, skew)
        z = (sums - 0.5 - mean) / np.where(deviation > 0, deviation, 1)
        found = (np.cbrt(1 + skew * z / 2) - 1) * 6 / skew + skew / 6
        return np.where(deviation > 0, found, -np.inf)


def null_of(groups: Candidates, outcome: np.ndarray, strata: np.ndarray) -> Null:
    """Return the null of each group; ``strata`` are codes from 0, one for each row."""
    number = int(strata.max()) + 1
    of = groups.groups * number + strata[groups.members]
    m = np.bincount(of, minlength=len(groups) * number).reshape(len(groups), number).astype(float)
    n = np.bincount(strata, minlength=number).astype(float)
    k = np.bincount(strata, weights=outcome, minlength=number)
    share = np.divide(k, n, out=np.zeros(number), where=n > 0)
    variance = share * (1 - share) / np.maximum(n - 1, 1)
    third = variance * (1 - 2 * share) / np.maximum(n - 2, 1)
    spread = ((n - m) * m) @ variance
    lean = ((n - m) * m * (n - 2 * m)) @ third
    return Null(m @ share, np.sqrt(spread), lean / np.where(spread > 0, spread, 1) ** 1.5)


def strata_of(*codes: np.ndarray) -> np.ndarray:
    """Return codes from 0 of what several codes say together."""
    found = np.zeros(len(codes[0]), dtype=np.int64)
    for one in codes:
        found = np.unique(found * (int(one.max()) + 2) + one + 1, return_inverse=True)[1]
    return found


def sums(
    groups: Candidates, outcomes: np.ndarray, weights: np.ndarray | None = None
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield the sums of ``outcomes`` ``(rows, ...)`` over the rows of some groups at a time.

    ``weights`` are those of the groups' members, 1 where they are not given.
    """
    n = len(outcomes)
    step = max(1, BLOCK // max(n, 1))
    starts = groups.ends - groups.sizes
    for first in range(0, len(groups), step):
        last = min(first + step, len(groups))
        held = np.zeros((last - first, n), dtype=np.float32)
        span = slice(starts[first], groups.ends[last - 1])
        at = np.repeat(np.arange(last - first), groups.sizes[first:last])
        held[at, groups.members[span]] = 1 if weights is None else weights[span]
        yield slice(first, last), held @ outcomes


def permuted(
    outcome: np.ndarray, strata: np.ndarray, drawn: np.random.Generator, times: int = PERMUTATIONS
) -> Iterator[np.ndarray]:
    """Yield outcomes permuted within strata ``(rows, some)``, until there were ``times``."""
    places = [np.flatnonzero(strata == code) for code in range(int(strata.max()) + 1)]
    step = max(1, CELLS // len(outcome))
    for first in range(0, times, step):
        several = min(step, times - first)
        found = np.empty((several, len(outcome)), dtype=np.float32)
        for rows in places:
            own = np.tile(outcome[rows].astype(np.float32), (several, 1))
            found[:, rows] = drawn.permuted(own, axis=1)
        yield found.T


def p_values(found: np.ndarray, largest: np.ndarray) -> np.ndarray:
    """Return the share of the largest scores of permutations that reach each score found.

    The run itself counts as one of the permutations, so that no p-value is 0.
    """
    ordered = np.sort(largest)
    reached = len(ordered) - np.searchsorted(ordered, found - 1e-6, side="left")
    return (1 + reached) / (1 + len(ordered))
