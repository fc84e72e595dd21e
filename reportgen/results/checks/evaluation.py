"""The spec's checks, judged from stored results.

Every check of every input it looks at has an outcome of its own, with what was expected and
what was found. A check that nothing could be judged by fails: it would otherwise pass forever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from sys import intern
from typing import Any, Literal, get_args

from reportgen.methods import PathSettings
from reportgen.results.checks.findings import (
    PREDICTION,
    About,
    Before,
    CheckFinding,
    CheckSubject,
    Relation,
    Subject,
    Unit,
    Value,
    about,
    plain,
)
from reportgen.results.checks.group_rules import InputGroup, ModelAgreement, invariance
from reportgen.results.checks.rules import RULES
from reportgen.results.checks.slice_gap import SliceGap
from reportgen.results.lean import LastArrays, in_order, places_in_order
from reportgen.results.matching import Content, content, fingerprint, pair_models
from reportgen.results.model import JobEntry, JobResult, Manifest
from reportgen.results.predictions import predicted_text
from reportgen.results.store import Store
from reportgen.results.stored_run import StoredRun
from reportgen.spec.checks import (
    Check,
    ConvergenceCheck,
    InvarianceCheck,
    ModelAgreementCheck,
    PredictionCheck,
    SliceGapCheck,
    methods_used,
    read_checks,
)
from reportgen.spec.methods import METHODS

Status = Literal["error", "failed", "warning", "skipped", "passed"]

GRAVITY: tuple[Status, ...] = get_args(Status)
"""Every status, the gravest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
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


COLUMNS = tuple(field.name for field in fields(Outcome))
"""What an outcome tells, by name."""


def evaluate_checks(results: StoredRun, base: StoredRun | None = None) -> tuple[Outcome, ...]:
    """Judge every check of a run, in the order of the spec: its own, then those of its inputs.

    The results are gone over once, those of a group another time. Raises ``ResultsError`` where a
    result file cannot be read.
    """
    judge = Judge(results, base)
    if judge.checks:
        for entry, result in in_order(results):
            judge.see(entry, result)
    return judge.outcomes()


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


