"""What the methods that integrate along the path have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from torch import Tensor, nn

from reportgen.engine.methods.base import (
    MethodImplementation,
    MethodOutput,
    PredictionContext,
)
from reportgen.engine.path.embedding_path import PathKind
from reportgen.engine.path.integral import Integral
from reportgen.engine.path.node_values import Needs
from reportgen.engine.path.settings import SweepSettings
from reportgen.errors import InputError
from reportgen.methods import PathSettings
from reportgen.results.model import Convergence, Target


class PathMethod(MethodImplementation):
    """A method that reads the sweep of the path that its settings ask for.

    ``needs`` is what the sweep must collect for it. ``judged``: which gaps decide whether it
    converged, of that of what moves on the path (0) and those of the layers (1 to L).
    """

    needs: ClassVar[Needs] = Needs()
    judged: ClassVar[slice] = slice(None)
    settings: PathSettings

    @property
    def path_kind(self) -> PathKind:
        return "words"

    def sweep_settings(self) -> SweepSettings:
        """Return what decides the sweep that the method reads."""
        return SweepSettings.of(self.settings, self.path_kind)

    def explain(self, context: PredictionContext) -> MethodOutput:
        sweep = self.sweep_settings()
        found = context.integrals[sweep]
        if isinstance(found, Exception):
            raise found
        targets = context.targets(self.settings.target)
        rows = [found.path.outputs.index(target) for target in targets]
        if not found.finite:
            raise overflow(context, found, [one.baseline for one in context.tried.get(sweep, ())])
        arrays: dict[str, np.ndarray] = {}
        for row, target in zip(rows, targets, strict=True):
            arrays |= {
                f"{name}/{target.name}": scores.float().numpy()
                for name, scores in self.scores(found, row).items()
            }
        return MethodOutput(
            arrays=arrays,
            targets=targets,
            convergence=tuple(
                self.convergence(found, row, target)
                for row, target in zip(rows, targets, strict=True)
                if target in found.path.targets  # the others need not converge
            ),
            warnings=self.warnings(found, rows, targets),
        )

    @abstractmethod
    def scores(self, found: Integral, row: int) -> Mapping[str, Tensor]:
        """Return the arrays of one target by name, without the target's."""

    def warnings(
        self, found: Integral, rows: Sequence[int], targets: Sequence[Target]
    ) -> tuple[str, ...]:
        return ()

    def convergence(self, found: Integral, row: int, target: Target) -> Convergence:
        """Judge one target by the largest gap of all that the method's scores rest on."""
        gaps, resolved = found.gap[row], found.resolved[row]
        judged = range(len(gaps))[self.judged]
        worst = max(judged, key=lambda i: gaps[i].item())
        gap = gaps[worst].item()
        return Convergence(
            method=self.name,
            target=target.name,
            f_input=found.f_input[row].item(),
            f_baseline=found.f_baseline[row].item(),
            delta=found.delta[row, worst].item(),
            gap=gap,
            steps=found.steps,
            tolerance=self.settings.tolerance,
            converged=gap <= self.settings.tolerance and bool(resolved[self.judged].all()),
            layer_gaps=tuple(gaps[i].item() for i in judged if i > 0),
        )


def overflow(context: PredictionContext, found: Integral, tried: Sequence[str]) -> InputError:
    """Return the error of a path along which numbers are not finite: where, why, and what else.

    ``tried``: the baselines that ``auto`` tried, all of them in vain.
    """
    loaded, baseline = context.loaded, found.path.baseline
    named = baseline if isinstance(baseline, str) else "{text: ...}"
    message = f"gradients overflow on the path from the baseline {named}"
    if not found.f_baseline.isfinite().all():
        message = f"the explained output is not finite at the baseline {named}"
    elif baseline == "zero" and has_rms_norm(loaded.model):
        message = (
            "gradients overflow near the baseline zero "
            "(RMSNorm divides by the size of a vector that is zero there)"
        )
    if others := [name for name in tried if name != named]:
        message += f", and not from {' or '.join(others)} either"
    usable = ["mean", "pad"] if loaded.tokenizer.pad_token_id is not None else ["mean"]
    choices = [f"baseline: {name}" for name in usable if name not in (named, *tried)]
    listed = f"{', '.join(choices)}, or " if choices else ""
    hint = f"try {listed}baseline: {{text: ...}}"
    if loaded.info.dtype != "float32":
        hint += "; or dtype: float32"
    return InputError(message, hint=hint)


def has_rms_norm(model: nn.Module) -> bool:
    return any(type(module).__name__.endswith("RMSNorm") for module in model.modules())
