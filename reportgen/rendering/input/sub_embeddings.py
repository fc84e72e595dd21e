"""What a token is, where it stands and its segment: the three embeddings side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reportgen.methods.sub_embeddings import METHOD
from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.predictions.presenters import presenter
from reportgen.rendering.wording.labels import visible
from reportgen.rendering.wording.numbers import signed
from reportgen.results.model import JobResult

TOP = 5


@dataclass(frozen=True)
class SubEmbeddingTable:
    """One output: the strongest tokens of each part; ``total`` says what they add up to."""

    title: str
    table: Table
    total: str


def sub_embedding_tables(
    result: JobResult, arrays: Mapping[str, np.ndarray]
) -> tuple[SubEmbeddingTable, ...]:
    """Make a table of sub-embedding scores for each output that has them."""
    found = []
    for target in result.targets:
        scores = {
            part.label: arrays[part.of(target.name)]
            for part in METHOD.parts
            if part.of(target.name) in arrays
        }
        if scores:
            found.append(
                SubEmbeddingTable(
                    presenter(result).output(target.name),
                    table(result, scores),
                    total(result, target.name, scores),
                )
            )
    return tuple(found)


def table(result: JobResult, scores: Mapping[str, np.ndarray]) -> Table:
    """The tokens with the largest scores of either sign, with their number, and the totals."""
    columns = [strongest(result, row) for row in scores.values()]
    ranks = [
        (str(rank + 1), *(column[rank] if rank < len(column) else "–" for column in columns))
        for rank in range(max(map(len, columns)))
    ]
    sums = ("sum", *(signed(float(row.sum())) for row in scores.values()))
    return Table(("rank", *scores), (*ranks, sums))


def strongest(result: JobResult, scores: np.ndarray) -> list[str]:
    """Write the ``TOP`` largest scores of either sign as “token (number) value”; 0 is left out."""
    order = np.argsort(-np.abs(scores), kind="stable")[:TOP]
    return [
        f"{visible(result.tokens[i].text)} ({i + 1}) {signed(float(scores[i]))}"
        for i in order
        if scores[i] != 0
    ]


def total(result: JobResult, target: str, scores: Mapping[str, np.ndarray]) -> str:
    """Compare the sum of all parts with the change of the output."""
    joint = sum(float(row.sum()) for row in scores.values())
    for row in result.convergence:
        if row.method == METHOD.name and row.target == target:
            change = signed(row.f_input - row.f_baseline)
            return (
                f"All parts together: {signed(joint)} logits; change of the output from the "
                f"baseline to the input: {change}."
            )
    return f"All parts together: {signed(joint)} logits."
