"""How often each model is right: numbers with intervals, by label, by entity; how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.rendering.drawing.palette import STEPS
from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.wording import performance as wording
from reportgen.rendering.wording.numbers import fixed
from reportgen.results.dataset.calibration import Calibration
from reportgen.results.dataset.observations import Observations
from reportgen.results.dataset.performance import (
    Confused,
    Confusion,
    LabelPerformance,
    Performance,
    performance,
)
from reportgen.results.kinds import KINDS

if TYPE_CHECKING:
    from reportgen.rendering.dataset.performance_charts import TitledChart
    from reportgen.rendering.dataset.sections import DatasetFacts

MISTAKES, EXAMPLES = 12, 5
"""Kinds of mistakes that are listed, the most frequent, and inputs named of each."""


@dataclass(frozen=True)
class ConfusionCell:
    """How often a label got another one; ``first`` is the input that the number leads to."""

    shade: str
    text: str
    first: Brief | None


@dataclass(frozen=True)
class Mistakes:
    """The inputs of one label that got another one, the surest first; ``more`` are not named."""

    expected: str
    predicted: str
    inputs: tuple[Brief, ...]
    more: int


@dataclass(frozen=True)
class ConfusionTable:
    """Expected labels (rows) by predicted ones (columns), and the mistakes, most frequent first."""

    judged: int
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[ConfusionCell, ...]], ...]
    mistakes: tuple[Mistakes, ...]
    more: int


@dataclass(frozen=True)
class ModelPerformance:
    """What is shown of one model beside the numbers of all models of its task."""

    model: str
    sentence: str
    labels: Table | None
    confusion: ConfusionTable | None
    entities: Table | None
    charts: tuple[TitledChart, ...]


@dataclass(frozen=True)
class PerformanceView:
    """``numbers`` has a table for each kind of prediction, with a column for each model."""

    numbers: tuple[Table, ...]
    models: tuple[ModelPerformance, ...]
    calibrated: bool

    @property
    def several(self) -> bool:
        return len(self.models) > 1

    @property
    def live(self) -> bool:
        """Whether it has charts that the chart library draws."""
        return any(one.charts for one in self.models)


def performance_section(facts: DatasetFacts) -> PerformanceView | None:
    """Show how often each model is right; nothing where too few inputs tell."""
    told = [(found, performance(found)) for found in facts.observed.values()]
    known = [(found, one) for found, one in told if one is not None]
    if not known:
        return None
    by_kind: dict[str, list[Performance]] = {}
    for found, one in known:
        by_kind.setdefault(found.kind, []).append(one)
    tables = (numbers(kind, members) for kind, members in by_kind.items())
    return PerformanceView(
        numbers=tuple(table for table in tables if table.rows),
        models=tuple(model_performance(found, one, facts.briefs) for found, one in known),
        calibrated=any(one.calibration and one.calibration.gap for _, one in known),
    )


def model_performance(
    found: Observations, one: Performance, briefs: Sequence[Brief]
) -> ModelPerformance:
    charts: tuple[TitledChart, ...] = ()
    if one.calibration:
        from reportgen.rendering.dataset.performance_charts import charts as draw  # loads Altair

        charts = draw(one.calibration)
    entities = one.entities
    if one.all_entities and len(entities) > 1:
        entities = (*entities, one.all_entities)
    return ModelPerformance(
        found.model,
        wording.summary(one),
        label_table(one.labels) if one.labels else None,
        confusion_table(one.confusion, one.judged, briefs) if one.confusion else None,
        label_table(entities) if entities else None,
        charts,
    )


def numbers(kind: str, models: Sequence[Performance]) -> Table:
    """Write the numbers of models of one kind, a column for each; no row is empty."""
    told = [model_numbers(kind, one) for one in models]
    names = dict.fromkeys(name for cells in told for name in cells)
    return Table(
        ("measure", *(one.model for one in models)),
        tuple((name, *(cells.get(name, "–") for cells in told)) for name in names),
    )


def model_numbers(kind: str, one: Performance) -> dict[str, str]:
    """Write the numbers of a model by what they are called."""
    found: dict[str, str] = {}
    if one.accuracy:
        found[accuracy_name(kind)] = wording.share(one.accuracy)
    if one.macro:
        found["macro F1"] = wording.score(one.macro)
    if one.token_f1:
        found["F1 of words"] = wording.score(one.token_f1)
    if one.all_entities:
        found["precision of entities"] = wording.score(one.all_entities.precision)
        found["recall of entities"] = wording.score(one.all_entities.recall)
        found["F1 of entities"] = wording.score(one.all_entities.f1)
    if one.perplexity:
        found["perplexity per token"] = wording.per_token(one.perplexity)
    return found | (calibration_numbers(one.calibration) if one.calibration else {})


def accuracy_name(kind: str) -> str:
    if KINDS[kind].points:
        return "exact match"
    return "texts without a mistake" if KINDS[kind].tags else "accuracy"


def calibration_numbers(one: Calibration) -> dict[str, str]:
    found = {"mean confidence": wording.share(one.confidence)}
    if one.gap and one.error and one.brier and one.area:
        found["confidence less accuracy"] = wording.points(one.gap)
        found["expected calibration error"] = wording.score(one.error)
        found["of a calibrated model, at most"] = fixed(one.by_chance, 3)
        found["Brier score"] = wording.score(one.brier)
        found |= {wording.surest(c.asked): wording.share(c.accuracy) for c in one.covered}
        found["area under risk over coverage"] = wording.score(one.area)
    return found


def label_table(rows: Sequence[LabelPerformance]) -> Table:
    """Write how well each label is told, with its counts."""
    return Table(
        ("label", "precision", "recall", "F1", "expected", "predicted", "right"),
        tuple(
            (
                one.label or "all (micro average)",
                *(wording.score(number) for number in (one.precision, one.recall, one.f1)),
                *(f"{amount:,}" for amount in (one.expected, one.predicted, one.right)),
            )
            for one in rows
        ),
    )


def confusion_table(found: Confusion, judged: int, briefs: Sequence[Brief]) -> ConfusionTable:
    """Colour the cells by how many inputs they have, and name some that are mistaken."""
    cells = {(one.expected, one.predicted): one for one in found.cells}
    most = max(one.places.size for one in found.cells)

    def cell(one: Confused | None) -> ConfusionCell:
        if one is None:
            return ConfusionCell("", "0", None)
        step = round(STEPS * one.places.size / most)
        first = briefs[int(one.places[0])]
        return ConfusionCell(f"m{step}" if step else "", f"{one.places.size:,}", first)

    wrong = sorted(
        (one for one in found.cells if one.expected != one.predicted),
        key=lambda one: -one.places.size,
    )
    return ConfusionTable(
        judged,
        found.predicted,
        tuple(
            (label, tuple(cell(cells.get((label, other))) for other in found.predicted))
            for label in found.expected
        ),
        tuple(
            Mistakes(
                one.expected,
                one.predicted,
                tuple(briefs[int(place)] for place in one.places[:EXAMPLES]),
                max(0, one.places.size - EXAMPLES),
            )
            for one in wrong[:MISTAKES]
        ),
        max(0, len(wrong) - MISTAKES),
    )
