"""Where the mistakes of a model lie: regions of alike inputs with more of them than by chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.results.dataset.embedding import Space, Way, flat, space
from reportgen.results.dataset.intervals import Estimate, proportion
from reportgen.results.dataset.observations import Observations

GROUPINGS = (2, 4, 8, 16, 32, 64)
"""Into how many groups the inputs are put, each for itself, as far as groups of ``GROUP`` go."""

GROUP = 15
"""Inputs of a group, on the average, at least."""

ROUNDS = 25
"""Of k-means; it has most often settled before."""

FEWEST = 30
"""Inputs from which on a map tells something."""

PERMUTATIONS = 999
"""How often the mistakes are dealt out anew to see how high a rate is by chance."""

LEVEL = 0.05
"""The chance that any region is found where mistakes lie anywhere."""

LISTED = 5
"""Regions that are told."""

NAMED_BY, RARE = 5, 10.83
"""Words that name a region, and the likelihood ratio (G²) from which on one does: p = .001."""


@dataclass(frozen=True)
class TypicalWord:
    """A word, in how many inputs of the region it stands, and in how many beside it."""

    word: str
    inside: int
    outside: int


@dataclass(frozen=True)
class Region:
    """Inputs that lie together, among which more are wrong than elsewhere.

    ``rows`` are those of the observations, the wrong ones first and the middle of the region
    before its rim. ``wrong`` is the share of mistakes here, ``elsewhere`` among all other judged
    inputs of the map; ``p`` is corrected for all groups that were looked at.
    """

    rows: np.ndarray
    wrong: Estimate
    elsewhere: Estimate
    p: float
    words: tuple[TypicalWord, ...]


@dataclass(frozen=True)
class Regions:
    """The map of a model's inputs, and the regions in which its mistakes lie.

    ``rows`` are those of the observations, at ``places`` (n, 2). ``method`` is that whose scores
    of words they are made of, "" where it is representations; ``shares`` are those of the variance
    in its two main directions. ``mistakes`` of the ``judged`` inputs are wrong; ``groups`` of them
    were looked at, none where all are right, or all wrong.
    """

    rows: np.ndarray
    places: np.ndarray
    way: Way
    method: str
    shares: tuple[float, ...]
    judged: int
    mistakes: int
    groups: int
    regions: tuple[Region, ...]


def find_regions(found: Observations, way: Way = "pca", seed: int = 0) -> Regions | None:
    """Map the inputs and find where mistakes lie; ``None`` for too few inputs, or no points.

    Judged inputs are put into groups of those that lie together (k-means, of several sizes), which
    knows nothing of mistakes. Groups that have more mistakes than the group with the most of them
    when mistakes are dealt out at random (max-T, Westfall and Young, 1993) are regions: the chance
    of any region without there being one is at most 5 %. Raises ``ReportgenError`` where the way
    to draw the map is not installed.
    """
    points = space(found, seed)
    if points is None or len(points.rows) < FEWEST:
        return None
    correct = found.correct[points.rows]
    judged = np.flatnonzero(~np.isnan(correct))
    wrong = correct[judged] == 0
    groups, regions = 0, tuple[Region, ...]()
    if len(judged) >= FEWEST and 0 < wrong.sum() < len(judged):
        groups, regions = significant(found, points, judged, wrong, seed)
    return Regions(
        rows=points.rows,
        places=flat(points, way, seed),
        way=way,
        method=points.method,
        shares=tuple(points.shares[:2].tolist()),
        judged=len(judged),
        mistakes=int(wrong.sum()),
        groups=groups,
        regions=regions,
    )


def significant(
    found: Observations, points: Space, judged: np.ndarray, wrong: np.ndarray, seed: int
) -> tuple[int, tuple[Region, ...]]:
    """Return how many groups were looked at, and those in which too many are wrong to be chance."""
    held, groups = points.points[judged], []
    sizes = [k for k in GROUPINGS if len(judged) // k >= GROUP] or [len(judged) // GROUP]
    for k in sizes:
        labels = k_means(held, k, seed)
        groups += [labels == label for label in range(k) if (labels == label).any()]
    members = np.array(groups)
    p, evidence = by_chance(members, wrong, seed)
    regions: list[Region] = []
    told: list[np.ndarray] = []
    for group in np.argsort(-evidence, kind="stable").tolist():
        inside = members[group]
        if p[group] > LEVEL or len(regions) == LISTED:
            break
        if any((one & inside).sum() * 2 > min(one.sum(), inside.sum()) for one in told):
            continue  # of a group and one in it, the clearer
        told.append(inside)
        regions.append(describe(found, points, judged, wrong, inside, float(p[group])))
    return len(members), tuple(regions)


def describe(
    found: Observations,
    points: Space,
    judged: np.ndarray,
    wrong: np.ndarray,
    inside: np.ndarray,
    p: float,
) -> Region:
    members, outside = np.flatnonzero(inside), np.flatnonzero(~inside)
    held = points.points[judged[members]]
    far = np.linalg.norm(held - held.mean(0), axis=1)
    order = members[np.lexsort((members, far, ~wrong[members]))]
    return Region(
        rows=points.rows[judged[order]],
        wrong=proportion(int(wrong[members].sum()), len(members)),
        elsewhere=proportion(int(wrong[outside].sum()), len(outside)),
        p=p,
        words=typical(found, points.rows[judged[members]], points.rows[judged[outside]]),
    )


def k_means(points: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Return the group (n,) of each point: k-means from a start by k-means++ (2007)."""
    drawn = np.random.default_rng(seed)
    middles = np.empty((k, points.shape[1]), dtype=points.dtype)
    away = np.full(len(points), np.inf)
    for i in range(k):
        whole = away.sum()
        likely = away / whole if 0 < whole < np.inf else None
        middles[i] = points[drawn.choice(len(points), p=likely)]
        away = np.minimum(away, np.square(points - middles[i], dtype=np.float64).sum(1))
    labels = np.full(len(points), -1)
    for _ in range(ROUNDS):
        before = labels
        labels = (np.square(middles).sum(1) - 2 * (points @ middles.T)).argmin(1)
        if np.array_equal(before, labels):
            break
        counts = np.bincount(labels, minlength=k)
        sums = (labels == np.arange(k)[:, None]).astype(points.dtype) @ points
        middles[counts > 0] = sums[counts > 0] / counts[counts > 0, None]
    return labels


