"""Over all inputs with a rationale: how far each method finds what people marked."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.input.plausibility import COLUMNS
from reportgen.rendering.wording.labels import title
from reportgen.rendering.wording.rationales import CHANCE, measure
from reportgen.results.bootstrap import bootstrap_interval
from reportgen.results.model import JobResult
from reportgen.results.plausibility import Rationale, plausibility
from reportgen.results.store import Store

SEVERAL = 2
"""Inputs from which on a mean over them is told."""

MANY = 6
"""Inputs from which on it is told how far the mean would move with others."""


@dataclass(frozen=True)
class Rationales:
    """One model: the mean of each measure over inputs, by method, with or without ``intervals``."""

    model: str
    intervals: bool
    table: Table


class MeasuredRationales:
    """The measures of each model's inputs with a rationale: the mean over an input's outputs."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, array]] = {}
        self._chances: dict[str, array] = {}

    def see(self, result: JobResult, rationale: Rationale, store: Store) -> None:
        """Add one input; raise ``ResultsError`` where its arrays cannot be read."""
        by_method: dict[str, list[tuple[float, float, float]]] = {}
        judged = list(plausibility(store, result, rationale))
        for one in judged:
            by_method.setdefault(one.method, []).append(one.measures)
        for method, of in by_method.items():
            found = self._values.setdefault(result.model, {})
            found.setdefault(method, array("d")).extend(np.mean(of, axis=0).tolist())
        if judged:
            self._chances.setdefault(result.model, array("d")).append(judged[0].words.chance)

    def means(self) -> tuple[Rationales, ...]:
        """Take the means of each model over its inputs."""
        return tuple(
            Rationales(model, len(chances) >= MANY, table(self._values[model], chances))
            for model, chances in self._chances.items()
            if len(chances) >= SEVERAL
        )


def table(values: Mapping[str, array], chances: Sequence[float]) -> Table:
    rows = []
    for method, flat in values.items():
        of = np.array(flat).reshape(-1, len(COLUMNS) - 1)
        rows.append((title(method), f"{len(of):,}", *map(spread, of.T)))
    chance = measure(float(np.mean(chances)))
    last = (CHANCE, f"{len(chances):,}", chance, chance, "–")
    return Table((COLUMNS[0], "inputs", *COLUMNS[1:]), (*rows, last))


def spread(values: np.ndarray) -> str:
    """Write the mean, of many inputs with its interval."""
    mean = measure(float(values.mean()))
    if len(values) < MANY:
        return mean
    low, high = bootstrap_interval(values.tolist())
    return f"{mean} ({measure(low)}–{measure(high)})"
