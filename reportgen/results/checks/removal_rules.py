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
    if not removals:
        yield unplayed(subject.result)
    for number, removal in enumerate(removals):
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
    yield without(check.words, subject, Relation.IS_NOT)


def stable_without(check: spec.StableWithoutCheck, subject: CheckSubject) -> Iterator[CheckFinding]:
    yield without(check.words, subject, Relation.IS)


def without(words: Sequence[str], subject: CheckSubject, relation: Relation) -> CheckFinding:
    """Compare what the model says without words, all their places removed together."""
    result = subject.result
    prediction = result.prediction
    if prediction is None:
        return CheckFinding(None, note="the model predicted nothing")
    if predicted_text(result) is None:
        return CheckFinding(None, note=NUMBERS)
    wanted = {named(word) for word in words}
    held = [word for word in result.words if named(word.text) in wanted]
    if not held:
        return absent(list(words), subject)
    removals = first_played(result.removals)
    if not removals:
        return unplayed(result)
    here: dict[str, str] = {}
    for word in held:
        here.setdefault(named(word.text), word.text)
    said = ", ".join(here.values())
    tokens = {i for word in held for i in range(word.first, word.last)}
    for removal in removals:
        units = units_with(removal, tokens)
        if not units:
            continue
        for outcome in removal.asked:
            if set(outcome.removed) == units:
                turned = outcome.label.strip().casefold() != prediction.label.strip().casefold()
                return CheckFinding(
                    turned == (relation is Relation.IS_NOT),
                    f"prediction without {said}",
                    relation,
                    prediction.label,
                    outcome.label,
                    note=NOTES.get(removal.granularity, ""),
                )
        return CheckFinding(None, note=f"what the model says without {said} was not computed")
    return CheckFinding(None, note=f"no word of this part of the input is removed: {said}")


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
