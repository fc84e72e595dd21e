"""Which path from the baseline to the input a method integrates along, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reportgen.engine.path.embedding_path import PathKind
from reportgen.engine.path.node_values import Needs
from reportgen.engine.tokens import Baseline
from reportgen.methods import Contrast, PathSettings


@dataclass(frozen=True)
class SweepSettings:
    """All that decides a sweep but the input: methods that agree in it share one."""

    path_kind: PathKind
    baseline: Baseline
    target: str | int | Contrast
    steps: Literal["auto"] | int
    tolerance: float
    max_steps: int
    keep_first: bool
    notebook: bool
    sequential: bool = False

    @classmethod
    def of(cls, settings: PathSettings, path_kind: PathKind) -> SweepSettings:
        """Return the sweep that ``settings`` ask for."""
        return cls(
            path_kind=path_kind,
            baseline=settings.baseline,
            target=settings.target,
            steps=settings.steps,
            tolerance=settings.tolerance,
            max_steps=settings.max_steps,
            keep_first=settings.keep_first,
            notebook=settings.notebook_compatible,
            sequential=getattr(settings, "sequential", False),
        )


def merged(needs: list[Needs]) -> Needs:
    """Return what serves all of ``needs``."""
    return Needs(any(n.layers for n in needs), any(n.attention for n in needs))
