"""What small changes of inputs do over a data set, and words that weigh much and decide little."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.results.dataset.findings import Finding, FindingKind, Tried
from reportgen.results.dataset.intervals import Estimate, mean, proportion
from reportgen.results.dataset.observations import Observations
from reportgen.results.dataset.perturbed import VARIANTS
from reportgen.results.perturbation import PerturbationKind

TOLERATED: dict[PerturbationKind, float] = {
    "case": 0.05,
    "punctuation": 0.05,
    "typos": 0.05,
    "padding": 0.0,
}
"""The share of predictions that a small change may turn; padding is none of the text."""

LEAST = 10
"""Inputs that a word, explained and removed, has to stand in."""

HEAVY = 1.5
"""How many times the share of an average word of the same text a word has that weighs much."""

MARGIN = 0.05
"""Of a word that decides little: the share of predictions that turn without it is smaller, and so
is the change of accuracy."""

CERTAIN = 0.05
"""Corrected p-values of findings are at most this."""


@dataclass(frozen=True)
class ChangeSensitivity:
    """What a kind of small changes does over the inputs that have variants of it.

    An input counts as ``changed`` where what is predicted is another for any of its variants. Of
    the inputs with an expectation there is the accuracy before and after, each input counting once:
    after is the share of its variants that are right. ``p`` is that of more turned predictions than
    are ``TOLERATED``, of inputs whose predictions can. ``places`` are those of inputs that changed,
    those that are wrong now and were right first.
    """

    kind: PerturbationKind
    variants: int
    changed: Estimate | None
    before: Estimate | None
    after: float | None
    difference: Estimate | None
    change: float | None
    p: float
    places: np.ndarray


@dataclass(frozen=True)
class WordWithout:
    """What removing a word everywhere does, over the inputs that have it and explain it.

    ``weight`` is its share of the attribution as a multiple of an average word's of the same text,
    mean over inputs, ``share`` the share itself. ``changed`` is the share of predictions that turn,
    ``difference`` that of accuracy (after less before), ``change`` the mean size of the change of
    the probability. ``p`` is that of as few turned predictions if ``MARGIN`` of them turned.
    ``places`` are those of the inputs that have it, those in which it weighs most first.
    """

    word: str
    count: int
    share: float
    weight: float
    changed: Estimate
    difference: Estimate | None
    change: float | None
    p: float
    places: np.ndarray

    @property
    def heavy(self) -> bool:
        return self.weight >= HEAVY

    @property
    def uninformative(self) -> bool:
        """Whether it weighs much, and removing it changes neither predictions nor accuracy.

        The interval of the difference holds 0, and nothing beyond ``MARGIN``.
        """
        held = self.difference
        within = held is None or (not held.certain and -MARGIN <= held.low <= held.high <= MARGIN)
        return self.heavy and self.p <= CERTAIN and within


def sensitivity(found: Observations) -> tuple[ChangeSensitivity, ...]:
    """Return what each kind of small changes of the text does, of those that were tried."""
    made = (_sensitivity(found, kind) for kind in VARIANTS if kind in TOLERATED)
    return tuple(one for one in made if one is not None)


def _sensitivity(found: Observations, kind: PerturbationKind) -> ChangeSensitivity | None:
    seen = found.perturbations
    mine = seen.of_kind(kind)
    if not mine.any():
        return None
    rows, count = seen.rows[mine], len(found)
    turned, told = np.zeros(count, bool), np.zeros(count, bool)
    told[rows[seen.changed[mine] >= 0]] = True
    turned[rows[seen.changed[mine] == 1]] = True
    after = _means(rows, seen.correct[mine] == 1, seen.correct[mine] >= 0, count)
    judged = ~np.isnan(after) & ~np.isnan(found.correct)
    before, now = found.correct[judged], after[judged]
    worse = np.nan_to_num(found.correct) - np.nan_to_num(after)
    changed = np.flatnonzero(turned)
    order = changed[np.argsort(-worse[changed], kind="stable")]
    change = seen.change[mine]
    change = change[~np.isnan(change)]
    return ChangeSensitivity(
        kind=kind,
        variants=int(mine.sum()),
        changed=proportion(int(turned.sum()), int(told.sum())) if told.any() else None,
        before=proportion(int(before.sum()), before.size) if before.size else None,
        after=float(now.mean()) if now.size else None,
        difference=paired(now, before) if before.size else None,
        change=float(change.mean()) if change.size else None,
        p=at_least(int(turned.sum()), int(told.sum()), TOLERATED[kind]),
        places=found.places[order],
    )


def words_without_information(found: Observations) -> tuple[WordWithout, ...]:
    """Return what removing each word everywhere does, the heaviest words first.

    Of the words that are explained and removed in at least ``LEAST`` inputs. ``p`` is corrected for
    those among them that weigh much (Holm); that of the others stays as it is.
    """
    seen, words = found.perturbations, found.words
    mine = np.flatnonzero(seen.of_kind("word") & (seen.changed >= 0))
    if not len(mine):
        return ()
    shares, weights = _shares(found)
    known = {word: i for i, word in enumerate(words.vocabulary)}
    ids = np.array([known.get(word, -1) for word in seen.vocabulary], dtype=np.int64)
    size = max(1, len(words.vocabulary))
    explained = words.rows * size + words.ids
    order = np.argsort(explained, kind="stable")
    wanted = seen.rows[mine] * size + ids[seen.words[mine]]
    places = np.searchsorted(explained[order], wanted).clip(max=max(0, len(order) - 1))
    entries = order[places] if len(order) else places
    fits = (ids[seen.words[mine]] >= 0) & (explained[entries] == wanted) if len(order) else None
    if fits is None:
        return ()
    fits &= ~np.isnan(shares[entries])
    mine, entries = mine[fits], entries[fits]
    made = []
    order = np.argsort(seen.words[mine], kind="stable")
    mine, entries = mine[order], entries[order]
    starts = np.flatnonzero(np.diff(seen.words[mine], prepend=-1))
    for part in np.split(np.arange(len(mine)), starts[1:]) if len(mine) else ():
        if len(part) >= LEAST:
            made.append(_without(found, mine[part], shares[entries[part]], weights[entries[part]]))
    made.sort(key=lambda one: (-one.weight, one.word))
    heavy = [one for one in made if one.heavy]
    corrected = dict(zip((one.word for one in heavy), holm([one.p for one in heavy]), strict=True))
    return tuple(
        WordWithout(**vars(one) | {"p": float(corrected.get(one.word, one.p))}) for one in made
    )


def _without(
    found: Observations, mine: np.ndarray, shares: np.ndarray, weights: np.ndarray
) -> WordWithout:
    seen = found.perturbations
    rows, turned = seen.rows[mine], seen.changed[mine] == 1
    judged = (seen.correct[mine] >= 0) & ~np.isnan(found.correct[rows])
    before, after = found.correct[rows[judged]], (seen.correct[mine[judged]] == 1).astype(float)
    change = np.abs(seen.change[mine])
    change = change[~np.isnan(change)]
    return WordWithout(
        word=seen.vocabulary[seen.words[mine[0]]],
        count=len(mine),
        share=float(shares.mean()),
        weight=float(weights.mean()),
        changed=proportion(int(turned.sum()), len(mine)),
        difference=paired(after, before) if before.size else None,
        change=float(change.mean()) if change.size else None,
        p=at_most(int(turned.sum()), len(mine), MARGIN),
        places=found.places[rows[np.argsort(-weights, kind="stable")]],
    )


def perturbation_findings(
    found: Observations,
) -> tuple[tuple[Finding, ...], tuple[Tried, ...]]:
    """Return the kinds of small changes that turn predictions, and words that decide nothing.

    Each kind of finding is corrected for all that were tried of it (Holm), so that by chance alone
    there is one in at most 5 of 100 data sets.
    """
    if not len(found.perturbations):
        return (), ()
    kinds = [one for one in sensitivity(found) if one.changed is not None]
    words = words_without_information(found)
    findings = [
        Finding(FindingKind.SENSITIVE, ("perturbation", one.kind), one.changed, p, one.places)
        for one, p in zip(kinds, holm([one.p for one in kinds]).tolist(), strict=True)
        if one.changed is not None and p <= CERTAIN
    ]
    findings += [
        Finding(FindingKind.UNINFORMATIVE_WORD, ("word", one.word), one.changed, one.p, one.places)
        for one in words
        if one.uninformative
    ]
    rows = np.unique(found.perturbations.rows).size
    heavy = sum(one.heavy for one in words)
    tried = (
        Tried(FindingKind.UNINFORMATIVE_WORD, heavy, rows),
        Tried(FindingKind.SENSITIVE, len(kinds), rows),
    )
    return tuple(findings), tried


def _shares(found: Observations) -> tuple[np.ndarray, np.ndarray]:
    """Return each word's share of the sizes of its text's scores, and that times their number."""
    words = found.words
    sizes = np.abs(words.scores)
    whole = np.zeros(len(found))
    np.add.at(whole, words.rows, sizes)  # NaN where the text is not explained
    counts = np.bincount(words.rows, minlength=len(found))
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = sizes / whole[words.rows]
    return shares, shares * counts[words.rows]


def _means(rows: np.ndarray, right: np.ndarray, told: np.ndarray, count: int) -> np.ndarray:
    """Return of each input the share of its variants that are right, NaN where none is judged."""
    whole = np.bincount(rows[told], minlength=count)
    good = np.bincount(rows[told & right], minlength=count)
    with np.errstate(invalid="ignore"):
        return np.where(whole > 0, good / np.maximum(whole, 1), np.nan)


def paired(after: np.ndarray, before: np.ndarray) -> Estimate:
    """Return the mean of ``after - before`` over the same inputs.

    Where each is right or wrong the interval is that of the two shares of inputs that went one way
    and the other (Wilson's for each, put together as Newcombe does), which holds where none did.
    """
    if not ((after == 0) | (after == 1)).all():
        return mean(after - before)
    count = after.size
    gained = proportion(int(((after == 1) & (before == 0)).sum()), count)
    lost = proportion(int(((after == 0) & (before == 1)).sum()), count)
    value = gained.value - lost.value
    low = value - math.hypot(gained.value - gained.low, lost.high - lost.value)
    high = value + math.hypot(gained.high - gained.value, lost.value - lost.low)
    return Estimate(value, low, high, count)


def at_least(successes: int, count: int, share: float) -> float:
    """Return the probability of so many successes or more if each had the probability ``share``."""
    if successes == 0:
        return 1.0
    return 1.0 - at_most(successes - 1, count, share)


def at_most(successes: int, count: int, share: float) -> float:
    """Return the probability of so many successes or fewer (of the binomial distribution)."""
    if share <= 0:
        return 1.0
    terms = (
        math.exp(
            math.lgamma(count + 1)
            - math.lgamma(k + 1)
            - math.lgamma(count - k + 1)
            + k * math.log(share)
            + (count - k) * math.log1p(-share)
        )
        for k in range(successes + 1)
    )
    return min(1.0, math.fsum(terms))


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Return p-values corrected for how many there are, in the same order.

    Of those at .05 or below, one or more are by chance in at most 5 of 100 families (family-wise
    error rate; Holm, 1979, Scandinavian Journal of Statistics 6).
    """
    held = np.asarray(p_values, dtype=float)
    order = np.argsort(held, kind="stable")
    ranks = np.arange(held.size, 0, -1)
    found = np.empty_like(held)
    found[order] = np.minimum(1.0, np.maximum.accumulate(held[order] * ranks))
    return found
