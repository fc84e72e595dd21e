"""For whom a model is weak: inputs that share something, against all others.

Slices are made of what is asked for or known of inputs (columns, lengths, labels, words), and none
is searched for, so that how many there are is known before their numbers are, as the correction
for many tests needs it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from reportgen.results.bootstrap import LEVEL
from reportgen.results.dataset.exact_test import LogFactorials
from reportgen.results.dataset.intervals import (
    Estimate,
    benjamini_hochberg,
    cohens_h,
    difference_of_proportions,
    proportion,
    student,
)
from reportgen.results.dataset.observations import Codes, Observations
from reportgen.results.kinds import KINDS
from reportgen.results.words import named
from reportgen.spec.slices import ALWAYS, SliceSettings

FEWEST = 10
"""Inputs that a slice has at least, and the rest of them, too."""

TOP = 5
"""Words that are named of a slice."""

LENGTH, LABEL = ALWAYS
WORD = "word"
"""What slices are made by that no column gives; a column of that name stands before it."""


@dataclass(frozen=True, eq=False)
class Slice:
    """Inputs that share ``value`` of what they are told apart ``by``.

    ``by`` is ``length``, ``label``, ``word`` or the name of a column. ``rows`` are places among the
    observations, rising. Where anything is expected, only inputs with something expected are in
    slices.
    """

    by: str
    value: str
    rows: np.ndarray


@dataclass(frozen=True)
class Slices:
    """The slices of a model, and by what they are made how many values have too few inputs.

    ``base`` are the rows that slices are parts of.
    """

    held: tuple[Slice, ...]
    small: dict[str, int]
    base: np.ndarray


@dataclass(frozen=True, slots=True)
class TopWord:
    """A word of a slice: its mean score towards what is predicted, and in how many inputs."""

    word: str
    score: float
    count: int


@dataclass(frozen=True, eq=False)
class SliceResult:
    """What holds of a slice, and how it differs from the rest of the inputs.

    ``difference`` is its accuracy less that of the rest, ``effect`` Cohen's h of the two, ``p`` of
    Fisher's exact test (two-sided) and ``q`` corrected over all slices of the model; ``None`` and
    NaN where nothing is expected. ``confidence`` and ``faithfulness`` are means with intervals of
    t; ``None`` where there is none.
    """

    slice: Slice
    count: int
    accuracy: Estimate | None
    difference: Estimate | None
    effect: float
    p: float
    q: float
    confidence: Estimate | None
    faithfulness: Estimate | None
    top_words: tuple[TopWord, ...]

    @property
    def differs(self) -> bool:
        """Whether it is more than chance after the correction (q of .05)."""
        return self.q <= 1 - LEVEL + 1e-12

    @property
    def weak(self) -> bool:
        """Whether it is below the rest, and that by more than chance."""
        return self.differs and self.difference is not None and self.difference.value < 0


def slices(found: Observations, asked: SliceSettings | None = None) -> tuple[Slice, ...]:
    """Return the slices of a model's inputs: by columns, length, label, and words asked for.

    Those with fewer than ``FEWEST`` inputs, or with fewer outside of them, are left out.
    """
    return cut(found, asked).held


def cut(found: Observations, asked: SliceSettings | None = None) -> Slices:
    """Return the slices of a model's inputs, and how many values have too few of them."""
    settings = asked or SliceSettings()
    judged = ~np.isnan(found.correct)
    base = np.flatnonzero(judged) if judged.any() else np.arange(len(found))
    held: list[Slice] = []
    small: dict[str, int] = {}
    for by, codes in partitions(found, settings, base):
        order = base[np.argsort(codes.codes[base], kind="stable")]
        counts = np.bincount(codes.codes[base] + 1, minlength=len(codes.values) + 1)
        ends = np.cumsum(counts)
        for place in np.flatnonzero(counts[1:]).tolist():
            rows = order[ends[place] : ends[place + 1]]
            if len(rows) < FEWEST:
                small[by] = small.get(by, 0) + 1
            elif len(base) - len(rows) >= FEWEST:
                held.append(Slice(by, codes.values[place], rows))
    return Slices((*held, *by_word(found, settings, base, small)), small, base)


def partitions(
    found: Observations, asked: SliceSettings, base: np.ndarray
) -> Iterator[tuple[str, Codes]]:
    """Yield by what inputs are told apart, each with its value of every row."""
    yield from found.columns.items()
    if LENGTH not in found.columns and len(base):
        yield LENGTH, by_length(found.lengths, found.lengths[base], asked.lengths)
    kind = KINDS.get(found.kind)
    if LABEL not in found.columns and kind is not None and kind.exclusive:
        expected = found.expected if (found.expected.codes >= 0).any() else found.predicted
        yield LABEL, expected


def by_length(lengths: np.ndarray, judged: np.ndarray, cuts: list[int] | None = None) -> Codes:
    """Group inputs by their length in words; ``cuts`` are the last lengths of all but one group.

    By default they are the quartiles of the lengths ``judged``: fewer where these are equal.
    """
    if cuts is None:
        quartiles = np.quantile(judged, (0.25, 0.5, 0.75), method="inverted_cdf")
        cuts = [cut for cut in np.unique(quartiles).tolist() if cut < judged.max()]
    groups = np.searchsorted(cuts, lengths, side="left")
    values = [
        f"up to {words(high)}" if low == 0 else span(low + 1, high)
        for low, high in pairwise([0, *cuts])
    ]
    values.append(f"{cuts[-1] + 1:,} words or more" if cuts else "any length")
    return Codes(tuple(values), groups.astype(np.int32))


