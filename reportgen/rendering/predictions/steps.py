"""Predictions that are made token by token: filled gaps, written tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.predictions.entities import label_table
from reportgen.rendering.predictions.view import Bar, PredictionView, bar
from reportgen.rendering.wording.labels import confidence, visible
from reportgen.rendering.wording.numbers import probability
from reportgen.results.model import JobResult, Prediction, Step


@dataclass(frozen=True)
class Gaps(PredictionView):
    """The best words for each gap, the best first, under a title where there are several."""

    template: ClassVar[str] = "gaps"
    gaps: tuple[tuple[str, tuple[Bar, ...]], ...]
    table: Table


@dataclass(frozen=True)
class Mark:
    """A token of a text with what the model says about it under it."""

    text: str
    says: str
    title: str


@dataclass(frozen=True)
class WrittenText(PredictionView):
    """A text token by token, those that touch each other together."""

    template: ClassVar[str] = "written_text"
    title: str
    about: str
    written: tuple[tuple[Mark, ...], ...]
    table: Table


def gaps_view(prediction: Prediction) -> Gaps:
    """Show what fills the gaps of a text."""
    return Gaps(gaps(prediction), label_table(prediction))


def text_view(result: JobResult) -> WrittenText:
    """Show a text that was written or given, and how probable its tokens are."""
    prediction = result.prediction
    assert prediction is not None
    if result.given:
        title, about = "How likely each token was", "Under each token: its probability."
    else:
        title, about = "What the model wrote", "Under each token: its probability when written."
    if p := confidence(prediction):
        about += f" All together: {p}."
    return WrittenText(title, about, written(result, prediction), written_table(prediction))


def written(result: JobResult, prediction: Prediction) -> tuple[tuple[Mark, ...], ...]:
    """Put the tokens of a text together where nothing stands between them."""
    tokens = result.decoder_tokens or result.tokens
    groups: list[list[Mark]] = []
    end = None
    for step in prediction.steps:
        token = tokens[step.position]
        if not groups or token.start is None or token.start != end or step.text.isspace():
            groups.append([])
        mark = Mark(visible(step.text), probability(step.probability), tell(step))
        groups[-1].append(mark)
        end = token.end
    return tuple(map(tuple, groups))


def written_table(prediction: Prediction) -> Table:
    """List the tokens of a text, each with the best of those that could stand in its place."""
    rows = []
    for step in prediction.steps:
        other = next((s for s in step.scores if s.label != step.label and s.probability), None)
        instead = "" if other is None else f"{other.label} {probability(other.probability or 0)}"
        rows.append((visible(step.text), probability(step.probability), instead))
    return Table(("token", "probability", "most likely other"), tuple(rows))


def tell(step: Step) -> str:
    best = ", ".join(
        f"{score.label} {probability(score.probability)}"
        for score in step.scores
        if score.probability is not None
    )
    return f"most likely: {best}" if best else step.label


def gaps(prediction: Prediction) -> tuple[tuple[str, tuple[Bar, ...]], ...]:
    """The best tokens for each masked place, in reading order."""
    many = len(prediction.steps) > 1
    return tuple(
        (f"Gap {i + 1}" if many else "", tuple(bar(s, s.label == step.label) for s in step.scores))
        for i, step in enumerate(prediction.steps)
    )
