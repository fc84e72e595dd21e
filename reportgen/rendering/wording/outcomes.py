"""What checks expected and what they found, in words: the same in pages, digests and JUnit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from reportgen.rendering.wording.numbers import (
    MINUS,
    NBSP,
    correlation,
    count,
    number,
    percent,
    probability,
)
from reportgen.results.checks.evaluation import GRAVITY, Outcome, Status, by_check, tally
from reportgen.results.checks.findings import Relation, Value
from reportgen.results.model import Manifest
from reportgen.spec.checks import CHECKS

MARKS: dict[Status, str] = {
    "error": "!",
    "failed": "✗",
    "warning": "!",
    "skipped": "–",
    "passed": "✓",
}
"""A sign for each status, which is always written beside its word."""

KINDS: dict[Status, str] = {
    "error": "bad",
    "failed": "bad",
    "warning": "warn",
    "skipped": "",
    "passed": "good",
}
"""How each status is coloured, as the verdicts are."""

WORDS: dict[Status, str] = {
    "error": "with errors",
    "failed": "failed",
    "warning": "with warnings",
    "skipped": "not judged",
    "passed": "passed",
}
"""What is said of checks by status."""

NUMBERS = {
    "probability": probability,
    "Spearman's rank correlation": correlation,
}
"""How values are written, by unit; shares are percentages."""

VERBS: dict[Relation, str] = {"has": "include", "has not": "leave out"}
"""How relations are said where their name does not fit into the sentence."""


def title(one: Outcome) -> str:
    """Return what a check is called; one of a later version by its name."""
    check = CHECKS.get(one.check)
    return check.title if check else one.check


def about(one: Outcome) -> str:
    """Name the model and the inputs (from 1) that an outcome is about."""
    inputs = ", ".join(f"#{position + 1}" for position in one.inputs)
    return " ".join(filter(None, (", ".join(one.models), inputs))) or "the whole run"


def expected(one: Outcome) -> str:
    """Say what was expected of what: ``share of he (POSITIVE) is at most 10 % of the ...``.

    Units of other numbers than shares are said with what was found.
    """
    if not one.relation:
        check = CHECKS.get(one.check)
        return one.what or (check.summary if check else "")
    share = one.unit.startswith("of the ")
    wanted = written(one.expected, one.unit if share else "", exactly)
    if one.relation == "is as in the base run":
        wanted = f"({wanted})"
    return f"{one.what} {VERBS.get(one.relation, one.relation)} {wanted}"


def found(one: Outcome) -> str:
    """Say what was found, with the unit, or why nothing was."""
    if one.found is None:
        return one.note
    value = written(one.found, one.unit, NUMBERS.get(one.unit, number))
    return f"{value}; {one.note}" if one.note else value


def exactly(value: float) -> str:
    """Write a limit as the spec has it."""
    return f"{value:g}".replace("-", MINUS)


def written(value: Value, unit: str, write: Callable[[float], str]) -> str:
    """Write a value with its unit: one in "of the ..." is a share."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value or "(nothing)"
    if isinstance(value, tuple):
        return ", ".join(value) or "(nothing)"
    if unit.startswith("of the "):
        share = f"{100 * value:g}{NBSP}%" if write is exactly else percent(value)
        return f"{share} {unit}"
    return f"{write(value)} ({unit})" if unit and unit != "probability" else write(value)


def counts_by_check(manifest: Manifest, outcomes: Iterable[Outcome]) -> str:
    """Count the spec's checks by their gravest outcome: ``3 checks: 2 failed, 1 passed``."""
    found = Counter(check.status for check in by_check(manifest, outcomes))
    checks = count(found.total(), "check")
    if len(found) == 1:
        return f"{checks} {WORDS[next(iter(found))]}"
    texts = (f"{found[status]:,} {WORDS[status]}" for status in GRAVITY if found[status])
    return f"{checks}: {', '.join(texts)}"


def counts(outcomes: Iterable[Outcome]) -> str:
    """Count outcomes by status, the gravest first: ``1 failed, 3 passed``."""
    found = tally(outcomes)
    return ", ".join(
        count(n, status) if status in ("error", "warning") else count(n, status, status)
        for status, n in found.items()
    )
