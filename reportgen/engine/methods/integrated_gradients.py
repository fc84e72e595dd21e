"""Integrated gradients on the word embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from reportgen.engine.methods.base import Case, Finding, Method, require_finite
from reportgen.engine.models import LoadedModel, diverging, embeddings_difference
from reportgen.engine.path import Line, evaluate, gauss_legendre, make_line, sweep
from reportgen.results.model import Convergence
from reportgen.spec import methods as spec

FIRST_STEPS = 16
"""Nodes that ``steps: auto`` starts from."""

DIVERGING = (
    "On this input the model computes other logits from word embeddings than from token ids, so "
    "integrated gradients do not explain exactly this prediction. A padding token written out in "
    "the text has this effect."
)


@dataclass(frozen=True, eq=False)
class Integral:
    """Attributions (targets, n) along one line, with the values at its ends (targets,)."""

    attributions: Tensor
    f_input: Tensor
    f_baseline: Tensor
    steps: int

    @property
    def delta(self) -> Tensor:
        """Sum of the attributions minus the change they should add up to (targets,)."""
        return self.attributions.sum(1) - (self.f_input - self.f_baseline)

    @property
    def gap(self) -> Tensor:
        """The size of ``delta`` relative to the change (targets,)."""
        return self.delta.abs() / (self.f_input - self.f_baseline).abs().clamp(min=1e-6)


class IntegratedGradients(Method):
    """Sundararajan, Taly and Yan 2017, arXiv:1703.01365.

    For target F, input embeddings x and baseline x' (both n x d), token i is attributed

        sum_c (x - x')_ic * integral_0^1 dF/dx_ic (x' + a (x - x')) da,

    signed and in logits; over all tokens that adds up to F(x) - F(x'). The integral is taken
    by Gauss-Legendre quadrature. ``steps: auto`` doubles the nodes until every target's gap
    is within the tolerance; what does not converge is kept and said so.

    Arrays: ``integrated_gradients/TARGET`` (n,), before any normalisation.
    Check ``embeds_logits``: the largest difference between the prediction's logits and those
    from word embeddings, in which the path is laid.
    """

    name = spec.IntegratedGradients.name
    settings: spec.IntegratedGradients

    def explain(self, case: Case) -> Finding:
        targets = case.targets(self.settings.target)
        line = make_line(case.loaded, case.encoding, self.settings.baseline, targets)
        integral = attribute(case.loaded, [line], self.settings)[0]
        scores = integral.attributions
        require_finite(self.name, scores.numpy(), integral.f_baseline.numpy())
        convergence = self.convergence(line, integral)
        logits = case.loaded.task.logits(case.output)
        difference = embeddings_difference(case.loaded, case.encoding, logits)
        return Finding(
            arrays={
                f"{self.name}/{target.name}": row.float().numpy()
                for target, row in zip(targets, scores, strict=True)
            },
            targets=targets,
            convergence=convergence,
            checks={"embeds_logits": difference},
            warnings=(
                *((DIVERGING,) if diverging(difference, logits) else ()),
                *self.unstable(line, scores),
            ),
        )

    def convergence(self, line: Line, integral: Integral) -> tuple[Convergence, ...]:
        return tuple(
            Convergence(
                method=self.name,
                target=target.name,
                f_input=integral.f_input[i].item(),
                f_baseline=integral.f_baseline[i].item(),
                delta=integral.delta[i].item(),
                gap=integral.gap[i].item(),
                steps=integral.steps,
                tolerance=self.settings.tolerance,
                converged=integral.gap[i].item() <= self.settings.tolerance,
            )
            for i, target in enumerate(line.targets)
        )

    def unstable(self, line: Line, scores: Tensor) -> tuple[str, ...]:
        """Warn where dividing by the sum of the scores would blow them up."""
        if self.settings.normalize != "sum":
            return ()
        return tuple(
            f"The scores for {target.name} nearly cancel out, so as shares of their sum "
            "(normalize: sum) they are very large; use normalize: l2 or none."
            for target, row in zip(line.targets, scores, strict=True)
            if row.sum().abs() < 1e-3 * row.abs().sum()
        )


def attribute(
    loaded: LoadedModel, lines: Sequence[Line], settings: spec.IntegratedGradients
) -> list[Integral]:
    """Integrate along each line, in as many steps as the settings ask for or its gap needs."""
    automatic = settings.steps == "auto"
    steps = min(FIRST_STEPS, settings.max_steps) if automatic else settings.steps
    ends = [(evaluate(loaded, line, 1), evaluate(loaded, line, 0)) for line in lines]
    integrals: dict[int, Integral] = {}
    pending = list(range(len(lines)))
    while pending:
        sums = integrate(loaded, [lines[i] for i in pending], steps)
        for i, attributions in zip(pending, sums, strict=True):
            integrals[i] = Integral(attributions, *ends[i], steps)
        if not automatic or steps == settings.max_steps:
            break
        # A gap that is not a number compares false here, and is refused by the caller.
        pending = [i for i in pending if (integrals[i].gap > settings.tolerance).any()]
        steps = min(2 * steps, settings.max_steps)
    return [integrals[i] for i in range(len(lines))]


def integrate(loaded: LoadedModel, lines: Sequence[Line], steps: int) -> list[Tensor]:
    """Return the attributions (targets, n) of each line, accumulated in float64."""
    nodes, weights = gauss_legendre(steps)
    totals: list[Tensor] = [torch.zeros(())] * len(lines)
    for point in sweep(loaded, lines, nodes):
        totals[point.line] = totals[point.line] + weights[point.node] * point.gradients
    changes = [(line.input - line.baseline).cpu().double() for line in lines]
    return [(change * total).sum(2) for change, total in zip(changes, totals, strict=True)]
