"""Where the colours of scores end, and what is too large for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from reportgen.results.model import Word

FAR = 5
"""A token whose scores are, on average over the rows, more than this many times as large as those
of every other is off the scale, which then ends at the largest of the others."""

MOST_OFF = 2
"""Tokens that can be off one scale: attention sinks are the first token, or that and a mark."""

FEWEST = 4
"""Other tokens that there must be."""


def outliers(table: np.ndarray) -> tuple[int, ...]:
    """Return the columns of scores ``(rows, n)`` that are off the scale, which are one or two."""
    sizes = np.abs(table).mean(axis=0)
    order = np.argsort(-sizes, kind="stable")
    for count in range(1, MOST_OFF + 1):
        if len(sizes) < count + FEWEST:
            break
        if sizes[order[count - 1]] > FAR * sizes[order[count]] > 0:
            return tuple(sorted(order[:count].tolist()))
    return ()


def touched(words: Sequence[Word], tokens: Iterable[int]) -> list[int]:
    """Return the numbers of the words that hold one of ``tokens``."""
    chosen = set(tokens)
    return [i for i, w in enumerate(words) if not chosen.isdisjoint(range(w.first, w.last))]


def end(table: np.ndarray, words: np.ndarray, off: Sequence[int], out: Sequence[int]) -> float:
    """Return the largest size of tokens ``(rows, n)`` and words without those off the scale."""
    kept = (np.delete(np.abs(table), off, axis=1), np.delete(np.abs(words), out, axis=1))
    return max(float(part.max(initial=0)) for part in kept)
