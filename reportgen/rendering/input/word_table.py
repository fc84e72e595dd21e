"""Every word with its numbers, for reading exactly and without colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from reportgen.methods import known, preferred
from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.input.score_rows import Group, ScoreRow, having
from reportgen.rendering.input.top_contributions import written
from reportgen.rendering.wording.labels import output, visible
from reportgen.rendering.wording.numbers import signed
from reportgen.results.model import JobResult
from reportgen.results.scores import by_word


def leading_group(methods: Sequence[Group]) -> Group | None:
    """Return the group of the first method with scores of its own for an output."""
    return next((group for group in methods if known(group.method).score), None)


def words_table(
    result: JobResult,
    methods: Sequence[Group],
    by_layer: Sequence[Group],
    arrays: Mapping[str, np.ndarray],
) -> Table | None:
    """Write every word with its numbers; means over rows are in the stored results.

    Where no method has one score per word, the numbers are those of each layer, or of the parts
    of a score.
    """
    main = leading_group(methods)
    columns: dict[str, list[str]] = {}
    for group in (group for group in methods if not group.beside):
        for row, values in zip(group.rows, group.words, strict=True):
            name = column(result, group, row, plain=group is main and group.hue == "signed")
            columns[name] = [written(group, value) for value in values]
    if not columns:
        for group in by_layer:
            for row, values in zip(group.rows, group.words, strict=True):
                name = f"{group.title}, {row.label} ({group.unit})"
                columns[name] = [written(group, value) for value in values]
    if not columns:
        for part in (part for method in preferred() for part in method.parts):
            for target in having(result, arrays, part.name):
                values = by_word(arrays[part.of(target)], result.words, adds_up=part.adds_up)
                columns[f"{part.label}: {output(result, target)} ({part.unit})"] = [
                    signed(v) for v in values
                ]
    if not columns:
        return None
    return Table(
        ("word", *columns),
        tuple(
            (visible(word.text), *(values[i] for values in columns.values()))
            for i, word in enumerate(result.words)
        ),
    )


def column(result: JobResult, group: Group, row: ScoreRow, *, plain: bool) -> str:
    """Name a column: of the leading method by the output alone, else by what is shown."""
    name = output(result, row.name) if plain else row.label
    return f"{name} ({group.unit})" if group.unit else name
