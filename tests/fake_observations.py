"""Observations made up for tests and simulations, without results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from reportgen.results.dataset.observations import Coded, Codes, Observations, WordsRead


def codes(values: Sequence[str | None]) -> Codes:
    column = Coded()
    for value in values:
        column.add(value)
    return column.codes()


def words_read(
    texts: Sequence[Sequence[str]], scores: Sequence[Sequence[float]] | None = None
) -> WordsRead:
    """Each text's words once, in the order in which they come; ``scores`` one for each of them."""
    vocabulary: dict[str, int] = {}
    ids, ends = [], []
    for text in texts:
        ids += [vocabulary.setdefault(word, len(vocabulary)) for word in text]
        ends.append(len(ids))
    flat = [value for row in scores for value in row] if scores else [np.nan] * len(ids)
    return WordsRead(
        tuple(vocabulary),
        np.array(ids, dtype=np.int64),
        np.array(ends, dtype=np.int64),
        np.array(flat, dtype=float),
        "integrated_gradients" if scores else "",
    )


def observations(
    correct: Sequence[float],
    *,
    texts: Sequence[Sequence[str]] | None = None,
    scores: Sequence[Sequence[float]] | None = None,
    columns: Mapping[str, Sequence[str | None]] | None = None,
    confidence: Sequence[float] | None = None,
    predicted: Sequence[str] | None = None,
    expected: Sequence[str | None] | None = None,
    lengths: Sequence[int] | None = None,
) -> Observations:
    """A classifier's inputs, one for each of ``correct`` (1, 0, NaN); what is not given is made up.

    Without labels it predicts POSITIVE, and what is wrong was expected to be NEGATIVE.
    """
    n = len(correct)
    right = np.asarray(correct, dtype=float)
    texts = texts or [["word"]] * n
    predicted = predicted or ["POSITIVE"] * n
    if expected is None:
        other = {"POSITIVE": "NEGATIVE", "NEGATIVE": "POSITIVE"}
        expected = [
            label if value else other.get(label, "other")
            for label, value in zip(predicted, right.tolist(), strict=True)
        ]
    return Observations(
        model="film",
        task="sequence-classification",
        kind="single-label",
        places=np.arange(n),
        inputs=np.arange(n),
        entries=np.zeros(n, dtype=np.int64),
        correct=right,
        confidence=np.full(n, 0.9) if confidence is None else np.asarray(confidence, dtype=float),
        lengths=np.array([len(text) for text in texts] if lengths is None else lengths),
        faithfulness=np.full(n, np.nan),
        predicted=codes(predicted),
        expected=codes(expected),
        columns={name: codes(values) for name, values in (columns or {}).items()},
        words=words_read(texts, scores),
    )
