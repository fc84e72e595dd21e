"""Over all inputs with a rationale: how far each method finds what people marked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.input.plausibility import COLUMNS
from reportgen.rendering.wording.labels import title
from reportgen.rendering.wording.rationales import CHANCE, measure
from reportgen.results.bootstrap import bootstrap_interval
from reportgen.results.plausibility import plausibility
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


def rationales(briefs: Iterable[Brief], store: Store) -> tuple[Rationales, ...]:
    """Take the means of each model, over the outputs of an input first, then over inputs."""
    values: dict[str, dict[str, list[np.ndarray]]] = {}
    chances: dict[str, list[float]] = {}
    for brief in briefs:
        by_method: dict[str, list[tuple[float, float, float]]] = {}
        judged = list(plausibility(store, brief.result, brief.rationale))
        for one in judged:
            by_method.setdefault(one.method, []).append(one.measures)
        for method, of in by_method.items():
            found = values.setdefault(brief.model, {}).setdefault(method, [])
            found.append(np.mean(of, axis=0))
        if judged:
            chances.setdefault(brief.model, []).append(judged[0].words.chance)
    return tuple(
        Rationales(model, len(chances[model]) >= MANY, table(of, chances[model]))
        for model, of in values.items()
        if len(chances[model]) >= SEVERAL
    )


def table(values: dict[str, list[np.ndarray]], chances: list[float]) -> Table:
    rows = [
        (title(method), f"{len(of):,}", *(spread(column) for column in np.array(of).T))
        for method, of in values.items()
    ]
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
