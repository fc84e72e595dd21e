"""The largest scores as tables: what a reader would look for in the colours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.input.score_rows import FEW, Group
from reportgen.rendering.wording.labels import visible
from reportgen.rendering.wording.numbers import number, signed
from reportgen.rendering.wording.sentences import apart
from reportgen.results.entities import own_word
from reportgen.results.model import JobResult

WORDS = 8
"""Words in the table of the largest."""


def top_words(result: JobResult, methods: Sequence[Group]) -> Table | None:
    """Show the words with the largest sizes of the first quantity, with their numbers.

    The first quantity is integrated gradients where there are scores; a word counts by its
    largest size for any of the outputs shown, of a tagger without its own label. Of one output
    all quantities have a column, of several only the first: more columns cannot be read.
    """
    if not methods or not result.words:
        return None
    first = methods[0]
    others = [
        apart(words, own_word(result, row.name))[1]
        for row, words in zip(first.rows[:FEW], first.words[:FEW], strict=True)
    ]
    order = np.argsort(-np.abs(others).max(axis=0), kind="stable")[:WORDS]
    scores = [group for group in methods if not group.beside] if len(first.rows) == 1 else [first]
    columns = [(group, i) for group in scores for i in range(min(len(group.rows), FEW))]

    def cell(group: Group, row: int, word: int) -> str:
        text = written(group, float(group.words[row, word]))
        return f"{text} (itself)" if own_word(result, group.rows[row].name) == word else text

    return Table(
        ("word", *(heading(group, i) for group, i in columns)),
        tuple(
            (visible(result.words[w].text), *(cell(group, i, w) for group, i in columns))
            for w in order
        ),
    )


def top_cells(result: JobResult, group: Group, amount: int) -> Table:
    """Show the largest cells of a group with one row per layer, the largest first."""
    order = np.argsort(-np.abs(group.table), axis=None, kind="stable")[:amount]
    places = zip(*np.unravel_index(order, group.table.shape), strict=True)
    return Table(
        ("token", "layer", group.unit or "value"),
        tuple(
            (visible(result.tokens[j].text), str(i + 1), written(group, float(group.table[i, j])))
            for i, j in places
        ),
    )


def heading(group: Group, row: int) -> str:
    label = group.rows[row].label
    return f"{label} ({group.unit})" if group.unit else label


def written(group: Group, value: float) -> str:
    return signed(value) if group.hue == "signed" else number(value)
