"""How much of an explanation rests on each word, and how much of that differs between two."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

import numpy as np

from reportgen.methods import get, scoring
from reportgen.results.model import JobResult, Word
from reportgen.results.ranks import spearman
from reportgen.results.scores import adds_up, by_word
from reportgen.results.store import Store
from reportgen.spec.text_words import named

COMPARED = tuple(method.name for method in scoring())
"""Methods with one score per token, in the order in which one is chosen to compare by."""


def unit_text(result: JobResult, unit: tuple[int, int]) -> str:
    """Return the text that the tokens ``[first, last)`` of a result stand for."""
    first, last = unit
    texts = result.texts
    spans: dict[str, tuple[int, int]] = {}
    for token in result.tokens[first:last]:
        if token.segment is None or token.start is None or token.end is None:
            continue
        start, end = spans.get(token.segment, (token.start, token.end))
        spans[token.segment] = (min(start, token.start), max(end, token.end))
    return "".join(texts[name][start:end] for name, (start, end) in spans.items()).strip()


def shares(scores: np.ndarray) -> np.ndarray:
    """Divide scores ``(w,)`` by the sum of their sizes; the sign is kept, all zeros stay."""
    whole = float(np.abs(scores).sum())
    return scores / whole if whole > 0 else scores


def moved(before: np.ndarray, after: np.ndarray) -> float:
    """Return how much of the attribution lies elsewhere, from shares ``(w,)`` before and after.

    Half the sum of the differences (total variation, in [0, 1]): 0 where nothing changed, 1
    where no word kept anything, or where every word pushes the other way.
    """
    return float(np.abs(before - after).sum() / 2)


def word_shares(store: Store, result: JobResult, array: str) -> np.ndarray:
    """Return each word's share ``(w,)`` of the token scores stored as ``array``."""
    stored = store.read_array(result.job, array).astype(float)
    return shares(by_word(stored, result.words, adds_up=adds_up(array.partition("/")[0])))


def targets_explained(store: Store, result: JobResult, method: str) -> tuple[str, ...]:
    """Return the names of the outputs that ``method`` explains with one score per token."""
    stored = set(store.array_names(result.job))
    return tuple(t.name for t in result.targets if f"{method}/{t.name}" in stored)


@dataclass(frozen=True)
class Explanation:
    """One output of one result, explained by a method with one score per token."""

    store: Store
    result: JobResult
    method: str
    target: str

    @cached_property
    def shares(self) -> np.ndarray:
        """Each word's share ``(w,)`` of the attribution, read from the result file once."""
        return word_shares(self.store, self.result, f"{self.method}/{self.target}")

    @property
    def noise(self) -> float:
        """The share that the method's own error may have moved.

        What half as many nodes on the path would have moved, or the part of the change that is
        missing (completeness) where that is larger; 0 for methods that integrate nothing. No
        method draws at random, so that another seed moves nothing.
        """
        found = [0.0]
        known = get(self.method)
        name = known.coarse.of(self.target) if known and known.coarse else ""
        if name in self.store.array_names(self.result.job):
            found.append(moved(self.shares, word_shares(self.store, self.result, name)))
        rows = (self.method, self.target)
        for row in self.result.convergence:
            if (row.method, row.target) == rows:
                array = self.store.read_array(self.result.job, "/".join(rows))
                words = by_word(array, self.result.words, adds_up=adds_up(self.method))
                sizes = float(np.abs(words).sum())
                found.append(min(1.0, abs(row.delta) / sizes) if sizes > 0 else 0.0)
        return max(found)


@dataclass(frozen=True)
class AlignedWord:
    """A word and its share of two explanations; ``None`` where it is not in that text.

    ``text`` is the word of the second text where it has one.
    """

    text: str
    segment: str
    before: float | None
    after: float | None

    @property
    def change(self) -> float:
        return (self.after or 0.0) - (self.before or 0.0)


@dataclass(frozen=True)
class Shift:
    """What differs between two explanations of the same or nearly the same words.

    Shares are of the sum of all sizes, signed unless ``sizes_only``, which is set where
    different outputs are explained: their signs mean different things. ``correlation`` is
    Spearman's over the words of both, ``share_moved`` as in :func:`moved`; ``noise`` is what the
    two methods' own errors may have moved together.
    """

    method: str
    targets: tuple[str, str]
    sizes_only: bool
    words: tuple[AlignedWord, ...]
    correlation: float | None
    share_moved: float
    noise: float

    def top(self, k: int, *, after: bool) -> tuple[str, ...]:
        """Return the ``k`` words of the largest sizes, the largest first."""
        side = "after" if after else "before"
        held = [(getattr(word, side), word.text) for word in self.words]
        ranked = sorted((pair for pair in held if pair[0]), key=lambda pair: -abs(pair[0]))
        return tuple(text for _, text in ranked[:k])  # of equal shares the first in the text

    def entered(self, k: int = 5) -> tuple[str, ...]:
        """Return the words that are among the top ``k`` after, but were not before."""
        before = {named(word) for word in self.top(k, after=False)}
        return tuple(word for word in self.top(k, after=True) if named(word) not in before)

    def left(self, k: int = 5) -> tuple[str, ...]:
        """Return the words that were among the top ``k`` before, but are not after."""
        after = {named(word) for word in self.top(k, after=True)}
        return tuple(word for word in self.top(k, after=False) if named(word) not in after)


def shift(before: Explanation, after: Explanation) -> Shift:
    """Compare two explanations by one method, word by word."""
    sizes_only = before.target != after.target
    first, second = before.shares, after.shares
    if sizes_only:
        first, second = np.abs(first), np.abs(second)
    words = align(before.result.words, first, after.result.words, second)
    both = [(w.before, w.after) for w in words if w.before is not None and w.after is not None]
    here, there = np.array(both).T if both else (np.zeros(0), np.zeros(0))
    return Shift(
        method=before.method,
        targets=(before.target, after.target),
        sizes_only=sizes_only,
        words=words,
        correlation=spearman(here, there),
        share_moved=sum(abs(word.change) for word in words) / 2,
        noise=min(1.0, before.noise + after.noise),
    )


def align(
    words: tuple[Word, ...], before: np.ndarray, others: tuple[Word, ...], after: np.ndarray
) -> tuple[AlignedWord, ...]:
    """Pair the words of two texts with their shares, in reading order.

    Stretches of equal length that differ are paired word by word: *he* with *she*.
    """
    names = [(word.segment, named(word.text)) for word in words]
    other_names = [(word.segment, named(word.text)) for word in others]
    found = []
    matcher = SequenceMatcher(None, names, other_names, autojunk=False)
    same = [("equal", 0, len(names), 0, len(names))]
    blocks = same if names == other_names else matcher.get_opcodes()
    for _, start, end, first, last in blocks:
        if end - start != last - first:
            found += [
                AlignedWord(w.text, w.segment, float(share), None)
                for w, share in zip(words[start:end], before[start:end], strict=True)
            ]
            found += [
                AlignedWord(w.text, w.segment, None, float(share))
                for w, share in zip(others[first:last], after[first:last], strict=True)
            ]
            continue
        found += [
            AlignedWord(w.text, w.segment, float(here), float(there))
            for w, here, there in zip(
                others[first:last], before[start:end], after[first:last], strict=True
            )
        ]
    return tuple(found)
