"""The spec's checks, judged from stored results.

Every check of every input it looks at has an outcome of its own, with what was expected and
what was found. A check that nothing could be judged by fails: it would otherwise pass forever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from reportgen.methods import PathSettings
from reportgen.results.checks.findings import (
    PREDICTION,
    CheckFinding,
    CheckSubject,
    Relation,
    Unit,
    Value,
    plain,
)
from reportgen.results.checks.group_rules import invariance, model_agreement
from reportgen.results.checks.rules import RULES
from reportgen.results.matching import Content, content, pair_models
from reportgen.results.model import JobResult, Manifest
from reportgen.results.record import Record
from reportgen.results.stored_run import StoredRun
from reportgen.spec.checks import (
    Check,
    ConvergenceCheck,
    InvarianceCheck,
    ModelAgreementCheck,
    PredictionCheck,
    methods_used,
    read_checks,
)
from reportgen.spec.methods import METHODS

Status = Literal["error", "failed", "warning", "skipped", "passed"]

GRAVITY: tuple[Status, ...] = get_args(Status)
"""Every status, the gravest first."""


class Outcome(Record):
    """What became of one expectation.

    ``rule`` holds the check's settings (JSON), severity aside: what makes it the same check in
    another run. ``what`` names what was measured (``probability of POSITIVE``), ``unit`` its unit
    where it has one. ``models`` and ``inputs`` (positions) are those it is about, both empty for an
    outcome about the whole run, ``content`` the texts of the inputs. ``place`` is the check's path
    in the spec, ``where`` the same with file and line. ``note`` says why nothing was judged, or
    more about what was found. ``part`` tells outcomes of one check about the same inputs apart,
    whatever was found.
    """

    check: str
    place: str
    where: str = ""
    severity: Literal["fail", "warn"] = "fail"
    rule: str = ""
    status: Status
    models: tuple[str, ...] = ()
    inputs: tuple[int, ...] = ()
    content: tuple[Content, ...] = ()
    group: str | None = None
    what: str = ""
    relation: Relation = Relation.NONE
    expected: Value = None
    found: Value = None
    unit: Unit = Unit.NONE
    note: str = ""
    part: str = ""

    @property
    def breaks(self) -> bool:
        """Tell whether the run does not pass with this outcome."""
        return self.status in ("failed", "error")


def evaluate_checks(results: StoredRun, base: StoredRun | None = None) -> tuple[Outcome, ...]:
    """Judge every check of a run, in the order of the spec: its own, then those of its inputs.

    Raises ``ResultsError`` where a result file cannot be read.
    """
    checks = placed_checks(results.manifest)
    subjects = read_subjects(results, base) if checks else []
    beside: dict[int | None, list[CheckSubject]] = {}
    for subject in subjects:
        beside.setdefault(subject.entry.entry, []).append(subject)
    found: list[Outcome] = []
    for one in checks:
        mine = subjects if one.entry is None else beside.get(one.entry, [])
        found += evaluate_check(one, results, mine, base is not None)
    return tuple(found)


@dataclass(frozen=True)
class PlacedCheck:
    """A check as the spec has it, at ``place``; ``entry`` is that of the input it stands beside."""

    check: Check
    place: str
    entry: int | None = None


def placed_checks(manifest: Manifest) -> tuple[PlacedCheck, ...]:
    """Return the checks of a run's spec, its own first, then those of its inputs."""
    sections: list[tuple[str, int | None, dict[str, Any]]] = [("", None, manifest.spec)]
    sections += [
        (f"inputs[{entry}].", entry, part)
        for entry, part in enumerate(manifest.spec.get("inputs", ()))
    ]
    return tuple(
        PlacedCheck(check, f"{prefix}checks[{index}]", entry)
        for prefix, entry, part in sections
        for index, check in enumerate(read_checks(part.get("checks")))
    )


def read_subjects(results: StoredRun, base: StoredRun | None) -> list[CheckSubject]:
    """Pair every result with that of the same model and text in the base run."""
    known: dict[tuple[str, Content], JobResult] = {}
    if base is not None:
        called = {before.model: after.model for before, after in pair_models(base, results)[0]}
        known = {
            (called[entry.model], content(result)): result
            for entry, result in base.entries
            if entry.model in called
        }
    return [
        CheckSubject(entry, result, results.store, known.get((entry.model, content(result))))
        for entry, result in results.entries
    ]


