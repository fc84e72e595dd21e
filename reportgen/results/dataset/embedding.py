"""Inputs as points: the space they lie in, its main directions, and a map of two dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from reportgen.errors import ReportgenError
from reportgen.results.dataset.observations import Observations

WORDS = 300
"""Words whose scores are the dimensions, where no representations are stored: the most frequent."""

MOST = 10_000
"""Inputs of a map, of more a random sample: each is compared with every other."""

KEPT = 50
"""Directions in which neighbours are sought, where a space has more: those of most variance."""

EXACT = 1_024
"""Inputs, or dimensions, from whose products the directions are computed exactly."""

Way = Literal["pca", "umap"]


@dataclass(frozen=True)
class Space:
    """Points ``(n, D)`` of the inputs in ``rows`` of the observations, their mean taken away.

    ``method`` is that whose scores of words the points are made of, "" for representations;
    ``shares`` are those of the variance in each direction, which are the columns, the largest
    first.
    """

    rows: np.ndarray
    points: np.ndarray
    shares: np.ndarray
    method: str


def space(found: Observations, seed: int = 0) -> Space | None:
    """Return the inputs as points; ``None`` where there is nothing that they are made of.

    That is the representation of each, or the scores of its most frequent words.
    """
    rows = np.arange(len(found))
    method = "" if found.vectors is not None else found.words.method
    if found.vectors is None:
        explained = np.isfinite(found.words.scores)
        rows = np.unique(found.words.rows[explained])
    if len(rows) > MOST:
        rows = np.sort(np.random.default_rng(seed).choice(rows, MOST, replace=False))
    held = found.vectors[rows] if found.vectors is not None else word_scores(found, rows)
    held = held.astype(np.float32)
    if len(rows) < 2 or not held.shape[1]:
        return None
    held -= held.mean(0)
    whole = float(np.square(held, dtype=np.float64).sum())
    if not np.isfinite(whole) or whole <= 0:
        return None
    points = held @ directions(held, seed)
    return Space(rows, points, np.square(points, dtype=np.float64).sum(0) / whole, method)


def word_scores(found: Observations, rows: np.ndarray) -> np.ndarray:
    """Return the scores (len(rows), words) of the most frequent words, 0 where one is not read."""
    words = found.words
    counts = words.counts()
    chosen = np.argsort(-counts, kind="stable")[:WORDS]
    column = np.full(len(counts), -1)
    column[chosen] = np.arange(len(chosen))
    place = np.full(len(found), -1)
    place[rows] = np.arange(len(rows))
    at, of = place[words.rows], column[words.ids] if len(counts) else words.ids
    there = (at >= 0) & (of >= 0) & np.isfinite(words.scores)
    held = np.zeros((len(rows), len(chosen)), dtype=np.float32)
    held[at[there], of[there]] = words.scores[there]
    return held


def directions(held: np.ndarray, seed: int) -> np.ndarray:
    """Return at most ``KEPT`` principal directions (D, k) of centred points, the largest first.

    Of many inputs of many dimensions they are those of ``EXACT`` inputs drawn at random. The
    largest number of each is positive, so that a map is not turned round from run to run.
    """
    n, wide = held.shape
    if wide > EXACT and n > EXACT:
        held = held[np.random.default_rng(seed).choice(n, EXACT, replace=False)]
        n = EXACT
    if wide <= n:
        values, vectors = np.linalg.eigh(held.T.astype(np.float64) @ held)
    else:
        values, left = np.linalg.eigh(held.astype(np.float64) @ held.T)
        vectors = held.T @ (left / np.sqrt(np.maximum(values, 1e-30)))
    order = np.argsort(-values)[: min(KEPT, n, wide)]
    order = order[values[order] > 1e-9 * values.max()]
    found = vectors[:, order]
    found = found * np.sign(found[np.abs(found).argmax(0), np.arange(len(order))])
    return found.astype(np.float32)


def flat(points: Space, way: Way, seed: int = 0) -> np.ndarray:
    """Return the places (n, 2) of the points on a map.

    By ``pca`` they are the two directions of most variance, by ``umap`` what umap-learn makes of
    all. Raises ``ReportgenError`` where umap-learn is not installed.
    """
    if way == "pca":
        two = points.points[:, :2]
        return np.pad(two, ((0, 0), (0, 2 - two.shape[1])))
    try:
        from umap import UMAP
    except ImportError as error:
        raise ReportgenError(
            "umap-learn is not installed",
            where="report.map",
            hint="pip install 'reportgen[umap]', or set map: pca",
        ) from error
    neighbours = min(15, len(points.points) - 1)
    # One thread: with a seed alone its places would still depend on how many there are.
    return np.asarray(
        UMAP(n_neighbors=neighbours, random_state=seed, n_jobs=1).fit_transform(points.points)
    )