def span(low: int, high: int) -> str:
    return words(high) if low == high else f"{low:,} to {words(high)}"


def words(count: int) -> str:
    return f"{count:,} word" if count == 1 else f"{count:,} words"


def by_word(
    found: Observations, asked: SliceSettings, base: np.ndarray, small: dict[str, int]
) -> Iterator[Slice]:
    """Yield the inputs in which each word stands that is asked for; count those too rare."""
    if WORD in found.columns:
        return
    for word in dict.fromkeys(asked.words or ()):
        rows = base[found.words.having(named(word))[base]]
        if len(rows) < FEWEST:
            small[WORD] = small.get(WORD, 0) + 1
        elif len(base) - len(rows) >= FEWEST:
            yield Slice(WORD, word, rows)


def evaluate_slices(
    found: Observations, asked: SliceSettings | None = None
) -> tuple[SliceResult, ...]:
    """Return what holds of each slice in the order of evidence: by q, then by size of effect."""
    return evaluate(found, cut(found, asked))


def evaluate(found: Observations, made: Slices) -> tuple[SliceResult, ...]:
    """Return what holds of slices in the order of evidence."""
    right = np.where(np.isnan(found.correct), 0, found.correct)
    judged = bool((~np.isnan(found.correct)).any())
    factorials = LogFactorials(len(made.base))
    whole, successes = len(made.base), round(right[made.base].sum())
    shares = [
        compared(round(right[one.rows].sum()), len(one.rows), successes, whole)
        if judged
        else (None, None, math.nan)
        for one in made.held
    ]
    p_values = [
        factorials.fisher(round(right[one.rows].sum()), len(one.rows), successes, whole)
        if judged
        else math.nan
        for one in made.held
    ]
    q_values = benjamini_hochberg(p_values)
    scored = Scored(found)
    results = [
        SliceResult(
            slice=one,
            count=len(one.rows),
            accuracy=accuracy,
            difference=difference,
            effect=effect,
            p=p,
            q=q,
            confidence=mean_by_moments(found.confidence[one.rows]),
            faithfulness=mean_by_moments(found.faithfulness[one.rows]),
            top_words=scored.top(one.rows),
        )
        for one, (accuracy, difference, effect), p, q in zip(
            made.held, shares, p_values, q_values.tolist(), strict=True
        )
    ]
    # Where nothing is expected no number is evidence: they stay as they were made.
    return tuple(sorted(results, key=lambda one: (one.q, -abs(one.effect))) if judged else results)


def compared(
    right: int, count: int, all_right: int, whole: int
) -> tuple[Estimate, Estimate, float]:
    """Return the accuracy of a slice, its difference to the rest, and the size of that effect."""
    here = proportion(right, count)
    rest = proportion(all_right - right, whole - count)
    return here, difference_of_proportions(here, rest), cohens_h(here.value, rest.value)


def mean_by_moments(values: np.ndarray) -> Estimate | None:
    """Return the mean of what is known of values in [0, 1], with its interval of Student's t.

    Of many slices that is made in no time, and of ten inputs or more it is what a bootstrap gives.
    The interval is NaN for one value; ``None`` is returned for none.
    """
    known = values[~np.isnan(values)]
    if not known.size:
        return None
    value = float(known.mean())
    if known.size == 1:
        return Estimate(value, math.nan, math.nan, 1)
    half = float(student(known.size - 1)) * float(known.std(ddof=1)) / math.sqrt(known.size)
    return Estimate(value, max(0.0, value - half), min(1.0, value + half), known.size)


class Scored:
    """The words of all inputs with their scores, to be summed over any of these."""

    def __init__(self, found: Observations) -> None:
        self._words = found.words
        known = ~np.isnan(found.words.scores)
        self._ids, self._scores = found.words.ids[known], found.words.scores[known]
        kept = np.concatenate(([0], np.cumsum(known)))  # how many words are known before each
        ends = kept[found.words.ends]
        self._starts, self._lengths = np.concatenate(([0], ends[:-1])), np.diff(ends, prepend=0)

    def top(self, rows: np.ndarray) -> tuple[TopWord, ...]:
        """Return the words with the largest mean score above 0, of those in at least three inputs.

        Of many inputs a word stands in at least one of fifty.
        """
        lengths = self._lengths[rows]
        if not lengths.sum():
            return ()
        before = np.cumsum(lengths) - lengths
        places = np.arange(lengths.sum()) + np.repeat(self._starts[rows] - before, lengths)
        ids, inverse = np.unique(self._ids[places], return_inverse=True)
        counts = np.bincount(inverse)
        means = np.bincount(inverse, weights=self._scores[places]) / counts
        fit = np.flatnonzero((counts >= max(3, len(rows) // 50)) & (means > 0))
        order = fit[np.argsort(-means[fit], kind="stable")][:TOP]
        return tuple(
            TopWord(self._words.vocabulary[ids[i]], float(means[i]), int(counts[i]))
            for i in order.tolist()
        )
