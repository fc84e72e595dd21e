"""How far to trust the numbers: completeness of each path, and what does not apply here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.wording.labels import title
from reportgen.rendering.wording.numbers import number, percent, signed
from reportgen.results.model import Convergence, JobResult


@dataclass(frozen=True)
class Path:
    """The checks of methods that share one path for one output."""

    methods: tuple[str, ...]
    rows: tuple[Convergence, ...]

    @property
    def worst(self) -> Convergence:
        return max(self.rows, key=lambda row: row.gap)

    @property
    def converged(self) -> bool:
        return all(row.converged for row in self.rows)

    @property
    def layer_gaps(self) -> tuple[float, ...]:
        return next((row.layer_gaps for row in self.rows if row.layer_gaps), ())


def paths(rows: tuple[Convergence, ...]) -> list[Path]:
    """Group checks of the same path: same output, ends and points."""
    found: dict[tuple, list[Convergence]] = {}
    for row in rows:
        key = (row.target, row.f_input, row.f_baseline, row.steps, row.tolerance)
        found.setdefault(key, []).append(row)
    return [Path(tuple(row.method for row in same), tuple(same)) for same in found.values()]


def convergence(result: JobResult) -> Table | None:
    """Write the completeness of each path and output, in logits: of its method that misses most."""
    if not result.convergence:
        return None
    found = paths(result.convergence)
    layered = any(path.layer_gaps for path in found)
    return Table(
        (
            "methods on one path",
            "output",
            "F(input)",
            "F(baseline)",
            "change",
            "sum of scores",
            "gap",
            *(("largest gap of a layer",) if layered else ()),
            "points",
            "verdict",
        ),
        tuple(
            (
                ", ".join(title(method) for method in path.methods),
                path.worst.target,
                *changes(path.worst),
                *((layer_gap(path.layer_gaps),) if layered else ()),
                str(path.worst.steps),
                "converged" if path.converged else "not converged",
            )
            for path in found
        ),
    )


def changes(row: Convergence) -> tuple[str, ...]:
    change = row.f_input - row.f_baseline
    ends = (number(row.f_input), number(row.f_baseline))
    return (*ends, signed(change), signed(change + row.delta), percent(row.gap))


def layer_gap(gaps: tuple[float, ...]) -> str:
    """Name the largest gap among the layers, and the layer."""
    if not gaps:
        return "–"
    worst = int(np.argmax(gaps))
    return f"{percent(gaps[worst])} (layer {worst + 1})"


def skipped(result: JobResult) -> tuple[tuple[str, str], ...]:
    """Name each method that does not apply here, with the reason."""
    return tuple((title(name), sentence(reason)) for name, reason in result.skipped.items())


def failed(result: JobResult) -> tuple[tuple[str, str], ...]:
    """Name each method that could not be computed, with the cause and what to do."""
    return tuple(
        (title(name), sentence("; ".join(filter(None, (failure.message, failure.hint)))))
        for name, failure in result.failed.items()
    )


def sentence(text: str) -> str:
    return text.rstrip().rstrip(".") + "."
