"""Shapley values of units: the mean of what a unit's removal does, over all orders of removal."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, factorial

import numpy as np

from reportgen.engine.removal.orders import all_sets, prefixes
from reportgen.engine.removal.set_values import SetValues, budget_too_small

PRIOR = 1
"""Samples that the neighbours of a stratum count as."""


@dataclass(frozen=True, eq=False)
class ShapleyEstimate:
    """Shapley values (n,), in units of v, and how well they are known.

    ``standard_errors`` (n,), of the sampling alone, are 0 where the values are ``exact``, and NaN
    where too little was sampled to tell. ``evaluations`` is how many sets the values rest on.
    """

    values: np.ndarray
    standard_errors: np.ndarray
    exact: bool
    evaluations: int


def estimate_shapley(game: SetValues, max_evaluations: int, seed: int) -> ShapleyEstimate:
    """Return exact values where all sets are affordable, otherwise those of a sample by strata."""
    n = game.n
    if max_evaluations < n + 2:
        raise budget_too_small(max_evaluations, n)
    if 2**n <= max_evaluations:
        return ShapleyEstimate(exact_values(game), np.zeros(n), True, 2**n)
    return sampled_values(game, max_evaluations, seed)


def exact_values(game: SetValues) -> np.ndarray:
    """Return the weighted sum over all sets S without a unit of v(S) - v(S and the unit)."""
    n = game.n
    sets = all_sets(n)
    values = game.values(sets)
    weights = np.array([factorial(s) * factorial(n - 1 - s) / factorial(n) for s in range(n)])
    sizes = sets.sum(1)
    shapley = np.empty(n)
    for unit in range(n):
        (without,) = np.nonzero(~sets[:, unit])
        drops = values[without] - values[without | (1 << unit)]
        shapley[unit] = weights[sizes[without]] @ drops
    return shapley


def sampled_values(game: SetValues, budget: int, seed: int) -> ShapleyEstimate:
    """Return the mean over strata: how many units are gone before the unit is.

    The first stratum (none is gone) and the last (all others are) take n sets each and are exact;
    the others are sampled. Between strata of which nothing was seen, a straight line is drawn. All
    values are moved by one constant, so that they add up to v({}) - v(all) as Shapley values do:
    it changes no order. A budget below 2n + 2 is spent on the first stratum alone.
    """
    n = game.n
    single = np.eye(n, dtype=bool)
    sets = np.vstack([np.zeros((1, n), bool), np.ones((1, n), bool), single])
    if budget >= 2 * n + 2:
        sets = draw_permutations(game, np.vstack([sets, ~single]), budget, seed)
    drops = dict(zip(game.keys(sets), game.values(sets), strict=True))
    values, variances = np.empty(n), np.empty(n)
    for unit in range(n):
        having = sets[sets[:, unit]]
        without = having & ~single[unit]
        pairs = zip(game.keys(without), game.keys(having), without.sum(1), strict=True)
        strata: dict[int, list[float]] = {}
        for before, after, size in pairs:
            if before in drops:
                strata.setdefault(int(size), []).append(drops[before] - drops[after])
        values[unit], variances[unit] = mean_over_strata(n, strata)
    values += (drops[game.keys(sets[:1])[0]] - drops[game.keys(sets[1:2])[0]] - values.sum()) / n
    return ShapleyEstimate(values, np.sqrt(variances), False, len(sets))


def draw_permutations(game: SetValues, sets: np.ndarray, budget: int, seed: int) -> np.ndarray:
    """Add the sets of random permutations, each with its reverse, up to ``budget`` sets.

    A reverse removes the same units in the other half of the strata (antithetic). The last pair
    is cut to what is left, from both ends of the permutation inwards.
    """
    n = game.n
    random = np.random.default_rng((seed, n))
    drawn = dict(zip(game.keys(sets), sets, strict=True))
    sizes = np.arange(1, n)
    inwards = np.argsort(np.minimum(sizes, n - sizes), kind="stable")
    for _ in range(budget):  # ends before, but where nearly all sets are affordable
        units = random.permutation(n)
        pair = np.vstack([prefixes(units)[inwards], prefixes(units[::-1])[inwards]])
        for key, one in zip(game.keys(pair), pair, strict=True):
            if len(drawn) == budget:
                return np.array(list(drawn.values()))
            drawn.setdefault(key, one)
    return np.array(list(drawn.values()))


def mean_over_strata(n: int, strata: dict[int, list[float]]) -> tuple[float, float]:
    """Return the mean over all n strata of a unit, and the variance that sampling gives it.

    A stratum is like its neighbours: their mean counts as one sample more, which matters where
    there are few. Samples of a stratum are of different sets, and it is exact when all sets were
    seen. A stratum with one sample is taken to vary like the others.
    """
    known = np.array(sorted(strata))
    means = np.array([np.mean(strata[size]) for size in known])
    counts = np.array([len(strata[size]) for size in known])
    unseen = 1 - counts / np.array([comb(n - 1, int(size)) for size in known], float)
    lines = np.array([np.interp(np.arange(n), known, one) for one in np.eye(len(known))])
    trust = np.zeros(n)
    trust[known] = np.where(unseen > 0, counts / (counts + PRIOR), 1)
    trust[[0, -1]] = 1  # they have one neighbour only
    smooth = trust * lines
    smooth[:, 1:-1] += (1 - trust[1:-1]) * (lines[:, :-2] + lines[:, 2:]) / 2
    weights = smooth.mean(1)
    spread = np.array(
        [np.var(strata[size], ddof=1) if len(strata[size]) > 1 else np.nan for size in known]
    )
    seen = (counts > 1) & (unseen > 0)
    spread[counts == 1] = np.mean(spread[seen]) if seen.any() else np.nan
    sampled = unseen > 0
    variance = np.sum((weights**2 * spread * unseen / counts)[sampled])
    return float(weights @ means), float(variance if len(known) == n or sampled.any() else np.nan)
