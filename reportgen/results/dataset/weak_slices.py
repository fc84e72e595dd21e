"""Groups of inputs on which a model is wrong more often, found without being named.

sliceline and divexplore search groups like these, but say nothing of how often such a search finds
one where there is none; the permutations here do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reportgen.results.dataset.candidates import (
    LABEL,
    LEAST,
    Candidates,
    candidates,
    code_groups,
    gathered,
)
from reportgen.results.dataset.findings import Finding, FindingKind, Tried
from reportgen.results.dataset.intervals import proportion
from reportgen.results.dataset.observations import Codes, Observations
from reportgen.results.dataset.permutation import (
    PERMUTATIONS,
    null_of,
    p_values,
    permuted,
    strata_of,
    sums,
)

LEVEL, MOST = 0.04, 10
"""The largest p-value of a finding, over all that was tried with it; findings at most. It leaves
room below the 5 % that are promised, since labels are permuted otherwise than all else."""

HANDICAP = 0.5
"""By so many standard deviations a pair has to be more striking than a single condition: there are
many more pairs, and without it they would raise the bar for all."""

SIMPLER = -1.5
"""A pair is one finding rather than one of its two conditions, where it stands out of that by so
many standard deviations more than the rest of it does: the best of many pairs always does a bit."""

ALIKE = 0.8
"""The share of the inputs of two groups that both have, above which they are one finding."""


def weak_slices(
    found: Observations, seed: int, times: int = PERMUTATIONS
) -> tuple[tuple[Finding, ...], Tried]:
    """Return the groups of inputs that are wrong more often than the rest, by evidence.

    Outcomes are permuted ``times`` times, among inputs with the same expected label: where a label
    is harder, words that come with it are no news. The label itself is compared with all others.
    What is predicted and how sure it is are outcomes, and make no groups.
    """
    among = np.flatnonzero(~np.isnan(found.correct))
    wrong = 1 - found.correct[among]
    if not 0 < wrong.sum() < len(among):
        return (), Tried(FindingKind.WEAK_SLICE, 0, len(among))
    search = Search.of(found, among, wrong, seed, times)
    return search.findings(found), Tried(FindingKind.WEAK_SLICE, len(search.groups), len(among))


def frequent(labels: Codes, rows: np.ndarray) -> np.ndarray:
    """Return codes of labels from 0; those of few inputs (answers, texts) are one together."""
    codes = labels.codes[rows]
    counts = np.bincount(codes + 1, minlength=len(labels.values) + 1)
    return strata_of(np.where(counts[codes + 1] < LEAST, -1, codes))


@dataclass(frozen=True)
class Search:
    """All groups that were looked at, how striking each is, and the p-value of that.

    ``threshold`` is how striking a group has to be for a p-value of ``LEVEL``.
    """

    groups: Candidates
    among: np.ndarray
    wrong: np.ndarray
    strata: np.ndarray
    scores: np.ndarray
    p: np.ndarray
    threshold: float

    @classmethod
    def of(
        cls,
        found: Observations,
        among: np.ndarray,
        wrong: np.ndarray,
        seed: int,
        times: int = PERMUTATIONS,
    ) -> Search:
        strata = frequent(found.expected, among)
        groups = candidates(found, among, found.expected)
        least = max(LEAST, len(among) // 100)
        labels = gathered(
            [(((LABEL, v),), rows) for v, rows in code_groups(found.expected, among, least)]
        )
        scores: list[np.ndarray] = []
        largest: list[np.ndarray] = []
        # Labels are tested against all inputs, everything else within labels.
        for some, within in ((groups, strata), (labels, np.zeros(len(among), dtype=np.int64))):
            if len(some):
                drawn = np.random.default_rng(seed)
                own, most = searched(some, wrong, within, drawn, times)
                scores.append(own)
                largest.append(most)
        if not scores:
            return cls(groups, among, wrong, strata, np.zeros(0), np.zeros(0), np.inf)
        every, most = np.concatenate(scores), np.max(largest, axis=0)
        both = Candidates(
            groups.conditions + labels.conditions,
            np.concatenate((groups.members, labels.members)),
            np.concatenate((groups.ends, labels.ends + len(groups.members))),
        )
        p = p_values(every, most)
        threshold = float(np.quantile(most, 1 - LEVEL, method="higher"))
        return cls(both, among, wrong, strata, every, p, threshold)

    def findings(self, found: Observations) -> tuple[Finding, ...]:
        confidence = np.nan_to_num(found.confidence[self.among])
        made = []
        for group in self.distinct():
            rows = self.groups.rows(group)
            rows = rows[np.lexsort((-confidence[rows], -self.wrong[rows]))]
            size, bad = len(rows), int(self.wrong[rows].sum())
            rest, rest_bad = len(self.among) - size, int(self.wrong.sum()) - bad
            first, *second = self.groups.conditions[group]
            made.append(
                Finding(
                    FindingKind.WEAK_SLICE,
                    first,
                    proportion(size - bad, size),
                    float(self.p[group]),
                    found.places[self.among[rows]],
                    proportion(rest - rest_bad, rest),
                    second[0] if second else None,
                )
            )
        return tuple(made)

    def distinct(self) -> list[int]:
        """Return the groups that say something of their own, the most striking first."""
        left = [
            group
            for group in np.argsort(-self.scores, kind="stable").tolist()
            if self.p[group] <= LEVEL and self.weak(self.groups.rows(group))
        ]
        chosen: list[int] = []
        known = np.zeros(len(self.among), dtype=np.int64)
        while left and len(chosen) < MOST:
            best = self.plainest(left[0], left)
            chosen.append(best)
            inside = self.inside(best)
            known = strata_of(known, inside)
            rest = [g for g in left if g != best and self.overlap(g, inside) <= ALIKE]
            again = self.scored(rest, known)
            left = [g for g, score in zip(rest, again, strict=True) if score >= self.threshold]
        return chosen

    def plainest(self, best: int, left: list[int]) -> int:
        """Return the group that tells best where a model is weak: a pair, or one of its two.

        Where the rest of the larger group is as weak as the pair, it is the larger one; where the
        rest is like all others, it is the pair.
        """
        own = set(self.groups.conditions[best])
        related = [g for g in left if g != best and len(own ^ set(self.groups.conditions[g])) == 1]
        if len(own) == 2:
            leans = [(self.lean(best, g), g) for g in related]
            return max(((lean, g) for lean, g in leans if lean > SIMPLER), default=(0.0, best))[1]
        leans = [(self.lean(g, best), g) for g in related]
        return min(((lean, g) for lean, g in leans if lean <= SIMPLER), default=(0.0, best))[1]

    def lean(self, pair: int, single: int) -> float:
        """Return by how much more the rest of ``single`` is like the pair than like others."""
        (rest,) = self.scored([single], self.inside(pair))
        (inner,) = self.scored([pair], self.inside(single))
        return rest - inner

    def scored(self, groups: list[int], known: np.ndarray) -> list[float]:
        """Return how striking groups still are among inputs with the same code in ``known``."""
        found = []
        for group in groups:
            own = gathered([(self.groups.conditions[group], self.groups.rows(group))])
            label = [by for by, _ in self.groups.conditions[group]] == [LABEL]
            strata = known if label else strata_of(self.strata, known)
            bad = np.array([self.wrong[self.groups.rows(group)].sum()])
            found.append(float((null_of(own, self.wrong, strata).scores(bad) - handicaps(own))[0]))
        return found

    def inside(self, group: int) -> np.ndarray:
        found = np.zeros(len(self.among), dtype=np.int64)
        found[self.groups.rows(group)] = 1
        return found

    def overlap(self, group: int, inside: np.ndarray) -> float:
        """Return the Jaccard index of a group and the rows ``inside``."""
        rows = self.groups.rows(group)
        both = int(inside[rows].sum())
        return both / (len(rows) + int(inside.sum()) - both)

    def weak(self, rows: np.ndarray) -> bool:
        return bool(self.wrong[rows].mean() > self.wrong.mean())


def handicaps(groups: Candidates) -> np.ndarray:
    return np.array([HANDICAP * (len(own) - 1) for own in groups.conditions])


def searched(
    groups: Candidates,
    wrong: np.ndarray,
    strata: np.ndarray,
    drawn: np.random.Generator,
    times: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return how striking each group is, and the most striking of each permutation."""
    null, less = null_of(groups, wrong, strata), handicaps(groups)
    found = null.scores(np.array([wrong[groups.rows(g)].sum() for g in range(len(groups))])) - less
    largest = []
    for block in permuted(wrong, strata, drawn, times):
        most = np.full(block.shape[1], -np.inf)
        for of, counts in sums(groups, block):
            scores = null.scores(counts, of) - less[of, None]
            np.maximum(most, scores.max(axis=0), out=most)
        largest.append(most)
    return found, np.concatenate(largest)
