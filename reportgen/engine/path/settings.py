"""Which way from the baseline to the input a method goes, and how it is integrated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reportgen.engine.path.embedding_path import Route
from reportgen.engine.path.node_values import Needs
from reportgen.engine.tokens import Baseline
from reportgen.methods import PathSettings


@dataclass(frozen=True)
class Course:
    """All that decides a sweep but the input: methods that agree in it share one."""

    route: Route
    baseline: Baseline
    target: str | int
    steps: Literal["auto"] | int
    tolerance: float
    max_steps: int
    notebook: bool


def course(settings: PathSettings, route: Route, baseline: Baseline) -> Course:
    """Return the course that ``settings`` ask for; ``baseline`` is what theirs stands for."""
    return Course(
        route=route,
        baseline=baseline,
        target=settings.target,
        steps=settings.steps,
        tolerance=settings.tolerance,
        max_steps=settings.max_steps,
        notebook=settings.notebook_compatible,
    )


def merged(needs: list[Needs]) -> Needs:
    """Return what serves all of ``needs``."""
    return Needs(any(n.layers for n in needs), any(n.attention for n in needs))
