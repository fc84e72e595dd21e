"""Words whose attribution is another where a model is wrong than where it is right."""

from __future__ import annotations

import numpy as np

from reportgen.results.dataset.candidates import WORD, Candidates, Group, gathered
from reportgen.results.dataset.findings import Finding, FindingKind, Tried
from reportgen.results.dataset.intervals import mean
from reportgen.results.dataset.observations import Observations
from reportgen.results.dataset.permutation import p_values, permuted, sums
from reportgen.results.dataset.weak_slices import LEVEL, MOST, frequent

EACH = 10
"""Inputs with a word that are right, and that are wrong, at least."""

PREDICTED = "predicted"


def attribution_differs(found: Observations, seed: int) -> tuple[tuple[Finding, ...], Tried]:
    """Return the words that add more, or less, to a prediction where it is wrong.

    Inputs with the same prediction are compared: what a word adds is added to what is predicted, so
    that a word for one label has the other sign wherever the other is predicted, right or wrong. A
    finding is about a word and a prediction (``also``); where predictions are answers or texts, it
    is about a word. ``estimate`` is its mean score where that is wrong, ``against`` where it is
    right; they are at least as far apart as the mean size of all words' scores, since a smaller
    difference decides nothing, however sure it is.
    """
    among = np.flatnonzero(~np.isnan(found.correct))
    wrong = 1 - found.correct[among]
    place = np.full(len(found), -1)
    place[among] = np.arange(len(among))
    read = found.words
    kept = np.flatnonzero(np.isfinite(read.scores) & (place[read.rows] >= 0))
    rows, ids, scores = place[read.rows[kept]], read.ids[kept], read.scores[kept]
    explained = len(np.unique(rows))
    if not explained:
        return (), Tried(FindingKind.ATTRIBUTION_DIFFERS, 0, 0)
    strata = frequent(found.predicted, among)
    names = named_strata(found, among, strata)
    groups, held = words_of(found, names, strata, wrong, (rows, ids, scores))
    tried = Tried(FindingKind.ATTRIBUTION_DIFFERS, len(groups), explained)
    if not len(groups):
        return (), tried
    # What is not explained is permuted as well: it takes no part in what is compared.
    own = differences(groups, held, wrong.astype(np.float32)[:, None])[:, 0]
    drawn = np.random.default_rng(seed)
    largest = np.concatenate(
        [differences(groups, held, block).max(axis=0) for block in permuted(wrong, strata, drawn)]
    )
    p = p_values(own, largest)
    typical = float(np.abs(scores).mean())
    order = [
        group
        for group in np.argsort(-own, kind="stable").tolist()
        if p[group] <= LEVEL and apart(groups, held, group, wrong) >= typical
    ]
    return tuple(
        finding(found, groups, held, group, float(p[group]), among, wrong) for group in order[:MOST]
    ), tried


def named_strata(found: Observations, among: np.ndarray, strata: np.ndarray) -> dict[int, str]:
    """Return the prediction that all inputs of a stratum have, where there is one."""
    codes = found.predicted.codes[among]
    names = {}
    for code in range(int(strata.max()) + 1):
        of = np.unique(codes[strata == code])
        if len(of) == 1 and of[0] >= 0:
            names[code] = found.predicted.values[of[0]]
    return names


def words_of(
    found: Observations,
    names: dict[int, str],
    strata: np.ndarray,
    wrong: np.ndarray,
    read: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> tuple[Candidates, np.ndarray]:
    """Return the words with enough right and wrong inputs in a stratum, and scores of members."""
    rows, ids, scores = read
    number = int(strata.max()) + 1
    of = ids * number + strata[rows]
    size = len(found.words.vocabulary) * number
    all_of = np.bincount(of, minlength=size)
    bad = np.bincount(of, weights=wrong[rows], minlength=size)
    order = np.argsort(of, kind="stable")
    ends = np.cumsum(all_of)
    groups: list[Group] = []
    held: list[np.ndarray] = []
    for one in np.flatnonzero((bad >= EACH) & (all_of - bad >= EACH)).tolist():
        members = order[ends[one] - all_of[one] : ends[one]]
        if np.ptp(scores[members]) == 0:
            continue
        word, code = found.words.vocabulary[one // number], one % number
        also = ((PREDICTED, names[code]),) if code in names else ()
        groups.append((((WORD, word), *also), rows[members]))
        held.append(scores[members])
    return gathered(groups), np.concatenate(held) if held else np.zeros(0)


def differences(groups: Candidates, scores: np.ndarray, wrong: np.ndarray) -> np.ndarray:
    """Return how far the mean scores of wrong and right inputs are apart ``(groups, outcomes)``.

    In standard deviations of that difference where so many of the group's inputs are wrong, but
    it is by chance which; 0 where all or none of them are.
    """
    sizes = groups.sizes.astype(float)
    at = groups.groups
    means = np.bincount(at, scores, minlength=len(groups)) / sizes
    off = (scores - means[at]).astype(np.float32)
    spread = np.bincount(at, off.astype(float) ** 2, minlength=len(groups)) / (sizes - 1)
    found = np.empty((len(groups), wrong.shape[1]), dtype=np.float32)
    for (of, bad), (_, total) in zip(sums(groups, wrong), sums(groups, wrong, off), strict=True):
        count = sizes[of, None]
        variance = bad * (count - bad) / count * spread[of, None]
        found[of] = np.abs(total) / np.sqrt(np.where(variance > 0, variance, np.inf))
    return found


def apart(groups: Candidates, scores: np.ndarray, group: int, wrong: np.ndarray) -> float:
    """Return how far the mean scores of a group's wrong and right inputs are apart."""
    rows = groups.rows(group)
    own = scores[groups.ends[group] - len(rows) : groups.ends[group]]
    bad = wrong[rows] == 1
    return float(abs(own[bad].mean() - own[~bad].mean()))


def finding(
    found: Observations,
    groups: Candidates,
    scores: np.ndarray,
    group: int,
    p: float,
    among: np.ndarray,
    wrong: np.ndarray,
) -> Finding:
    rows = groups.rows(group)
    own = scores[groups.ends[group] - len(rows) : groups.ends[group]]
    bad = wrong[rows] == 1
    more = own[bad].mean() > own[~bad].mean()
    # The clearest are wrong, and add most where it is more that is added, else least.
    order = np.lexsort((-own if more else own, ~bad))
    about, *also = groups.conditions[group]
    return Finding(
        FindingKind.ATTRIBUTION_DIFFERS,
        about,
        mean(own[bad]),
        p,
        found.places[among[rows[order]]],
        mean(own[~bad]),
        also[0] if also else None,
    )
