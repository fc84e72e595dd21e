"""What a check looks at, what it finds, and what all rules share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from reportgen.results.matching import Content
from reportgen.results.model import Failure, JobEntry, JobResult
from reportgen.results.store import Store
from reportgen.results.words import Explanation, targets_explained


class Relation(StrEnum):
    """How what was found has to relate to what was expected, as outcomes are written."""

    IS = "is"
    IS_NOT = "is not"
    IS_ONE_OF = "is one of"
    IS_AS_IN_BASE = "is as in the base run"
    AT_LEAST = "is at least"
    AT_MOST = "is at most"
    HAS = "has"
    HAS_NOT = "has not"
    NONE = ""


class Unit(StrEnum):
    """What the numbers of an outcome are, as outcomes are written."""

    PROBABILITY = "probability"
    SPEARMAN = "Spearman's rank correlation"
    OF_ATTRIBUTION = "of the attribution"
    OF_CHANGE = "of the output's change"
    OF_INPUTS = "of the inputs"
    OF_REMOVAL = "of what removing words could show"
    OF_ACCURACY = "of accuracy"
    NONE = ""

    @property
    def is_share(self) -> bool:
        """Tell whether a number is a part of a whole, 1 of which is all."""
        return self in (
            Unit.OF_ATTRIBUTION,
            Unit.OF_CHANGE,
            Unit.OF_INPUTS,
            Unit.OF_REMOVAL,
            Unit.OF_ACCURACY,
        )


Value = str | float | tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Before:
    """What the base run says of an input: its prediction, and that so that it can be compared."""

    label: str
    text: str | None


class About(NamedTuple):
    """What outcomes name: models, positions of inputs, and what these say."""

    models: tuple[str, ...]
    inputs: tuple[int, ...]
    content: tuple[Content, ...]


@dataclass(frozen=True, slots=True)
class CheckSubject:
    """One result that a check looks at; ``base`` is what the base run says of the same input."""

    entry: JobEntry
    result: JobResult
    store: Store
    base: Before | None
    about: About

    @property
    def error(self) -> Failure | None:
        return self.result.error

    @property
    def failed(self) -> Mapping[str, Failure]:
        return self.result.failed


@dataclass(frozen=True, slots=True)
class Said:
    """What is kept of a result that others are counted with: what it predicts, as compared."""

    entry: JobEntry
    about: About
    text: str | None
    error: Failure | None

    @property
    def failed(self) -> Mapping[str, Failure]:
        """Nothing: a prediction needs no method."""
        return {}


Subject = CheckSubject | Said


def about(subjects: Sequence[Subject]) -> About:
    """Name all of ``subjects``, each model, position and text once."""
    if len(subjects) == 1:
        return subjects[0].about  # which all its outcomes share
    each = [one.about for one in subjects]
    return About(
        tuple(dict.fromkeys(name for one in each for name in one.models)),
        tuple(dict.fromkeys(number for one in each for number in one.inputs)),
        tuple(dict.fromkeys(text for one in each for text in one.content)),
    )


@dataclass(frozen=True)
class CheckFinding:
    """What a check found; ``met`` is ``None`` where it could not be judged, as ``note`` says.

    ``part`` tells the outputs of one result apart, by their place among what is explained.
    ``subjects`` are the results it is about, of rules that look at several.
    """

    met: bool | None
    what: str = ""
    relation: Relation = Relation.NONE
    expected: Value = None
    found: Value = None
    unit: Unit = Unit.NONE
    note: str = ""
    part: str = ""
    subjects: tuple[Subject, ...] = ()


PREDICTION = "prediction"
"""What is measured where a prediction itself is looked at."""

NUMBERS = "the model predicts numbers, which are not compared"
"""Why predictions are not compared."""


def plain(method: str) -> str:
    """Write a method's name in words."""
    return method.replace("_", " ")


def same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def probability_of(result: JobResult, label: str) -> float | None:
    """Return the probability of a class, of an answer wherever it stands, or of what fills a gap.

    ``None`` where the model gives none, or where the label is not among the best it names.
    """
    prediction = result.prediction
    if prediction is None:
        return None
    scores = prediction.steps[0].scores if len(prediction.steps) == 1 else prediction.scores
    named = [(score.label, score.probability) for score in scores]
    named += [(span.text, span.probability) for span in prediction.spans]
    found = [p for name, p in named if p is not None and same(name, label)]
    return sum(found) if found else None


def bounded(
    low: float | None, high: float | None, what: str, found: float, unit: Unit, part: str = ""
) -> Iterator[CheckFinding]:
    if low is not None:
        yield CheckFinding(found >= low, what, Relation.AT_LEAST, low, found, unit, part=part)
    if high is not None:
        yield CheckFinding(found <= high, what, Relation.AT_MOST, high, found, unit, part=part)


def explanations(subject: CheckSubject, method: str) -> list[Explanation]:
    """Return the explained outputs of a result, without those no word had a part in."""
    names = targets_explained(subject.store, subject.result, method)
    found = (Explanation(subject.store, subject.result, method, name) for name in names)
    return [one for one in found if one.shares.any()]


def absent(words: list[str], subject: CheckSubject) -> CheckFinding:
    """Say that no word of a check is in the text, or in as much of it as the model reads."""
    where = "the part of the text that was read" if subject.result.truncation else "the text"
    return CheckFinding(None, note=f"none of these words is in {where}: {', '.join(words)}")


def unexplained(method: str) -> CheckFinding:
    return CheckFinding(None, note=f"{plain(method)} gives no score per word of this input")
