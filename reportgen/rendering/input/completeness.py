"""How far to trust the numbers: completeness of each method, and what does not apply here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reportgen.methods import get
from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.wording.labels import output, title
from reportgen.rendering.wording.numbers import number, percent, signed
from reportgen.results.baselines import named
from reportgen.results.model import Convergence, JobResult


@dataclass(frozen=True)
class Path:
    """The checks of methods that share one path for one output."""

    rows: tuple[Convergence, ...]

    @property
    def converged(self) -> bool:
        return all(row.converged for row in self.rows)


def paths(rows: tuple[Convergence, ...]) -> list[Path]:
    """Group checks of the same path: same output, ends and points."""
    found: dict[tuple, list[Convergence]] = {}
    for row in rows:
        key = (row.target, row.f_input, row.f_baseline, row.steps, row.tolerance)
        found.setdefault(key, []).append(row)
    return [Path(tuple(same)) for same in found.values()]


def convergence(result: JobResult) -> Table | None:
    """Write the completeness of each method and output, in logits; by layer of the worst layer."""
    if not result.convergence:
        return None
    return Table(
        (
            "method",
            "output",
            "baseline",
            "F(input)",
            "F(baseline)",
            "change",
            "sum of scores",
            "gap",
            "points",
            "verdict",
        ),
        tuple(written(result, row) for row in result.convergence),
    )


def written(result: JobResult, row: Convergence) -> tuple[str, ...]:
    change = row.f_input - row.f_baseline
    layer = f" (layer {int(np.argmax(row.layer_gaps)) + 1})" if row.layer_gaps else ""
    known = get(row.method)
    adds_up = known is None or known.adds_up(result.settings.get(row.method, {}))
    return (
        title(row.method),
        output(result, row.target),
        named(result.settings.get(row.method, {}).get("baseline", "–")),
        number(row.f_input),
        number(row.f_baseline),
        signed(change),
        f"{signed(change + row.delta)}{layer}" if adds_up else "–",
        f"{percent(row.gap)}{layer}",
        str(row.steps),
        "converged"
        if row.converged
        else "not converged: a jump on the path"
        if row.unresolved
        else "not converged",
    )


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
