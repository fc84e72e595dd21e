"""Predictions that are made token by token: labels in the text, filled gaps, written tokens."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.input.highlighted_text import segment_title
from reportgen.rendering.wording.labels import confidence, visible
from reportgen.rendering.wording.numbers import probability
from reportgen.results.model import JobResult, Prediction, Score, Step, Token
from reportgen.spec.entities import BEGINS, OUTSIDE, entity_kind


@dataclass(frozen=True)
class Mark:
    """A stretch of text with what the model says about it under it; ``gap`` is text before."""

    gap: str
    text: str
    says: str
    title: str
    wrong: bool = False


@dataclass(frozen=True)
class Marked:
    """One text with its marks; ``rest`` is the text after the last one."""

    title: str
    marks: tuple[Mark, ...]
    rest: str = ""


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
    """Show a prediction of kind ``token-labels`` or ``tokens``; ``None`` for others."""
    prediction = result.prediction
    if prediction is None or not prediction.steps:
        return None
    table = step_table(prediction)
    if prediction.kind == "token-labels":
        about = "The label stands under the words it is given to."
        return Steps("Labels in the text", about, labelled(result), (), table)
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


def labelled(result: JobResult) -> tuple[Marked, ...]:
    """Mark the labels in each text of the input; tokens of one entity share their mark."""
    found = []
    names = dict.fromkeys(token.segment for token in result.tokens if token.segment)
    for name in names:
        field = result.texts[name]
        marks, position = [], 0
        for entity in entities(result, name):
            tokens = [token for token, _ in entity]
            start, end = max(tokens[0].start or 0, position), tokens[-1].end or 0
            if end <= start:
                continue
            marks.append(
                Mark(
                    gap=field[position:start],
                    text=field[start:end],
                    says=entity_kind(entity[0][1].label),
                    title=", ".join(
                        f"{token.text}: {step.label} {probability(step.probability)}"
                        for token, step in entity
                    ),
                    wrong=any(step.correct is False for _, step in entity),
                )
            )
            position = end
        title = segment_title(name) if len(names) > 1 else ""
        found.append(Marked(title, tuple(marks), field[position:]))
    return tuple(found)


def entities(result: JobResult, segment: str) -> list[list[tuple[Token, Step]]]:
    """Group the tokens of each entity: a word has the label of its first token.

    Words of the same kind belong together, unless one says that it begins an entity (B-).
    """
    steps_at = (
        {step.position: step for step in result.prediction.steps} if result.prediction else {}
    )
    groups: list[list[tuple[Token, Step]]] = []
    before, inside = None, False
    for position, token in enumerate(result.tokens):
        if token.segment != segment or position not in steps_at:
            continue
        step = steps_at[position]
        if before is None or not continues(before, token):
            joins = inside and entity_kind(groups[-1][0][1].label) == entity_kind(step.label)
            inside = step.label != OUTSIDE
            if inside and not (joins and step.label[:2] not in BEGINS):
                groups.append([])
        if inside:
            groups[-1].append((token, step))
        before = token
    return groups


def continues(before: Token, token: Token) -> bool:
    """Tell whether two tokens are pieces of one word; ideographs and kana stand alone."""
    first = token.text[:1]
    touching = before.end == token.start and before.text[-1:].isalnum() and first.isalnum()
    return touching and not "\u3040" <= first <= "\u9fff"


def step_table(prediction: Prediction) -> Table:
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
