"""What words do to an output over all inputs of a model: how much, how surely, and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from reportgen.results.dataset.intervals import Estimate
from reportgen.results.dataset.moments import Moments, moments_by_group
from reportgen.results.dataset.observations import Observations
from reportgen.results.dataset.output_scores import OutputScores

CHANGING = 10
"""Inputs that a word stands in at least, if its sign is to change with what is around it."""

EITHER_SIDE = 0.2
"""The share of a word's scores that lies clearly on either side then, at least."""

EXAMPLES = 3
"""Inputs that are named as examples."""


@dataclass(frozen=True, eq=False)
class WordStatistics:
    """The words of a model's inputs towards one output, as ``moments`` by word.

    ``vocabulary`` are the words, ``ids`` those of each score (places in it), ``rows`` the rows of
    the observations where the score is from. A word's score of an input is the mean over the
    places where it stands.
    """

    output: OutputScores
    vocabulary: tuple[str, ...]
    ids: np.ndarray
    rows: np.ndarray
    moments: Moments

    @property
    def inputs(self) -> int:
        """Return over how many inputs they are."""
        return len(self.output.rows)

    @property
    def least(self) -> int:
        """Return how many inputs a word stands in at least, if something is made of its mean."""
        return max(2, self.inputs // 100)

    @cached_property
    def positive(self) -> np.ndarray:
        """The share of a word's scores that are above 0, by word ``(v,)``; NaN without any."""
        number, above = len(self.vocabulary), self.output.scores > 0
        with np.errstate(invalid="ignore"):
            return np.bincount(self.ids, weights=above, minlength=number) / self.moments.counts

    @cached_property
    def clear(self) -> np.ndarray:
        """How far the mean of each word surely stays from 0, by word ``(v,)``."""
        return self.moments.clear()

    def by_evidence(self) -> np.ndarray:
        """Return the words that stand in enough inputs, the clearest first.

        That is by how far the interval of the mean stays from 0: not the largest mean comes
        first, which a rare word may have by chance, but the one that is surely large.
        """
        (kept,) = np.nonzero(self.moments.counts >= self.least)
        return kept[np.argsort(-self.clear[kept], kind="stable")]

    def examples(self, word: int, sign: int) -> np.ndarray:
        """Return the rows where a word's score is largest on one side of 0, the largest first."""
        places = np.flatnonzero(self.ids == word)
        scores = sign * self.output.scores[places]
        order = np.argsort(-scores, kind="stable")
        return self.rows[places[order[scores[order] > 0]]]

    @property
    def typical(self) -> float:
        """The mean size of all words' scores: what is smaller is not clear of 0."""
        return float(np.abs(self.output.scores).mean()) if self.output.scores.size else 0.0

    def by_group(self, groups: np.ndarray, number: int) -> tuple[Moments, ...]:
        """Return the moments of each group; ``groups`` (n,) of rows count from 0, -1 is none."""
        of = groups[self.rows]
        words = len(self.vocabulary)
        return tuple(
            moments_by_group(self.ids[of == group], self.output.scores[of == group], words)
            for group in range(number)
        )


@dataclass(frozen=True, eq=False)
class SignChange:
    """A word that clearly pushes towards an output in some inputs, and against it in others.

    ``towards`` and ``against`` are the rows, those of the largest scores first; ``means`` are
    those of the scores on both sides.
    """

    word: str
    towards: np.ndarray
    against: np.ndarray
    means: tuple[float, float]
    count: int

    @property
    def weaker(self) -> float:
        """The sum of the scores of the side that has less of them."""
        return min(len(self.towards) * self.means[0], -len(self.against) * self.means[1])


def word_statistics(found: Observations) -> tuple[WordStatistics, ...]:
    """Return what words do to each output, the one that was explained most often first."""
    return tuple(_statistics(found, output) for output in found.outputs)


def _statistics(found: Observations, output: OutputScores) -> WordStatistics:
    ids, rows = found.words.of_rows(output.rows)
    vocabulary = found.words.vocabulary
    moments = moments_by_group(ids, output.scores, len(vocabulary))
    return WordStatistics(output, vocabulary, ids, rows, moments)


def sign_changes(words: WordStatistics) -> tuple[SignChange, ...]:
    """Return the words whose sign changes with what is around them, the clearest first.

    A score is clearly on a side of 0 where it is as large as that of a word is on average. A word
    counts that stands in at least ``CHANGING`` inputs, of which ``EITHER_SIDE`` are clearly on
    one side and as many on the other. First come those whose weaker side adds up to most.
    """
    scores, typical = words.output.scores, words.typical
    if not typical:
        return ()
    number = len(words.vocabulary)
    counts = words.moments.counts
    sides = [
        np.bincount(words.ids, weights=sign * scores >= typical, minlength=number)
        for sign in (1, -1)
    ]
    (changing,) = np.nonzero((counts >= CHANGING) & (np.minimum(*sides) >= EITHER_SIDE * counts))
    found = [_sign_change(words, int(word), typical) for word in changing]
    return tuple(sorted(found, key=lambda one: -one.weaker))


def _sign_change(words: WordStatistics, word: int, typical: float) -> SignChange:
    places = np.flatnonzero(words.ids == word)
    scores = words.output.scores[places]

    def side(sign: int) -> np.ndarray:
        order = np.argsort(-sign * scores, kind="stable")
        return order[sign * scores[order] >= typical]

    towards, against = side(1), side(-1)
    return SignChange(
        word=words.vocabulary[word],
        towards=words.rows[places[towards]],
        against=words.rows[places[against]],
        means=(float(scores[towards].mean()), float(scores[against].mean())),
        count=len(places),
    )


def expected_means(
    found: Observations, words: WordStatistics, most: int = 3
) -> Mapping[str, Moments]:
    """Return the moments of words where each label is expected; nothing where that tells nothing.

    That is where fewer than two labels are expected, or more than ``most``.
    """
    labels = found.expected.values
    if not 2 <= len(labels) <= most:
        return {}
    return dict(zip(labels, words.by_group(found.expected.codes, len(labels)), strict=True))


def estimates(words: WordStatistics) -> Iterator[tuple[str, Estimate, float]]:
    """Yield each word that stands in an input, its mean, and the share of scores above 0."""
    for word in np.flatnonzero(words.moments.counts).tolist():
        yield words.vocabulary[word], words.moments.estimate(word), float(words.positive[word])
