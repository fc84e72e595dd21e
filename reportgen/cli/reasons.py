"""What ``build --explain`` prints: why each job runs, many of one reason in a line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.cli.app import one_line

if TYPE_CHECKING:
    from reportgen.plan import Plan
    from reportgen.results.reasons import Reason

PLACES = 3
"""Inputs that are named of each reason."""


def show_reasons(plan: Plan, out: Path, results: str | None = None) -> None:
    """Print how many results are stored, and why each job that would run does."""
    from reportgen.rendering.wording.numbers import count
    from reportgen.results.reasons import Reasons
    from reportgen.results.store import Store

    reasons = Reasons(plan, Store(results or out / "results"))
    found: dict[tuple[str, Reason], list[str]] = {}
    for job, reason in reasons:
        found.setdefault((job.model.spec.id, reason), []).append(job.input.where)
    stored, missing = reasons.stored, len(reasons.missing)
    print(f"{stored:,} of {count(stored + missing, 'result')} stored, {missing:,} to make.")
    for (model, reason), places in found.items():
        more = ", ..." if places[PLACES:] else ""
        listed = ", ".join(places[:PLACES]) + more
        line = f"{count(len(places), 'job')} of {model}: {said(reason, len(places))} ({listed})"
        print(one_line(line))


def said(reason: Reason, jobs: int) -> str:
    from reportgen.results.reasons import NEW_INPUT

    text = f"{NEW_INPUT}s" if reason.text == NEW_INPUT and jobs > 1 else reason.text
    if reason.computed is None:
        return text
    if not reason.computed:
        return f"{text}; nothing is computed"
    return f"{text}; computed: {', '.join(reason.computed)}"
