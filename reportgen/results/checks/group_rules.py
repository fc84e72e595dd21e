"""The rules of checks about several results: groups of inputs, and two models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reportgen.results.checks.findings import (
    NUMBERS,
    PREDICTION,
    CheckFinding,
    CheckSubject,
    Relation,
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


def invariance(
    check: spec.InvarianceCheck, subjects: Sequence[CheckSubject]
) -> Iterator[CheckFinding]:
    """Compare the first explained input of each group with each other one, by model."""
    groups: dict[tuple[str, str], list[CheckSubject]] = {}
    for subject in subjects:
        if subject.entry.group is not None:
            groups.setdefault((subject.entry.model, subject.entry.group), []).append(subject)
    for (_, group), members in groups.items():
        if len(members) == 1:
            note = f"the group {group} has one input only"
            yield CheckFinding(None, note=note, subjects=tuple(members))
            continue
        yield from (
            CheckFinding(None, subjects=(subject,)) for subject in members if subject.result.error
        )
        explained = [subject for subject in members if not subject.result.error]
        for other in explained[1:]:
            for found in alike(check, explained[0], other):
                yield replace(found, subjects=(explained[0], other))


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


def model_agreement(
    check: spec.ModelAgreementCheck, subjects: Sequence[CheckSubject]
) -> Iterator[CheckFinding]:
    """Count how often two models say the same about the inputs that both read.

    Inputs that one of them could not explain are errors, not counted.
    """
    first, second = check.models
    of: dict[str, dict[int, CheckSubject]] = {first: {}, second: {}}
    for subject in subjects:
        of[subject.entry.model][subject.entry.input] = subject
    both = sorted(of[first].keys() & of[second].keys())
    pairs = {number: (of[first][number], of[second][number]) for number in both}
    failed = [subject for pair in pairs.values() for subject in pair if subject.result.error]
    yield from (CheckFinding(None, subjects=(subject,)) for subject in failed)
    shared = [
        number for number in both if not any(subject.result.error for subject in pairs[number])
    ]
    if any(
        predicted_text(subject.result) is None for number in shared for subject in pairs[number]
    ):
        yield CheckFinding(None, note=NUMBERS)
        return
    if not shared:
        yield CheckFinding(None, note=f"{first} and {second} share no input that both explained")
        return
    unequal = [
        n
        for n in shared
        if predicted_text(pairs[n][0].result) != predicted_text(pairs[n][1].result)
    ]
    agreed = (len(shared) - len(unequal)) / len(shared)
    unlike = tuple(subject for number in unequal for subject in pairs[number])
    what = f"agreement of {first} and {second}"
    for found in bounded(check.min, None, what, agreed, Unit.OF_INPUTS):
        yield replace(found, subjects=unlike)
