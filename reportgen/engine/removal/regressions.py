"""Linear models of the game: what each unit's presence adds to v, fitted over sampled sets."""

from __future__ import annotations

from math import comb

import numpy as np

from reportgen.engine.removal.orders import all_sets, sets_of_size
from reportgen.engine.removal.set_values import SetValues

LIME_WIDTH = 0.25
"""Width of LIME's kernel for texts, in cosine distance: 25 of 100 in the authors' own package."""

LIME_PENALTY = 1.0
"""Weight of the squared coefficients (ridge), as in the authors' own package."""


def lime(game: SetValues, samples: int, seed: int) -> np.ndarray:
    """Return the coefficient of each unit's presence, (n,), in units of v.

    Ribeiro, Singh and Guestrin 2016, arXiv:1602.04938, with the choices of the authors' package for
    texts: the number of removed units is drawn evenly from 1 to n, then which; sets are weighted by
    exp(-(d / w)^2 / 2), d the cosine distance from the whole input, and a ridge regression with
    an intercept is fitted. The same set counts as often as it is drawn.
    """
    n = game.n
    random = np.random.default_rng((seed, n))
    sizes = random.integers(1, n + 1, samples - 1)
    places = random.random((samples - 1, n)).argsort(1).argsort(1)
    removed = np.vstack([np.zeros((1, n), bool), places < sizes[:, None]])
    kept = (~removed).astype(float)
    distances = 1 - np.sqrt(kept.sum(1) / n)  # from the whole, whose vector is all ones
    weights = np.exp(-0.5 * (distances / LIME_WIDTH) ** 2)
    return ridge(kept, game.values(removed), weights, LIME_PENALTY)


def ridge(
    features: np.ndarray, values: np.ndarray, weights: np.ndarray, penalty: float
) -> np.ndarray:
    """Return the coefficients of a weighted ridge regression with a free intercept."""
    total = weights.sum()
    middle, level = weights @ features / total, weights @ values / total
    centred = features - middle
    gram = centred.T @ (weights[:, None] * centred) + penalty * np.eye(features.shape[1])
    return np.linalg.solve(gram, centred.T @ (weights * (values - level)))


def kernel_shap(game: SetValues, max_evaluations: int, seed: int) -> np.ndarray:
    """Return Shapley values estimated by a weighted regression, (n,), in units of v.

    Lundberg and Lee 2017, arXiv:1705.07874: of the sets with s units removed, each weighs
    (n - 1) / (C(n, s) s (n - s)). Sizes are taken whole, from both ends inwards, while
    they fit; of the rest sets are drawn with their complements (Covert and Lee 2021). The
    coefficients add up to v({}) - v(all). Exact where all 2^n sets fit.
    """
    n = game.n
    none, every = game.values(np.array([np.zeros(n, bool), np.ones(n, bool)]))
    if n == 1:
        return np.array([none - every])
    removed, weights = shapley_kernel_sets(n, max_evaluations - 2, seed)
    kept = (~removed).astype(float)
    # The last coefficient is what is left of the whole change, so that they add up to it.
    values = game.values(removed) - every - kept[:, -1] * (none - every)
    features = kept[:, :-1] - kept[:, -1:]
    root = np.sqrt(weights)
    found, *_ = np.linalg.lstsq(root[:, None] * features, root * values, rcond=None)
    return np.append(found, none - every - found.sum())


def shapley_kernel_sets(n: int, budget: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return at most ``budget`` sets of removed units (m, n), none of them empty or whole.

    And what each weighs in the regression.
    """
    if 2**n - 2 <= budget:
        sets = all_sets(n)[1:-1]
        sizes = sets.sum(1)
        return sets, kernel(n)[sizes] / np.array([comb(n, int(s)) for s in sizes])
    sizes = np.arange(1, n)
    taken: list[np.ndarray] = []
    weights: list[np.ndarray] = []
    open_sizes = set(sizes.tolist())
    for size in range(1, n // 2 + 1):
        both = sorted({size, n - size})
        if sum(comb(n, s) for s in both) > budget:
            break
        for s in both:
            level = sets_of_size(n, s)
            taken.append(level)
            weights.append(np.full(len(level), kernel(n)[s] / len(level)))
            budget -= len(level)
            open_sizes.discard(s)
    left = np.array(sorted(open_sizes))
    if len(left) and budget >= 2:
        drawn = draw_sets(n, left, budget, seed)
        taken.append(drawn)
        weights.append(np.full(len(drawn), kernel(n)[left].sum() / len(drawn)))
    return np.vstack(taken), np.concatenate(weights)


def draw_sets(n: int, sizes: np.ndarray, budget: int, seed: int) -> np.ndarray:
    """Draw different sets of these sizes by what a size weighs, each with its complement."""
    random = np.random.default_rng((seed, n))
    chances = kernel(n)[sizes] / kernel(n)[sizes].sum()
    drawn: dict[bytes, np.ndarray] = {}
    for _ in range(10 * budget):  # some are drawn twice
        if len(drawn) + 2 > budget:
            break
        one = np.zeros(n, bool)
        one[random.permutation(n)[: random.choice(sizes, p=chances)]] = True
        for each in (one, ~one):
            drawn.setdefault(each.tobytes(), each)
    return np.array(list(drawn.values()))


def kernel(n: int) -> np.ndarray:
    """Return what all sets with s units removed weigh together, for s = 0 … n (ends: 0)."""
    sizes = np.arange(n + 1)
    weights = np.zeros(n + 1)
    weights[1:-1] = (n - 1) / (sizes[1:-1] * (n - sizes[1:-1]))
    return weights
