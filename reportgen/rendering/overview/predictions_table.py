"""Predictions at a glance: one line per input, one answer per model, and where models disagree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from reportgen.rendering.input.card import Brief, lead
from reportgen.rendering.wording.numbers import count, probability
from reportgen.rendering.wording.sentences import REASONS, Verdict
from reportgen.results.model import JobResult, Manifest, ModelInfo

CUT = 200
"""Characters of an input's text, and of a written answer, that its line shows."""


@dataclass(frozen=True)
class Cell:
    """One model's answer to one input, linked to its section.

    ``why`` are the codes of all reasons to look at it (see ``REASONS``); ``notes`` writes out
    those that neither the verdict nor the line's disagreement says.
    """

    anchor: str
    label: str
    probability: str
    verdict: Verdict | None
    why: str
    notes: str


@dataclass(frozen=True)
class Line:
    """One input and what each model of its task says; ``disagree`` is ``None`` for one model."""

    position: int
    text: str
    expected: str
    disagree: bool | None
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Matrix:
    """Predictions of the models of one task, one line per input."""

    task: str
    models: tuple[str, ...]
    about: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]

    @property
    def expects(self) -> bool:
        return any(line.expected for line in self.lines)

    @property
    def compares(self) -> bool:
        return any(line.disagree is not None for line in self.lines)


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


def matrices(
    briefs: tuple[Brief, ...], manifest: Manifest, disagree: Disagreements
) -> tuple[Matrix, ...]:
    """Group the briefs by task: inputs down, models across."""
    about = {info.id: describe_model(info) for info in manifest.models}
    tasks: dict[str, list[Brief]] = {}
    for brief in briefs:
        tasks.setdefault(brief.result.task, []).append(brief)
    found = []
    for task, members in tasks.items():
        models = tuple(dict.fromkeys(brief.model for brief in members))
        rows: dict[int, dict[str, Brief]] = {}
        for brief in members:
            rows.setdefault(brief.position, {})[brief.model] = brief
        lines = tuple(
            make_line(position, rows[position], models, disagree.get((task, position)))
            for position in sorted(rows)
        )
        found.append(Matrix(task, models, tuple((m, about[m]) for m in models), lines))
    return tuple(found)


def make_line(
    position: int, row: Mapping[str, Brief], models: tuple[str, ...], disagree: bool | None
) -> Line:
    first = next(iter(row.values()))
    return Line(
        position=position,
        text=cut(first.heading),
        expected=cut(first.result.expect or ""),
        disagree=disagree,
        cells=tuple(make_cell(row[model]) if model in row else None for model in models),
    )


def make_cell(brief: Brief) -> Cell:
    why = "".join(REASONS[reason] for reason in brief.looks)
    prediction = brief.result.prediction
    if prediction is None:
        return Cell(brief.anchor, "not explained", "", Verdict("bad", "error"), why, "")
    p = prediction.probability
    shown_anyway = ("wrong", "models disagree")
    return Cell(
        anchor=brief.anchor,
        label=cut(lead(prediction)),
        probability="" if p is None else probability(p),
        verdict=brief.verdict,
        why=why,
        notes=", ".join(reason for reason in brief.looks if reason not in shown_anyway),
    )


def cut(text: str) -> str:
    return text if len(text) <= CUT else f"{text[: CUT - 1]}…"


def describe_model(info: ModelInfo) -> str:
    """Say in one line what a model is, how large, and what it can say."""
    size = f"{info.parameters / 1e6:,.1f} M parameters"
    shape = f"{count(info.layers, 'layer')} of {count(info.heads, 'head')}"
    labels = f", says {' or '.join(info.labels)}" if 0 < len(info.labels) <= 4 else ""
    return (
        f"{info.architecture}, {size}, {shape}, reads up to {info.max_length} tokens{labels}; "
        f"from {info.path}"
    )
