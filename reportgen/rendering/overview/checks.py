"""The view of the spec's checks: a row for each, with what breaks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reportgen.rendering.wording.check_settings import describe_check
from reportgen.rendering.wording.numbers import count
from reportgen.rendering.wording.outcome_lines import OutcomeLine, make_line
from reportgen.rendering.wording.outcomes import KINDS, MARKS, title
from reportgen.results.checks.evaluation import CheckResult, Outcome, Status

MOST_LINES = 50
"""Broken outcomes of a check that are written out."""


MOST_PASSED = 20
"""Checks beside inputs that are listed although they hold."""

MOST_ROWS = 200
"""Checks beside inputs that are listed at all."""


@dataclass(frozen=True)
class CheckRow:
    """One check; ``lines`` are its broken outcomes, ``more`` counts those not written out."""

    kind: str
    mark: str
    status: Status
    title: str
    description: str
    counts: str
    where: str
    lines: tuple[OutcomeLine, ...]
    more: int


@dataclass(frozen=True)
class Checks:
    """All checks of a run: ``rows`` for most, the rest of those beside inputs only counted."""

    rows: tuple[CheckRow, ...]
    unlisted: str
    total: int
    held: int
    broken: int
    warned: int

    @property
    def skipped(self) -> int:
        return self.total - self.held - self.broken - self.warned


def make_checks(checks: Sequence[CheckResult], slugs: Mapping[str, str]) -> Checks:
    """Lay out the checks of a run; ``slugs`` stand for models in links."""
    statuses = [check.status for check in checks]
    own = [check for check in checks if check.placed.entry is None]
    beside = [check for check in checks if check.placed.entry is not None]
    broken = [check for check in beside if check.status != "passed"]
    listed = (beside if len(beside) <= MOST_PASSED else broken)[:MOST_ROWS]
    return Checks(
        rows=tuple(make_row(check, slugs) for check in (*own, *listed)),
        unlisted=unlisted(len(beside) - len(listed), len(broken) - len(listed)),
        total=len(checks),
        held=statuses.count("passed"),
        broken=statuses.count("failed") + statuses.count("error"),
        warned=statuses.count("warning"),
    )


def unlisted(amount: int, broken: int) -> str:
    """Count the checks beside inputs that have no row."""
    if not amount:
        return ""
    holding = "all of them hold" if broken <= 0 else f"{amount - broken:,} of them hold"
    return f"and {count(amount, 'check')} written beside inputs: {holding}"


def make_row(check: CheckResult, slugs: Mapping[str, str]) -> CheckRow:
    status = check.status
    broken = [one for one in check.outcomes if KINDS[one.status] in ("bad", "warn")]
    # A check that nothing could be judged by says why in its place.
    shown = together(broken) if status != "skipped" else check.outcomes[:1]
    return CheckRow(
        kind=KINDS[status],
        mark=MARKS[status],
        status=status,
        title=title(check.outcomes[0]),
        description=describe_check(check),
        counts=held(check),
        where=check.where,
        lines=tuple(make_line(one, slugs) for one in shown[:MOST_LINES]),
        more=max(0, len(shown) - MOST_LINES),
    )


def together(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Put what failed first, and inputs with the same error into one line.

    Errors come last: the page says elsewhere, too, which inputs could not be explained.
    """
    order = ("failed", "warning", "error")
    found: dict[object, Outcome] = {}
    for number, one in enumerate(sorted(outcomes, key=lambda one: order.index(one.status))):
        key = (one.models, one.note) if one.status == "error" else number
        if key in found:
            inputs = (*found[key].inputs, *one.inputs)
            one = replace(one, inputs=tuple(dict.fromkeys(inputs)))
        found[key] = one
    return list(found.values())


def held(check: CheckResult) -> str:
    """Count what holds among what was judged: ``12 of 14 hold, 2 skipped``."""
    judged = [one for one in check.outcomes if one.status != "skipped"]
    skipped = len(check.outcomes) - len(judged)
    passed = sum(one.status == "passed" for one in judged)
    parts = []
    if judged:
        parts.append(
            f"{passed:,} of {len(judged):,} {'holds' if 1 in (passed, len(judged)) else 'hold'}"
        )
    if skipped:
        parts.append(f"{skipped:,} skipped")
    return ", ".join(parts)