def evaluate_check(
    placed: PlacedCheck, results: StoredRun, subjects: Sequence[CheckSubject], has_base: bool
) -> Iterator[Outcome]:
    """Yield the outcomes of one check, at least one."""
    check, place = placed.check, placed.place
    seen = [
        subject
        for subject in subjects
        if (check.models is None or subject.entry.model in check.models)
        and (check.group is None or subject.entry.group == check.group)
    ]
    # Which models a check is about, its outcomes say; that of two models is another for others.
    set_aside = {"severity"} if isinstance(check, ModelAgreementCheck) else {"severity", "models"}
    known: dict[str, Any] = {
        "check": check.name,
        "place": place,
        "where": results.manifest.places.get(place, ""),
        "severity": check.severity,
        "rule": check.model_dump_json(exclude=set_aside, exclude_none=True),
        "group": check.group,
    }
    if isinstance(check, PredictionCheck) and check.unchanged and not has_base:
        note = "there is no base run to compare with"
        yield Outcome(**known, status="skipped", what=PREDICTION, note=note)
        if check.equals is None and check.one_of is None:
            return
        check = check.model_copy(update={"unchanged": None})
    outcomes = [outcome(check, known, found) for found in findings(check, seen)]
    errors = [one for one in outcomes if one.status == "error"]
    skipped = [one for one in outcomes if one.status == "skipped"]
    if len(errors) + len(skipped) == len(outcomes) and (skipped or not errors):
        reasons = Counter(one.note for one in skipped)
        why = "; ".join(f"{note} ({n} times)" if n > 1 else note for note, n in reasons.items())
        ended = results.manifest.planned is None
        note = f"nothing could be judged{'' if ended else ' yet'}: {why or 'it matched no input'}"
        nothing: Status = "failed" if ended else "skipped"
        outcomes = [*errors, Outcome(**known, status=nothing, note=note)]
    yield from outcomes


def findings(check: Check, subjects: Sequence[CheckSubject]) -> Iterator[CheckFinding]:
    """Apply a check to what it looks at: result by result, by group, or by two models."""
    if isinstance(check, InvarianceCheck):
        yield from invariance(check, subjects)
        return
    if isinstance(check, ModelAgreementCheck):
        yield from model_agreement(check, subjects)
        return
    rule = RULES[type(check)]
    for subject in subjects:
        if lacking(check, subject.result):
            yield CheckFinding(None, subjects=(subject,))
        else:
            yield from (replace(found, subjects=(subject,)) for found in rule(check, subject))


def lacking(check: Check, result: JobResult) -> str:
    """Say what went wrong with a result and leaves nothing to judge; nothing where all is there."""
    if result.error is not None:
        return f"the input could not be explained: {result.error.message}"
    used = {name for _, name in methods_used(check)}
    for name, failure in result.failed.items():
        if name in used or (isinstance(check, ConvergenceCheck) and is_path_method(name)):
            return f"{plain(name)} could not be computed: {failure.message}"
    return ""


def is_path_method(name: str) -> bool:
    known = METHODS.get(name)
    return known is not None and issubclass(known, PathSettings)


def outcome(check: Check, known: dict[str, Any], found: CheckFinding) -> Outcome:
    subjects = found.subjects
    lacks = (lacking(check, subject.result) for subject in subjects)
    failed = "" if found.relation else next(filter(None, lacks), "")
    status: Status
    if failed:
        status = "error"
    elif found.met is None:
        status = "skipped"
    else:
        status = "passed" if found.met else "warning" if known["severity"] == "warn" else "failed"
    return Outcome(
        **known,
        status=status,
        models=tuple(dict.fromkeys(subject.entry.model for subject in subjects)),
        inputs=tuple(dict.fromkeys(subject.entry.input for subject in subjects)),
        content=tuple(dict.fromkeys(content(subject.result) for subject in subjects)),
        what=found.what,
        relation=found.relation,
        expected=found.expected,
        found=found.found,
        unit=found.unit,
        part=" ".join(filter(None, (found.part, found.relation))),
        note=failed or found.note,
    )


def tally(outcomes: Iterable[Outcome]) -> dict[Status, int]:
    """Count outcomes by status, the gravest first."""
    found = Counter(one.status for one in outcomes)
    return {status: found[status] for status in GRAVITY if found[status]}


@dataclass(frozen=True)
class CheckResult:
    """A check of the spec and all its outcomes."""

    placed: PlacedCheck
    outcomes: tuple[Outcome, ...]

    @property
    def status(self) -> Status:
        """The gravest of its outcomes; what was skipped counts only where nothing was judged."""
        found = [status for status in tally(self.outcomes) if status != "skipped"]
        return found[0] if found else "skipped"

    @property
    def where(self) -> str:
        """File and line of the check, or its path in a spec that came from no file."""
        place = self.placed.place
        return self.outcomes[0].where.removesuffix(place).rstrip() or place


def by_check(manifest: Manifest, outcomes: Iterable[Outcome]) -> tuple[CheckResult, ...]:
    """Gather outcomes by check, in the order of the spec; checks that none is of are left out."""
    found: dict[str, list[Outcome]] = {}
    for one in outcomes:
        found.setdefault(one.place, []).append(one)
    return tuple(
        CheckResult(placed, tuple(found[placed.place]))
        for placed in placed_checks(manifest)
        if placed.place in found
    )
