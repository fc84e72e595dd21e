"""The rules of checks about several results: groups of inputs, and two models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reportgen.results.checks.findings import (
    NUMBERS,
    Case,
    Finding,
    bounded,
    explanations,
    probability_of,
    same,
    unexplained,
)
from reportgen.results.predictions import said
from reportgen.results.words import shift
from reportgen.spec import checks as spec


def invariance(check: spec.Invariance, cases: Sequence[Case]) -> Iterator[Finding]:
    """Compare the first explained input of each group with each other one, by model."""
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        if case.entry.group is not None:
            groups.setdefault((case.entry.model, case.entry.group), []).append(case)
    for (_, group), members in groups.items():
        if len(members) == 1:
            note = f"the group {group} has one input only"
            yield Finding(None, note=note, cases=tuple(members))
            continue
        yield from (Finding(None, cases=(case,)) for case in members if case.result.error)
        explained = [case for case in members if not case.result.error]
        for other in explained[1:]:
            for found in alike(check, explained[0], other):
                yield replace(found, cases=(explained[0], other))


def alike(check: spec.Invariance, first: Case, other: Case) -> Iterator[Finding]:
    here, there = first.result.prediction, other.result.prediction
    if here is None or there is None:
        yield Finding(None, note="the model predicted nothing")
        return
    if "regression" in (here.kind, there.kind):
        yield Finding(None, note=NUMBERS)
    else:
        met = said(first.result) == said(other.result)
        yield Finding(met, "prediction", "is", here.label, there.label)
    if check.max_probability_change is not None:
        other_p = probability_of(other.result, here.label)
        if same(here.label, there.label):
            other_p = there.probability
        what = f"change of the probability of {here.label}"
        if here.probability is None or other_p is None:
            yield Finding(None, note=f"the model gives no probability of {here.label}")
        else:
            change = abs(here.probability - other_p)
            yield from bounded(None, check.max_probability_change, what, change, "probability")
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
            limit, unit = check.max_share_moved, "of the attribution"
            yield from bounded(None, limit, what, moved, unit, part=str(number))


def model_agreement(check: spec.ModelAgreement, cases: Sequence[Case]) -> Iterator[Finding]:
    """Count how often two models say the same about the inputs that both read.

    Inputs that one of them could not explain are errors, not counted.
    """
    first, second = check.models
    of: dict[str, dict[int, Case]] = {first: {}, second: {}}
    for case in cases:
        of[case.entry.model][case.entry.input] = case
    both = sorted(of[first].keys() & of[second].keys())
    pairs = {number: (of[first][number], of[second][number]) for number in both}
    failed = [case for pair in pairs.values() for case in pair if case.result.error]
    yield from (Finding(None, cases=(case,)) for case in failed)
    shared = [number for number in both if not any(case.result.error for case in pairs[number])]
    if any(said(case.result) is None for number in shared for case in pairs[number]):
        yield Finding(None, note=NUMBERS)
        return
    if not shared:
        yield Finding(None, note=f"{first} and {second} share no input that both explained")
        return
    unequal = [n for n in shared if said(pairs[n][0].result) != said(pairs[n][1].result)]
    agreed = (len(shared) - len(unequal)) / len(shared)
    unlike = tuple(case for number in unequal for case in pairs[number])
    what = f"agreement of {first} and {second}"
    for found in bounded(check.min, None, what, agreed, "of the inputs"):
        yield replace(found, cases=unlike)
