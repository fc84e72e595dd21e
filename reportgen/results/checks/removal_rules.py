"""The rules of checks about what a model says when words are removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportgen.methods.faithfulness import Faithfulness
from reportgen.results.checks.findings import (
    NUMBERS,
    CheckFinding,
    CheckSubject,
    Relation,
    Unit,
    absent,
    bounded,
    plain,
)
from reportgen.results.model import JobResult
from reportgen.results.predictions import predicted_text
from reportgen.results.removal import RANDOM, Removal, first_played, measure_of
from reportgen.spec import checks as spec
from reportgen.spec.text_words import named


def faithfulness(check: spec.FaithfulnessCheck, subject: CheckSubject) -> Iterator[CheckFinding]:
    removals = first_played(subject.result.removals)
    measured = [removal for removal in removals if removal.measures]
    if not removals:
        yield unplayed(subject.result)
    elif not measured:
        yield CheckFinding(None, note="no method has scores of what was removed")
    for number, removal in enumerate(measured):
        part, about = str(number), f" ({removal.target})" if removal.target else ""
        found = measure_of(removal, check.method)
        if found is None:
            note = f"{plain(check.method)} has no score per word that could be measured{about}"
            yield CheckFinding(None, note=note)
            continue
        reached = found.normalized_comprehensiveness
        if reached is None:
            note = f"no order of removal differs from another{about}"
            yield CheckFinding(None, note=note)
            continue
        what = f"faithfulness of {plain(check.method)}{about}"
        yield from bounded(check.min, None, what, reached, Unit.OF_REMOVAL, part=part)
        if check.above_random is None:
            continue
        chance = measure_of(removal, RANDOM)
        if chance is None or chance.normalized_comprehensiveness is None:
            yield CheckFinding(None, note=f"random orders were not measured{about}")
            continue
        above = reached - chance.normalized_comprehensiveness
        what = f"faithfulness of {plain(check.method)} above random orders{about}"
        yield from bounded(check.above_random, None, what, above, Unit.OF_REMOVAL, part=part)


def flips_without(check: spec.FlipsWithoutCheck, subject: CheckSubject) -> Iterator[CheckFinding]:
    yield from without(check.words, subject, Relation.IS_NOT)


def stable_without(check: spec.StableWithoutCheck, subject: CheckSubject) -> Iterator[CheckFinding]:
    yield from without(check.words, subject, Relation.IS)


def without(
    words: Sequence[str], subject: CheckSubject, relation: Relation
) -> Iterator[CheckFinding]:
    """Compare what the model says without words, all their places removed together.

    Where it says something of several tokens, each that is explained is judged.
    """
    result = subject.result
    if result.prediction is None or predicted_text(result) is None:
        yield CheckFinding(None, note=NUMBERS if result.prediction else NOTHING)
        return
    wanted = {named(word) for word in words}
    held = [word for word in result.words if named(word.text) in wanted]
    removals = first_played(result.removals)
    if not held:
        yield absent(list(words), subject)
        return
    if not removals:
        yield unplayed(result)
        return
    here: dict[str, str] = {}
    for word in held:
        here.setdefault(named(word.text), word.text)
    said = ", ".join(here.values())
    tokens = {i for word in held for i in range(word.first, word.last)}
    played = [(removal, units_with(removal, tokens)) for removal in removals]
    played = [(removal, units) for removal, units in played if units]
    if not played:
        yield CheckFinding(None, note=f"no word of this part of the input is removed: {said}")
        return
    several = len(result.prediction.steps) > 1
    for number, (removal, units) in enumerate(played if several else played[:1]):
        outcome = next((one for one in removal.asked if set(one.removed) == units), None)
        if outcome is None:
            note = f"what the model says without {said} was not computed"
            yield CheckFinding(None, note=note)
            continue
        about = f" ({removal.target})" if several and removal.target else ""
        yield CheckFinding(
            outcome.turned != (relation is Relation.IS),
            f"prediction without {said}{about}",
            relation,
            label_of(result, removal),
            outcome.label,
            note=NOTES.get(removal.granularity, ""),
            part=str(number),
        )


NOTHING = "the model predicted nothing"


def label_of(result: JobResult, removal: Removal) -> str:
    """Return what is predicted where an output is read, or the whole prediction.

    Of a contrast which of the two is ahead.
    """
    prediction = result.prediction
    assert prediction is not None, "only asked where something is predicted"
    found = next((one for one in result.targets if one.name == removal.target), None)
    if found is not None and found.rather_than is not None:
        first, _, second = found.name.partition(" rather than ")
        other = second if found.position is None else second.rpartition(" at ")[0]
        return first if removal.output >= 0.5 else other
    if len(prediction.steps) < 2 or found is None or found.position is None:
        return prediction.label
    places = (found.position, found.position + 1)  # a text is written one token ahead
    steps = (step for step in prediction.steps if step.position in places)
    label = next((step.label for step in steps if step.index == found.index), None)
    return prediction.label if label is None else label


NOTES = {"sentence": "whole sentences were removed"}
"""What more was removed than the words, by what is removed as one."""


def units_with(removal: Removal, tokens: set[int]) -> set[int]:
    """Return the units that hold any of these tokens."""
    return {
        i
        for i, (first, last) in enumerate(removal.units)
        if tokens.intersection(range(first, last))
    }


def unplayed(result: JobResult) -> CheckFinding:
    """Say why no words of an input were removed."""
    name = Faithfulness.name
    why = result.skipped.get(name, f"{name} was not asked for of this input")
    return CheckFinding(None, note=f"no words were removed: {why}")