def by_chance(members: np.ndarray, wrong: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the p-value of the mistakes in each group (g, n), and how far the group stands out.

    That is by how many standard deviations of a draw without replacement it has more of them; the
    p-value is how often, with the mistakes dealt out at random, any group stands out as far.
    """
    n, mistakes = len(wrong), int(wrong.sum())
    sizes, rate = members.sum(1), mistakes / len(wrong)
    spread = np.sqrt(sizes * rate * (1 - rate) * (n - sizes) / (n - 1))
    spread[spread == 0] = np.inf  # a group of all

    def stands_out(counts: np.ndarray) -> np.ndarray:
        return (counts - sizes * rate) / spread

    drawn = np.random.default_rng(seed)
    belongs = np.ascontiguousarray(members.T).astype(np.int32)
    dealt = np.array(
        [
            stands_out(belongs[drawn.choice(n, mistakes, replace=False)].sum(0)).max()
            for _ in range(PERMUTATIONS)
        ]
    )
    own = stands_out(belongs[wrong].sum(0))
    return (1 + (dealt[None] >= own[:, None] - 1e-9).sum(1)) / (1 + PERMUTATIONS), own


def typical(
    found: Observations, inside: np.ndarray, outside: np.ndarray
) -> tuple[TypicalWord, ...]:
    """Return the words that stand in more of the rows inside than can be by chance."""
    words = found.words
    side = np.zeros(len(found), dtype=np.int8)
    side[inside], side[outside] = 1, 2
    of = side[words.rows]
    here = np.bincount(words.ids[of == 1], minlength=len(words.vocabulary))
    there = np.bincount(words.ids[of == 2], minlength=len(words.vocabulary))
    told = []
    for word in np.flatnonzero(here >= max(3, len(inside) // 10)).tolist():
        a, b = int(here[word]), int(there[word])
        if a * len(outside) > b * len(inside) and any(c.isalnum() for c in words.vocabulary[word]):
            ratio = likelihood_ratio(a, len(inside), b, len(outside))
            if ratio >= RARE:
                told.append((-ratio, words.vocabulary[word], a, b))
    return tuple(TypicalWord(word, a, b) for _, word, a, b in sorted(told)[:NAMED_BY])


def likelihood_ratio(a: int, n: int, b: int, m: int) -> float:
    """Return G² of ``a`` of ``n`` against ``b`` of ``m`` (Dunning, 1993)."""

    def part(count: int, whole: int, share: float) -> float:
        cells: Sequence[tuple[int, float]] = ((count, share), (whole - count, 1 - share))
        return sum(seen * math.log(seen / (whole * rate)) for seen, rate in cells if seen)

    share = (a + b) / (n + m)
    return 2 * (part(a, n, share) + part(b, m, share))