class Judge:
    """Judges the checks of a run from its results, which it sees one after another.

    Of each it keeps the outcomes, and what later ones are compared with, and not the result.
    Arrays are read from ``store``, by default the run's own.
    """

    def __init__(
        self, results: StoredRun, base: StoredRun | None = None, store: Store | None = None
    ) -> None:
        self.checks = tuple(
            JudgedCheck(placed, results.manifest, base is not None)
            for placed in placed_checks(results.manifest)
        )
        self._results, self._store = results, store or LastArrays(results.store)
        self._own = [one for one in self.checks if one.placed.entry is None]
        self._beside: dict[int | None, list[JudgedCheck]] = {}
        for one in self.checks:
            if one.placed.entry is not None:
                self._beside.setdefault(one.placed.entry, []).append(one)
        wanted = any(
            isinstance(c.check, PredictionCheck) and c.check.unchanged for c in self.checks
        )
        self._before = said_before(results, base) if base is not None and wanted else {}

    def see(self, entry: JobEntry, result: JobResult) -> None:
        """Judge one result; raise ``ResultsError`` where its arrays cannot be read."""
        checks = [*self._own, *self._beside.get(entry.entry, ())]
        checks = [one for one in checks if one.looks_at(entry)]
        if checks:
            subject = self._subject(entry, result)
            for one in checks:
                one.see(subject)

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return what became of every check; groups of inputs are read again for it."""
        return tuple(outcome for one in self.checks for outcome in one.outcomes(self._read_group))

    def _subject(self, entry: JobEntry, result: JobResult) -> CheckSubject:
        said = content(result)
        before = self._before.get((entry.model, fingerprint(said))) if self._before else None
        named = About((entry.model,), (entry.input,), (said,))
        return CheckSubject(entry, result, self._store, before, named)

    def _read_group(self, entries: Callable[[JobEntry], bool]) -> Iterator[InputGroup]:
        """Yield the inputs of each group among ``entries``, by model, to be read one by one."""
        groups: dict[tuple[str, str], list[int]] = {}
        for place in places_in_order(self._results.manifest):
            entry = self._results.manifest.jobs[place]
            if entry.group is not None and entries(entry):
                groups.setdefault((entry.model, entry.group), []).append(place)
        for (_, name), places in groups.items():
            pairs = (self._results.entries[place] for place in places)
            subjects = (self._subject(*pair) for pair in pairs)
            yield InputGroup(name, len(places), subjects)


class JudgedCheck:
    """One check and what became of it so far."""

    def __init__(self, placed: PlacedCheck, manifest: Manifest, has_base: bool) -> None:
        check, place = placed.check, placed.place
        self.placed = placed
        self.ended = manifest.planned is None
        # Which models a check is about, its outcomes say; that of two models is another for others.
        apart = {"severity"} if isinstance(check, ModelAgreementCheck) else {"severity", "models"}
        self.known: dict[str, Any] = {
            "check": check.name,
            "place": place,
            "where": manifest.places.get(place, ""),
            "severity": check.severity,
            "rule": check.model_dump_json(exclude=apart, exclude_none=True),
            "group": check.group,
        }
        self.first: list[Outcome] = []
        self.found: list[Outcome] = []
        self.counted: ModelAgreement | SliceGap | None = None
        self.idle = isinstance(check, InvarianceCheck)
        if isinstance(check, ModelAgreementCheck):
            self.counted = ModelAgreement(check)
        if isinstance(check, SliceGapCheck):
            self.counted = SliceGap(check, manifest)
        if isinstance(check, PredictionCheck) and check.unchanged and not has_base:
            note = "there is no base run to compare with"
            self.first = [Outcome(**self.known, status="skipped", what=PREDICTION, note=note)]
            self.idle = check.equals is None and check.one_of is None
            check = check.model_copy(update={"unchanged": None})
        self.check: Check = check

    def looks_at(self, entry: JobEntry) -> bool:
        """Tell whether it has to see the result of ``entry`` as all are gone over."""
        return not self.idle and self.is_about(entry)

    def is_about(self, entry: JobEntry) -> bool:
        check = self.check
        return (
            (check.models is None or entry.model in check.models)
            and (check.group is None or entry.group == check.group)
            and self.placed.entry in (None, entry.entry)
        )

    def see(self, subject: CheckSubject) -> None:
        if self.counted is not None:
            self.counted.see(subject)
            return
        rule = RULES[type(self.check)]
        found: Iterable[CheckFinding] = [CheckFinding(None)]
        if not lacking(self.check, subject):
            found = rule(self.check, subject)
        self.found += (outcome(self.check, self.known, one, (subject,)) for one in found)

    def outcomes(
        self, groups: Callable[[Callable[[JobEntry], bool]], Iterator[InputGroup]]
    ) -> list[Outcome]:
        """Return its outcomes, at least one."""
        check, found = self.check, self.found
        if self.idle and self.first:
            return self.first
        if isinstance(check, InvarianceCheck):
            found = [
                outcome(check, self.known, one, one.subjects)
                for group in groups(self.is_about)
                for one in invariance(check, group)
            ]
        elif self.counted is not None:
            found = [
                outcome(check, self.known, one, one.subjects) for one in self.counted.findings()
            ]
        errors = [one for one in found if one.status == "error"]
        skipped = [one for one in found if one.status == "skipped"]
        if len(errors) + len(skipped) == len(found) and (skipped or not errors):
            reasons = Counter(one.note for one in skipped)
            why = "; ".join(f"{note} ({n} times)" if n > 1 else note for note, n in reasons.items())
            yet = "" if self.ended else " yet"
            note = f"nothing could be judged{yet}: {why or 'it matched no input'}"
            nothing: Status = "failed" if self.ended else "skipped"
            found = [*errors, Outcome(**self.known, status=nothing, note=note)]
        return [*self.first, *found]


def said_before(results: StoredRun, base: StoredRun) -> dict[tuple[str, bytes], Before]:
    """Return what the base run predicted, by the model it is called in this run, and by text."""
    called = {before.model: after.model for before, after in pair_models(base, results)[0]}
    return {
        (called[entry.model], fingerprint(content(result))): Before(
            result.prediction.label, predicted_text(result)
        )
        for entry, result in base.entries
        if entry.model in called and result.prediction is not None
    }


def lacking(check: Check, subject: Subject) -> str:
    """Say what went wrong with a result and leaves nothing to judge; nothing where all is there."""
    if subject.error is not None:
        return f"the input could not be explained: {subject.error.message}"
    if not subject.failed:
        return ""
    used = {name for _, name in methods_used(check)}
    for name, failure in subject.failed.items():
        if name in used or (isinstance(check, ConvergenceCheck) and is_path_method(name)):
            return f"{plain(name)} could not be computed: {failure.message}"
    return ""


def is_path_method(name: str) -> bool:
    known = METHODS.get(name)
    return known is not None and issubclass(known, PathSettings)


def outcome(
    check: Check, known: dict[str, Any], found: CheckFinding, subjects: Sequence[Subject]
) -> Outcome:
    lacks = (lacking(check, subject) for subject in subjects)
    failed = "" if found.relation else next(filter(None, lacks), "")
    status: Status
    if failed:
        status = "error"
    elif found.met is None:
        status = "skipped"
    else:
        status = "passed" if found.met else "warning" if known["severity"] == "warn" else "failed"
    named = about(subjects)
    return Outcome(
        **known,
        status=status,
        models=named.models,
        inputs=named.inputs,
        content=named.content,
        what=intern(found.what),
        relation=found.relation,
        expected=found.expected,
        found=found.found,
        unit=found.unit,
        part=intern(" ".join(filter(None, (found.part, found.relation)))),
        note=intern(failed or found.note),
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
