"""Token scores read from stored arrays: normalised, gathered by word, or rows of maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reportgen.methods import Array, Reading, preferred
from reportgen.results.model import Target, Word

TOKEN_SCORES = tuple(
    array for method in preferred() for array in (*method.parts, *filter(None, [method.score]))
)
"""Every array of one score (or part of one) for each token and output, in the order of tables."""

SIGNED = tuple(array.name for array in TOKEN_SCORES if array.sign == "signed")
"""Arrays ``NAME/TARGET`` of signed token scores ``(n,)``."""

ROWS = (Reading.ROW, Reading.RECEIVED)
"""How maps become scores of tokens."""

UNSIGNED = tuple(array.name for array in TOKEN_SCORES if array.sign != "signed")
"""Arrays ``NAME/TARGET`` of token scores ``(n,)`` that are never negative."""


def normalize(scores: np.ndarray, how: str) -> np.ndarray:
    """Rescale signed scores ``(n,)``; the sign is always kept.

    ``none`` leaves them in logits. ``sum`` divides by the absolute value of their sum, so that
    they add up to 1 (or to -1 where the input lowers the output): by completeness each score is
    then its share of F(x) - F(x'). ``l2`` divides by their Euclidean norm. Scores whose divisor
    is zero stay as they are.
    """
    divisor = {
        "none": 1.0,
        "sum": abs(float(scores.sum())),
        "l2": float(np.linalg.norm(scores)),
    }[how]
    return scores / divisor if divisor > 0 else scores


def by_word(scores: np.ndarray, words: tuple[Word, ...], *, adds_up: bool = True) -> np.ndarray:
    """Add up token scores ``(n,)`` within each word, or take their mean: ``(len(words),)``.

    Sums keep completeness: words add up to what all tokens that are not special add up to.
    """
    pieces = (scores[word.first : word.last] for word in words)
    sums = np.array([p[0] if len(p) == 1 else p.sum() for p in pieces], dtype=scores.dtype)
    return sums if adds_up else sums / tokens_of(words)


def tokens_of(words: tuple[Word, ...]) -> np.ndarray:
    """Count the tokens of each word, at least 1: ``(len(words),)``."""
    return np.array([max(1, word.last - word.first) for word in words], dtype=np.float32)


def adds_up(name: str) -> bool:
    """Tell whether the scores stored as ``name/TARGET`` may be added up within a word."""
    return all(array.adds_up for array in TOKEN_SCORES if array.name == name)


def read_rows(maps: np.ndarray, read_at: Sequence[int] | None) -> np.ndarray:
    """Return the row of maps ``(..., n, n)`` that an output is read from: ``(..., n)``.

    Where it is read from several tokens, the mean of their rows; of all rows where it is not
    known which (``None``).
    """
    rows = maps if read_at is None else maps[..., list(read_at), :]
    return rows.mean(axis=-2)


def normalization(settings: Mapping[str, Mapping[str, Any]], method: str) -> str:
    """Return how a method's scores are rescaled before they are shown, as its settings say."""
    how = settings.get(method, {}).get("normalize")
    return how if how in ("sum", "l2") else "none"


def by_layer(array: Array, stored: np.ndarray, read_at: Sequence[int] | None = None) -> np.ndarray:
    """Return what each token gets at each layer, ``(L, n)``, from a layered array.

    Of maps that know no output it is the row of the tokens ``read_at``, the mean over all rows
    without, and over heads. Of those of one output it is what a token receives from all: signed
    scores are added up over rows and heads, which keeps their unit, others are averaged.
    """
    if array.reading not in ROWS:
        return stored
    if array.sign == "signed":
        return stored.sum(axis=(1, -2) if stored.ndim == 4 else -2)
    rows = read_rows(stored, read_at if array.reading is Reading.ROW else None)
    return rows.mean(axis=1) if stored.ndim == 4 else rows


def rows_read(targets: Sequence[Target]) -> dict[tuple[int, ...] | None, list[Target]]:
    """Gather outputs by the tokens that they are read from: each has rows of its own."""
    found: dict[tuple[int, ...] | None, list[Target]] = {}
    for target in targets:
        found.setdefault(target.read_at, []).append(target)
    return found
