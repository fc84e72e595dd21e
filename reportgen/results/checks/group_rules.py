"""The rules of checks about several results: groups of inputs, and two models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reportgen.results.checks.findings import (
    NUMBERS,
    PREDICTION,
    CheckFinding,
    CheckSubject,
    Relation,
    Said,
    Unit,
    bounded,
    explanations,
    probability_of,
    same,
    unexplained,
)
from reportgen.results.predictions import predicted_text
from reportgen.results.words import shift
from reportgen.spec import checks as spec


@dataclass(frozen=True)
class InputGroup:
    """The inputs of one group, of one model: how many, and each as it is read."""

    name: str
    inputs: int
    subjects: Iterator[CheckSubject]


def invariance(check: spec.InvarianceCheck, group: InputGroup) -> Iterator[CheckFinding]:
    """Compare the first explained input of a group with each other one, holding two at a time."""
    if group.inputs == 1:
        note = f"the group {group.name} has one input only"
        yield CheckFinding(None, note=note, subjects=tuple(group.subjects))
        return
    first: CheckSubject | None = None
    compared: list[CheckFinding] = []
    for subject in group.subjects:
        if subject.error:
            yield CheckFinding(None, subjects=(said(subject),))
        elif first is None:
            first = subject
        else:
            about = said(first), said(subject)
            compared += (replace(f, subjects=about) for f in alike(check, first, subject))
    yield from compared


def said(subject: CheckSubject) -> Said:
    text = predicted_text(subject.result)
    return Said(subject.entry, subject.about, text, subject.error)


def alike(
    check: spec.InvarianceCheck, first: CheckSubject, other: CheckSubject
) -> Iterator[CheckFinding]:
    here, there = first.result.prediction, other.result.prediction
    if here is None or there is None:
        yield CheckFinding(None, note="the model predicted nothing")
        return
    one, another = predicted_text(first.result), predicted_text(other.result)
    if one is None or another is None:
        yield CheckFinding(None, note=NUMBERS)
    else:
        yield CheckFinding(one == another, PREDICTION, Relation.IS, here.label, there.label)
    if check.max_probability_change is not None:
        other_p = probability_of(other.result, here.label)
        if same(here.label, there.label):
            other_p = there.probability
        what = f"change of the probability of {here.label}"
        if here.probability is None or other_p is None:
            yield CheckFinding(None, note=f"the model gives no probability of {here.label}")
        else:
            change = abs(here.probability - other_p)
            yield from bounded(None, check.max_probability_change, what, change, Unit.PROBABILITY)
    if check.max_share_moved is not None:
        before, after = explanations(first, check.method), explanations(other, check.method)
        if not before or not after:
            yield unexplained(check.method)
            return
        named = {one.target: one for one in after}
        pairs = [(one, named[one.target]) for one in before if one.target in named]
        for number, pair in enumerate(pairs or [(before[0], after[0])]):
            moved = shift(*pair).share_moved
            what = f"attribution that moved ({pair[0].target})"
            limit, unit = check.max_share_moved, Unit.OF_ATTRIBUTION
            yield from bounded(None, limit, what, moved, unit, part=str(number))


class ModelAgreement:
    """Counts how often two models say the same about the inputs that both read.

    Inputs that one of them could not explain are errors, not counted.
    """

    def __init__(self, check: spec.ModelAgreementCheck) -> None:
        self._check = check
        self._of: dict[str, dict[int, Said]] = {model: {} for model in check.models}

    def see(self, subject: CheckSubject) -> None:
        self._of[subject.entry.model][subject.entry.input] = said(subject)

    def findings(self) -> Iterator[CheckFinding]:
        first, second = self._check.models
        here, there = self._of[first], self._of[second]
        pairs = [(here[number], there[number]) for number in sorted(here.keys() & there.keys())]
        failed = [one for pair in pairs for one in pair if one.error]
        yield from (CheckFinding(None, subjects=(one,)) for one in failed)
        shared = [pair for pair in pairs if not any(one.error for one in pair)]
        if any(one.text is None for pair in shared for one in pair):
            yield CheckFinding(None, note=NUMBERS)
            return
        if not shared:
            note = f"{first} and {second} share no input that both explained"
            yield CheckFinding(None, note=note)
            return
        unequal = [pair for pair in shared if pair[0].text != pair[1].text]
        agreed = (len(shared) - len(unequal)) / len(shared)
        unlike = tuple(one for pair in unequal for one in pair)
        what = f"agreement of {first} and {second}"
        for found in bounded(self._check.min, None, what, agreed, Unit.OF_INPUTS):
            yield replace(found, subjects=unlike)
