"""Where the colours of scores end, and what is too large for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from reportgen.results.model import Token, Word

FAR = 5
"""A sink whose scores are, on average over the rows, more than this many times as large as those
of every other token is off the scale, which then ends at the largest of the others."""

MOST_OFF = 2
"""Tokens that can be off one scale: [CLS] and [SEP], say."""

FEWEST = 4
"""Other tokens that there must be."""


def sinks(tokens: Sequence[Token]) -> frozenset[int]:
    """Return the tokens on which attention rests whatever they say: special ones, and the first.

    Any other token that is larger than all others is what there is to see.
    """
    return frozenset(i for i, token in enumerate(tokens) if token.special or i == 0)


def outliers(table: np.ndarray, sinks: Collection[int]) -> tuple[int, ...]:
    """Return the columns of scores ``(rows, n)`` that are off the scale: one or two ``sinks``."""
    sizes = np.abs(table).mean(axis=0)
    order = np.argsort(-sizes, kind="stable")
    for count in range(1, MOST_OFF + 1):
        if len(sizes) < count + FEWEST:
            break
        if sizes[order[count - 1]] > FAR * sizes[order[count]] > 0:
            found = sorted(order[:count].tolist())
            return tuple(found) if set(found) <= set(sinks) else ()
    return ()


def touched(words: Sequence[Word], tokens: Iterable[int]) -> list[int]:
    """Return the numbers of the words that hold one of ``tokens``."""
    chosen = set(tokens)
    return [i for i, w in enumerate(words) if not chosen.isdisjoint(range(w.first, w.last))]


def end(table: np.ndarray, words: np.ndarray, off: Sequence[int], out: Sequence[int]) -> float:
    """Return the largest size of tokens ``(rows, n)`` and words without those off the scale."""
    if not (off or out):
        return max(float(np.abs(part).max(initial=0)) for part in (table, words))
    kept = (np.delete(np.abs(table), off, axis=1), np.delete(np.abs(words), out, axis=1))
    return max(float(part.max(initial=0)) for part in kept)
