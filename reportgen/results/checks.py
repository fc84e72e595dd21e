"""The spec's checks, judged from stored results.

Every check of every input it looks at has an outcome of its own, with what was expected and
what was found. A check that nothing could be judged by fails: it would otherwise pass forever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, get_args

from reportgen.results.matching import Content, content, pair_models
from reportgen.results.model import JobResult, Record
from reportgen.results.rules import Case, Finding, Relation, Value, findings
from reportgen.results.tables import Results
from reportgen.spec.checks import Check, Prediction, read_checks

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
    more about what was found.
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
    relation: Relation = ""
    expected: Value = None
    found: Value = None
    unit: str = ""
    note: str = ""

    @property
    def breaks(self) -> bool:
        """Tell whether the run does not pass with this outcome."""
        return self.status in ("failed", "error")


def judge(results: Results, base: Results | None = None) -> tuple[Outcome, ...]:
    """Judge every check of a run, in the order of the spec: its own, then those of its inputs.

    Raises ``ResultsError`` where a result file cannot be read.
    """
    stored = results.manifest.spec
    cases = read_cases(results, base)
    found: list[Outcome] = []
    for index, check in enumerate(read_checks(stored.get("checks"))):
        found += judge_check(check, f"checks[{index}]", results, cases, base is not None)
    for entry, part in enumerate(stored.get("inputs", ())):
        mine = [case for case in cases if case.entry.entry == entry]
        for index, check in enumerate(read_checks(part.get("checks"))):
            place = f"inputs[{entry}].checks[{index}]"
            found += judge_check(check, place, results, mine, base is not None)
    return tuple(found)


def read_cases(results: Results, base: Results | None) -> list[Case]:
    """Pair every result with that of the same model and text in the base run."""
    known: dict[tuple[str, Content], JobResult] = {}
    if base is not None:
        called = {before.model: after.model for before, after in pair_models(base, results)[0]}
        known = {
            (called[entry.model], content(result)): result
            for entry, result in base.headers
            if entry.model in called
        }
    return [
        Case(entry, result, results.store, known.get((entry.model, content(result))))
        for entry, result in results.headers
    ]


def judge_check(
    check: Check, place: str, results: Results, cases: Sequence[Case], has_base: bool
) -> Iterator[Outcome]:
    """Yield the outcomes of one check, at least one."""
    seen = [
        case
        for case in cases
        if (check.models is None or case.entry.model in check.models)
        and (check.group is None or case.entry.group == check.group)
    ]
    known = {
        "check": check.name,
        "place": place,
        "where": results.manifest.places.get(place, ""),
        "severity": check.severity,
        "rule": check.model_dump_json(exclude={"severity", "models"}, exclude_none=True),
        "group": check.group,
    }
    if isinstance(check, Prediction) and check.unchanged and not has_base:
        note = "there is no base run to compare with"
        yield Outcome(**known, status="skipped", what="prediction", note=note)
        return
    outcomes = [outcome(known, found) for found in findings(check, seen)]
    errors = [one for one in outcomes if one.status == "error"]
    skipped = [one for one in outcomes if one.status == "skipped"]
    if len(errors) + len(skipped) == len(outcomes) and (skipped or not errors):
        reasons = Counter(one.note for one in skipped)
        why = "; ".join(f"{note} ({n} times)" if n > 1 else note for note, n in reasons.items())
        note = f"nothing could be judged: {why or 'it matched no input'}"
        outcomes = [*errors, Outcome(**known, status="failed", note=note)]
    yield from outcomes


def outcome(known: dict[str, object], found: Finding) -> Outcome:
    cases = found.cases
    failed = next((case.result.error for case in cases if case.result.error), None)
    status: Status
    if failed is not None:
        status = "error"
    elif found.met is None:
        status = "skipped"
    else:
        status = "passed" if found.met else "warning" if known["severity"] == "warn" else "failed"
    return Outcome(
        **known,
        status=status,
        models=tuple(dict.fromkeys(case.entry.model for case in cases)),
        inputs=tuple(dict.fromkeys(case.entry.input for case in cases)),
        content=tuple(dict.fromkeys(content(case.result) for case in cases)),
        what=found.what,
        relation=found.relation,
        expected=found.expected,
        found=found.found,
        unit=found.unit,
        note=f"the input could not be explained: {failed.message}" if failed else found.note,
    )


def tally(outcomes: Iterable[Outcome]) -> dict[Status, int]:
    """Count outcomes by status, the gravest first."""
    found = Counter(one.status for one in outcomes)
    return {status: found[status] for status in GRAVITY if found[status]}
