"""Plausibility: how far explanations point at the words that people marked as the reason.

The measures are those of DeYoung et al. 2020 (ERASER, arXiv:1911.03429), over the words of the
texts in which something is marked. Scores count as they are: a word that speaks against the output
stands behind one without a score. A plausible explanation need not be what the model goes by.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial

import numpy as np

from reportgen.methods import Method, preferred
from reportgen.results.map_scores import has_layers, layer_scores
from reportgen.results.model import JobResult
from reportgen.results.scores import by_word, rows_read
from reportgen.results.store import Store

Rationale = Mapping[str, Sequence[tuple[int, int]]]
"""Characters ``[start, end)`` that people marked, by segment."""


@dataclass(frozen=True)
class MarkedWords:
    """The words of the texts that have a rationale, and which of them are marked.

    ``places`` are their positions in the result's words, ``marked`` is a flag for each of them.
    ``unread``: more is marked, where the model did not read.
    """

    places: np.ndarray
    marked: np.ndarray
    unread: bool

    @property
    def count(self) -> int:
        return int(self.marked.sum())

    @property
    def comparable(self) -> bool:
        """Whether there are marked words and others to tell them from."""
        return 0 < self.count < len(self.places)

    @property
    def chance(self) -> float:
        """The share of marked words, which the average precision of scores at random is near."""
        return self.count / len(self.places)


@dataclass(frozen=True)
class Plausibility:
    """How well one method's scores for one output find the marked words, each number in [0, 1].

    ``scores`` are those of ``words.places``. The top words are as many as are marked, of equal
    scores the first in the text.
    """

    method: str
    target: str
    words: MarkedWords
    scores: np.ndarray

    @property
    def auprc(self) -> float:
        return average_precision(self.scores, self.words.marked)

    @cached_property
    def top(self) -> np.ndarray:
        """A flag for each word: whether it is among the top."""
        found = np.zeros(len(self.scores), dtype=bool)
        found[np.argsort(-self.scores, kind="stable")[: self.words.count]] = True
        return found

    @property
    def measures(self) -> tuple[float, float, float]:
        return self.auprc, self.token_f1, self.iou

    @property
    def token_f1(self) -> float:
        """F1 of the top words; as they are as many as are marked, precision and recall, too."""
        return int((self.top & self.words.marked).sum()) / self.words.count

    @property
    def iou(self) -> float:
        """The words that are both top and marked, among those that are either."""
        both = self.top & self.words.marked
        return int(both.sum()) / int((self.top | self.words.marked).sum())


def average_precision(scores: np.ndarray, wanted: np.ndarray) -> float:
    """Return the area under the precision-recall curve of a ranking, as a sum of steps.

    It is the mean over the wanted places of the precision at their score: equal scores are one
    step, so that their order makes no difference. As in scikit-learn, nothing is interpolated.
    """
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(wanted[order])
    last = np.append(ranked[1:] != ranked[:-1], True)  # of each run of equal scores
    found, seen = hits[last], np.flatnonzero(last) + 1
    return float((np.diff(found, prepend=0) * found / seen).sum() / hits[-1])


def marked_words(result: JobResult, rationale: Rationale) -> MarkedWords:
    """Tell which words people marked: those of which any character is, space aside."""
    places, marked = [], []
    texts, read = result.texts, dict.fromkeys(rationale, 0)
    for place, word in enumerate(result.words):
        if spans := rationale.get(word.segment):
            text, read[word.segment] = texts[word.segment], word.end
            places.append(place)
            marked.append(
                any(
                    text[max(start, word.start) : min(end, word.end)].strip()
                    for start, end in spans
                    if start < word.end and word.start < end
                )
            )
    unread = any(
        texts.get(name, "")[max(start, read[name]) : end].strip()
        for name, spans in rationale.items()
        for start, end in spans
    )
    return MarkedWords(np.array(places, dtype=int), np.array(marked, dtype=bool), unread)


def plausibility(store: Store, result: JobResult, rationale: Rationale) -> Iterator[Plausibility]:
    """Judge every method that scores words, by output, the leading method first.

    Of attention and norms the rows are judged that an output is read from. Nothing is where no
    word is marked that was read, or all are.
    """
    if result.status != "done" or not rationale:
        return
    words = marked_words(result, rationale)
    if not words.comparable:
        return
    stored = set(store.array_names(result.job))
    for method in preferred():
        adds_up = method.score is None or method.score.adds_up
        for target, tokens in token_scores(store, result, method, stored):
            scores = by_word(tokens.astype(float), result.words, adds_up=adds_up)
            yield Plausibility(method.name, target, words, scores[words.places])


def token_scores(
    store: Store, result: JobResult, method: Method, stored: Collection[str]
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield one score for each token ``(n,)`` of each output that the method has them of."""
    if method.score:
        for target in result.targets:
            if (name := method.score.of(target.name)) in stored:
                yield target.name, store.read_array(result.job, name)
    elif method.rows and has_layers(method.rows, stored):
        read = cache(partial(store.read_array, result.job))
        for read_at, targets in rows_read(result.targets).items():
            if read_at is not None:
                layers = layer_scores(method.rows, stored, read, result.targets, read_at)
                scores = layers.mean(axis=0)
                yield from ((target.name, scores) for target in targets)
