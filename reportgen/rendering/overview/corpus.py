"""Over all inputs: which labels are mixed up, and which entities are right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reportgen.rendering.drawing.palette import STEPS
from reportgen.rendering.drawing.tables import Heat, Table
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.wording.numbers import fixed
from reportgen.results.entities import SpanCounts, count_spans, micro
from reportgen.results.model import JobResult

MANY = 10
"""Inputs from which on something is said about all of them."""


@dataclass(frozen=True)
class Confusion:
    """How often each expected label (rows) got each predicted one (columns)."""

    model: str
    judged: int
    heat: Heat


@dataclass(frozen=True)
class Corpus:
    """What holds over all inputs of a model; empty where there are too few of them.

    ``entities`` has a table for each tagger whose labels are judged.
    """

    confusions: tuple[Confusion, ...]
    entities: tuple[tuple[str, Table], ...]

    def __bool__(self) -> bool:
        return bool(self.confusions or self.entities)


class ModelNumbers:
    """What is kept of all inputs of one model: counts of ``entities`` by kind."""

    def __init__(self) -> None:
        self.entities: dict[str, SpanCounts] = {}

    def see(self, result: JobResult) -> None:
        """Add a result of a run."""
        for kind, counted in count_spans((result,)).items():
            self.entities[kind] = self.entities.get(kind, SpanCounts()) + counted


def corpus(briefs: tuple[Brief, ...], models: Mapping[str, ModelNumbers]) -> Corpus:
    """Say what holds over all inputs of each model."""
    of = {model: [brief for brief in briefs if brief.model == model] for model in models}
    confusions = (confusion(model, members) for model, members in of.items())
    return Corpus(
        confusions=tuple(found for found in confusions if found),
        entities=tuple(
            (model, entity_table(dict(sorted(found.entities.items()))))
            for model, found in models.items()
            if found.entities
        ),
    )


Pair = tuple[str, str]


def entity_table(counts: Mapping[str, SpanCounts]) -> Table:
    """Say by kind how many predicted entities are right, and how many expected ones are found."""
    rows = dict(counts)
    if len(counts) > 1:
        rows["all (micro average)"] = micro(counts)
    return Table(
        ("label", "precision", "recall", "F1", "predicted", "expected", "right"),
        tuple(
            (
                kind,
                *(fixed(value, 3) for value in (one.precision, one.recall, one.f1)),
                *(f"{amount:,}" for amount in (one.predicted, one.expected, one.right)),
            )
            for kind, one in rows.items()
        ),
    )


def confusion(model: str, briefs: Iterable[Brief]) -> Confusion | None:
    """Count expected and predicted labels of a classifier."""
    pairs: Counter[Pair] = Counter()
    for brief in briefs:
        prediction, kind = brief.result.prediction, brief.result.prediction_kind
        if prediction is None or kind is None or not kind.exclusive or prediction.correct is None:
            continue
        expected = prediction.label if prediction.correct else prediction.expected
        pairs[expected or brief.result.expect or "", prediction.label] += 1
    if pairs.total() < MANY:
        return None
    labels = sorted({label for pair in pairs for label in pair})
    most = max(pairs.values())

    def cell(expected: str, predicted: str) -> tuple[str, str]:
        times = pairs[expected, predicted]
        step = round(STEPS * times / most)
        return f"m{step}" if step else "", f"{times:,}"

    rows = [label for label in labels if any(pairs[label, other] for other in labels)]
    columns = [label for label in labels if any(pairs[other, label] for other in labels)]
    return Confusion(
        model=model,
        judged=pairs.total(),
        heat=Heat(
            "expected",
            tuple(columns),
            tuple((label, tuple(cell(label, other) for other in columns)) for label in rows),
        ),
    )
