"""Predictions at a glance: one line per input, one answer per model, and where models disagree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from reportgen.rendering.input.brief import Brief
from reportgen.rendering.wording.labels import cut, lead
from reportgen.rendering.wording.numbers import count, probability
from reportgen.rendering.wording.sentences import REASONS, Verdict
from reportgen.results.model import JobResult, Manifest, ModelInfo
from reportgen.results.review import ReviewReason

CODES = {
    ReviewReason.NOT_EXPLAINED: "e",
    ReviewReason.METHOD_FAILED: "m",
    ReviewReason.CHECK_FAILED: "f",
    ReviewReason.NOT_CONVERGED: "c",
    ReviewReason.WRONG: "w",
    ReviewReason.MODELS_DISAGREE: "d",
    ReviewReason.TRUNCATED: "t",
    ReviewReason.LOW_CONFIDENCE: "l",
}
"""The letters by which the page's filters know the reasons to look at an input."""

SHOWN_ELSEWHERE = (ReviewReason.WRONG, ReviewReason.MODELS_DISAGREE)
"""Reasons that the verdict, or the row's disagreement, says already."""


@dataclass(frozen=True)
class Cell:
    """One model's answer to one input, linked to its section.

    ``why`` are the ``CODES`` of all reasons to look at it; ``notes`` writes out those that
    neither the verdict nor the row's disagreement says.
    """

    anchor: str
    label: str
    probability: str
    verdict: Verdict | None
    why: str
    notes: str


@dataclass(frozen=True)
class PredictionRow:
    """One input and what each model of its task says; ``disagree`` is ``None`` for one model."""

    position: int
    text: str
    expected: str
    disagree: bool | None
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class PredictionsTable:
    """Predictions of the models of one task, one line per input."""

    task: str
    models: tuple[str, ...]
    about: tuple[tuple[str, str], ...]
    rows: tuple[PredictionRow, ...]

    @property
    def expects(self) -> bool:
        return any(row.expected for row in self.rows)

    @property
    def compares(self) -> bool:
        return any(row.disagree is not None for row in self.rows)


Disagreements = Mapping[tuple[str, int], bool]
"""By task and input, where several models answered the same: whether any two say otherwise."""


def disagreements(results: Iterable[JobResult], manifest: Manifest) -> Disagreements:
    """Compare what the models of a task say about the same input, letter case aside.

    Numbers and texts that a model writes freely are not compared, nor are models whose classes
    have no name in common.
    """
    labels = {info.id: {name.casefold() for name in info.labels} for info in manifest.models}
    answers: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for result in results:
        if comparable(result) and result.prediction is not None:
            label = result.prediction.label.strip().casefold()
            answers.setdefault((result.task, result.input), []).append((result.model, label))
    found = {}
    for key, given in answers.items():
        pairs = [
            label != other
            for (model, label), (second, other) in combinations(given, 2)
            if labels[model] & labels[second] or not (labels[model] and labels[second])
        ]
        if pairs:
            found[key] = any(pairs)
    return found


def comparable(result: JobResult) -> bool:
    if result.prediction is None or result.prediction.kind == "regression":
        return False
    return result.prediction.kind != "tokens" or result.task == "masked-lm"


def predictions_tables(
    briefs: tuple[Brief, ...], manifest: Manifest, disagree: Disagreements
) -> tuple[PredictionsTable, ...]:
    """Group the briefs by task: inputs down, models across."""
    about = {info.id: describe_model(info) for info in manifest.models}
    tasks: dict[str, list[Brief]] = {}
    for brief in briefs:
        tasks.setdefault(brief.result.task, []).append(brief)
    found = []
    for task, members in tasks.items():
        models = tuple(dict.fromkeys(brief.model for brief in members))
        by_position: dict[int, dict[str, Brief]] = {}
        for brief in members:
            by_position.setdefault(brief.position, {})[brief.model] = brief
        rows = tuple(
            make_row(position, by_position[position], models, disagree.get((task, position)))
            for position in sorted(by_position)
        )
        found.append(PredictionsTable(task, models, tuple((m, about[m]) for m in models), rows))
    return tuple(found)


def make_row(
    position: int, row: Mapping[str, Brief], models: tuple[str, ...], disagree: bool | None
) -> PredictionRow:
    first = next(iter(row.values()))
    return PredictionRow(
        position=position,
        text=cut(first.heading),
        expected=cut(first.result.expect or ""),
        disagree=disagree,
        cells=tuple(make_cell(row[model]) if model in row else None for model in models),
    )


def make_cell(brief: Brief) -> Cell:
    why = "".join(CODES[reason] for reason in brief.reasons)
    prediction = brief.result.prediction
    if prediction is None:
        return Cell(brief.anchor, "not explained", "", Verdict("bad", "error"), why, "")
    p = prediction.probability
    return Cell(
        anchor=brief.anchor,
        label=cut(lead(prediction)),
        probability="" if p is None else probability(p),
        verdict=brief.verdict,
        why=why,
        notes=", ".join(REASONS[one] for one in brief.reasons if one not in SHOWN_ELSEWHERE),
    )


def describe_model(info: ModelInfo) -> str:
    """Say in one line what a model is, how large, and what it can say."""
    size = f"{info.parameters / 1e6:,.1f} M parameters"
    shape = f"{count(info.layers, 'layer')} of {count(info.heads, 'head')}"
    labels = f", says {' or '.join(info.labels)}" if 0 < len(info.labels) <= 4 else ""
    return (
        f"{info.architecture}, {size}, {shape}, reads up to {info.max_length} tokens{labels}; "
        f"from {info.path}"
    )
