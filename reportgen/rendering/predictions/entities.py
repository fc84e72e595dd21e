"""The entities of a tagger: spans in the text with their labels, and both in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.predictions.view import PredictionView
from reportgen.rendering.wording.entities import MOST, explained, missed, more
from reportgen.rendering.wording.labels import SEGMENT_TITLES
from reportgen.rendering.wording.numbers import probability
from reportgen.results.entities import Entity, entities
from reportgen.results.model import JobResult, Prediction
from reportgen.results.review import LOW_CONFIDENCE


@dataclass(frozen=True)
class EntityMark:
    """An entity in the text; ``gap`` is the plain text before it, ``title`` its tokens' labels."""

    gap: str
    text: str
    kind: str
    probability: str
    low: bool
    wrong: bool
    title: str


@dataclass(frozen=True)
class EntityText:
    """One text of the input with its entities; ``rest`` is what follows the last one."""

    title: str
    marks: tuple[EntityMark, ...]
    rest: str


@dataclass(frozen=True)
class Entities(PredictionView):
    """What a tagger says; ``missed`` and ``explained`` are empty where all is well.

    ``named`` are the first entities with their kind.
    """

    template: ClassVar[str] = "entities"
    texts: tuple[EntityText, ...]
    missed: str
    explained: str
    table: Table | None
    labels: Table


def entity_view(result: JobResult) -> Entities:
    """Show what a tagger says of a text."""
    assert result.prediction is not None
    found = entities(result)
    return Entities(
        named=tuple((text_of(result, one), one.kind) for one in found[:MOST]),
        more=more(found),
        texts=texts(result, found),
        missed=missed(result),
        explained=explained(result),
        table=entity_table(result, found) if found else None,
        labels=label_table(result.prediction),
    )


def texts(result: JobResult, found: tuple[Entity, ...]) -> tuple[EntityText, ...]:
    names = tuple(dict.fromkeys(token.segment for token in result.tokens if token.segment))
    shown = []
    for name in names:
        field, marks, position = result.fields[name], [], 0
        for one in found:
            start = max(one.start, position)
            if one.segment != name or one.end <= start:
                continue
            marks.append(
                EntityMark(
                    gap=field[position:start],
                    text=field[start : one.end],
                    kind=one.kind,
                    probability=probability(one.probability),
                    low=one.probability < LOW_CONFIDENCE,
                    wrong=one.correct is False,
                    title=", ".join(
                        f"{step.text.strip()}: {step.label} {probability(step.probability)}"
                        for step in one.steps
                    ),
                )
            )
            position = one.end
        title = SEGMENT_TITLES.get(name, name) if len(names) > 1 else ""
        shown.append(EntityText(title, tuple(marks), field[position:]))
    return tuple(shown)


def text_of(result: JobResult, one: Entity) -> str:
    return result.fields[one.segment][one.start : one.end]


def entity_table(result: JobResult, found: tuple[Entity, ...]) -> Table:
    judged = any(one.correct is not None for one in found)
    about = {target.position for target in result.targets}
    return Table(
        ("entity", "label", "confidence", "explained", *(("right",) if judged else ())),
        tuple(
            (
                text_of(result, one),
                one.kind,
                probability(one.probability),
                RIGHT[any(step.position in about for step in one.steps)],
                *((RIGHT[one.correct],) if judged else ()),
            )
            for one in found
        ),
    )


def label_table(prediction: Prediction) -> Table:
    """Write the label of every token, and whether the entity that its word is in is right."""
    judged = any(step.expected is not None for step in prediction.steps)
    return Table(
        ("text", "says", "probability", *(("expected", "right") if judged else ())),
        tuple(
            (
                step.text,
                step.label,
                probability(step.probability),
                *((step.expected or "–", RIGHT[step.correct]) if judged else ()),
            )
            for step in prediction.steps
        ),
    )


RIGHT = {True: "yes", False: "no", None: "–"}
