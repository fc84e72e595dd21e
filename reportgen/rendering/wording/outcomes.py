"""What checks expected and what they found, in words: the same in pages, digests and JUnit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from reportgen.rendering.wording.labels import quoted
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
from reportgen.results.checks.findings import Relation, Unit, Value
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

NUMBERS: dict[Unit, Callable[[float], str]] = {
    Unit.PROBABILITY: probability,
    Unit.SPEARMAN: correlation,
}
"""How values are written, by unit; shares are percentages."""

VERBS: dict[Relation, str] = {
    Relation.IS: "is",
    Relation.IS_NOT: "is not",
    Relation.IS_ONE_OF: "is one of",
    Relation.IS_AS_IN_BASE: "is as in the base run",
    Relation.AT_LEAST: "is at least",
    Relation.AT_MOST: "is at most",
    Relation.HAS: "include",
    Relation.HAS_NOT: "leave out",
}
"""How relations are said in a sentence."""

UNITS: dict[Unit, str] = {
    Unit.PROBABILITY: "",
    Unit.SPEARMAN: "Spearman's rank correlation",
    Unit.OF_ATTRIBUTION: "of the attribution",
    Unit.OF_CHANGE: "of the output's change",
    Unit.OF_INPUTS: "of the inputs",
    Unit.OF_REMOVAL: "of what removing words could show",
    Unit.OF_ACCURACY: "percentage points",
    Unit.NONE: "",
}
"""What is written after a number; what is measured says already that it is a probability."""


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
    unit = one.unit if one.unit.is_share else Unit.NONE
    wanted = written(one.expected, unit, exactly)
    if one.relation is Relation.IS_AS_IN_BASE:
        wanted = f"({wanted})"
    return f"{one.what} {VERBS[one.relation]} {wanted}"


def found(one: Outcome) -> str:
    """Say what was found, with the unit, or why nothing was."""
    if one.found is None:
        return one.note
    value = written(one.found, one.unit, NUMBERS.get(one.unit, number))
    return f"{value}; {one.note}" if one.note else value


def exactly(value: float) -> str:
    """Write a limit as the spec has it."""
    return f"{value + 0.0:g}".replace("-", MINUS)


def written(value: Value, unit: Unit, write: Callable[[float], str]) -> str:
    """Write a value with its unit."""
    text = amount(value, unit, write)
    if not isinstance(value, float | int) or not UNITS[unit]:
        return text
    return f"{text} {UNITS[unit]}" if unit.is_share else f"{text} ({UNITS[unit]})"


def amount(value: Value, unit: Unit, write: Callable[[float], str]) -> str:
    """Write a value without its unit: a share as a percentage."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value or "(nothing)"
    if isinstance(value, tuple):
        return ", ".join(map(quoted, value)) or "(nothing)"
    if unit.is_share:
        share = f"{100 * value:g}{NBSP}%" if write is exactly else percent(value)
        return share.removesuffix(f"{NBSP}%") if unit is Unit.OF_ACCURACY else share
    return write(value)


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
