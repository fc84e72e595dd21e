"""Predictions that are made token by token: filled gaps, written tokens."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.input.entities import label_table
from reportgen.rendering.wording.labels import confidence, visible
from reportgen.rendering.wording.numbers import probability
from reportgen.results.model import JobResult, Prediction, Score, Step


@dataclass(frozen=True)
class Mark:
    """A stretch of text with what the model says about it under it; ``gap`` is text before."""

    gap: str
    text: str
    says: str
    title: str


@dataclass(frozen=True)
class Marked:
    """One text with its marks."""

    title: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Bar:
    """One class or answer: its probability (or raw value), and whether it was predicted."""

    label: str
    value: str
    share: float | None
    chosen: bool


@dataclass(frozen=True)
class Steps:
    """A prediction of several decisions: as marked text, or as bars for each gap to fill.

    ``written`` are the tokens of a text, those that touch each other together.
    """

    title: str
    about: str
    texts: tuple[Marked, ...]
    gaps: tuple[tuple[str, tuple[Bar, ...]], ...]
    table: Table
    written: tuple[tuple[Mark, ...], ...] = ()


def steps(result: JobResult) -> Steps | None:
    """Show a prediction of kind ``tokens``; ``None`` for others."""
    prediction = result.prediction
    if prediction is None or prediction.kind != "tokens" or not prediction.steps:
        return None
    table = label_table(prediction)
    if result.task == "masked-lm":
        return Steps("What fills the gaps", "", (), gaps(prediction), table)
    if result.given:
        title, about = "How likely each token was", "Under each token: its probability."
    else:
        title, about = "What the model wrote", "Under each token: its probability when written."
    if p := confidence(prediction):
        about += f" All together: {p}."
    return Steps(title, about, (), (), written_table(prediction), written(result, prediction))


def written(result: JobResult, prediction: Prediction) -> tuple[tuple[Mark, ...], ...]:
    """Put the tokens of a text together where nothing stands between them."""
    tokens = result.decoder_tokens or result.tokens
    groups: list[list[Mark]] = []
    end = None
    for step in prediction.steps:
        token = tokens[step.position]
        if not groups or token.start is None or token.start != end or step.text.isspace():
            groups.append([])
        mark = Mark("", visible(step.text), probability(step.probability), tell(step))
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


def bar(score: Score, chosen: bool) -> Bar:
    p = score.probability
    return Bar(score.label, "" if p is None else probability(p), p, chosen)
