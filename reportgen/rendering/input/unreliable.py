"""What is said first of an explanation that did not converge, and what may help."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.methods import get
from reportgen.rendering.predictions.presenters import presenter
from reportgen.rendering.wording.advice import advice
from reportgen.rendering.wording.baselines import history
from reportgen.rendering.wording.numbers import count, percent, signed
from reportgen.results.model import Convergence, JobResult

NAMED = 3
"""Explanations that are told of one by one; of more, the first stands for all."""

NOTE = "Not to be relied on: it did not converge"
"""What stands at colours that failed."""


@dataclass(frozen=True)
class Unreliable:
    """The explanations of a method that did not converge, and what to try next.

    ``targets`` are the outputs whose scores are meant, ``failures`` a sentence for each of the
    first; ``tried`` says which baselines were.
    """

    targets: tuple[str, ...]
    failures: tuple[str, ...]
    verdict: str
    tried: str
    advice: tuple[str, ...]


def unreliable(result: JobResult, method: str) -> Unreliable | None:
    """Say which explanations by ``method`` did not converge; ``None`` where all did."""
    rows = [row for row in result.convergence if row.method == method]
    failed = [row for row in rows if not row.converged]
    if not failed:
        return None
    alone = len(result.targets) == 1
    told = NAMED if len(failed) <= NAMED else 1
    more = len(failed) - told
    failures = [failure(result, row, alone) for row in failed[:told]]
    if more > 0:
        failures.append(f"{count(more, 'more output')} did not converge either.")
    return Unreliable(
        targets=tuple(row.target for row in failed),
        failures=tuple(failures),
        verdict=f"Do not rely on {'it' if len(failed) == 1 else 'them'}.",
        tried=history(result, method),
        advice=tuple(advice(result, method, failed)),
    )


def note(result: JobResult, method: str, target: str) -> str:
    """Return what stands at the scores of an output; nothing where they may be relied on."""
    rows = (row for row in result.convergence if (row.method, row.target) == (method, target))
    return "" if all(row.converged for row in rows) else NOTE


def failure(result: JobResult, row: Convergence, alone: bool) -> str:
    """Say by how much the scores of one output do not add up, or what else is wrong with them."""
    of = "This explanation" if alone else f"{presenter(result).output(row.target)}: the explanation"
    change = row.f_input - row.f_baseline
    if row.gap <= row.tolerance:
        return (
            f"{of} did not converge: its scores add up, but the output jumps on the path where "
            f"{count(row.steps, 'point')} could not follow it, so that errors may cancel out."
        )
    known = get(row.method)
    if known is not None and not known.adds_up(result.settings.get(row.method, {})):
        return f"{of} did not converge: it misses {percent(row.gap)} of the output’s change."
    return (
        f"{of} did not add up: its scores come to {signed(change + row.delta)} logits, where the "
        f"output changed by {signed(change)}. That misses the change by {percent(row.gap)} after "
        f"{count(row.steps, 'point')} on the path; allowed: {percent(row.tolerance)}."
    )
