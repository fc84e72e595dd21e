"""Predictions of a whole input: classes or answers as bars, and where an answer stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.predictions.view import Bar, PredictionView, bar
from reportgen.rendering.wording.labels import visible
from reportgen.rendering.wording.numbers import number, probability
from reportgen.results.model import JobResult, Prediction, Score

MOST = 10
"""Classes that are shown, the best."""

ANSWERS = 5
"""Answers that are shown, the best."""


@dataclass(frozen=True)
class Bars(PredictionView):
    """Classes, numbers or answers, the best first; ``ends`` says where the answer stands."""

    template: ClassVar[str] = "bars"
    bars: tuple[Bar, ...]
    ends: Table | None = None


def best(prediction: Prediction) -> list[Score]:
    return sorted(prediction.scores, key=lambda score: -score.logit)[:MOST]


def class_bars(prediction: Prediction) -> tuple[Bar, ...]:
    """Show the best classes by probability."""
    chosen = set(prediction.labels) or {prediction.label}
    return tuple(bar(score, score.label in chosen) for score in best(prediction))


def number_bars(prediction: Prediction) -> tuple[Bar, ...]:
    """Show the numbers that are predicted; they have no probability."""
    return tuple(
        Bar(score.label, number(score.logit), None, chosen=True) for score in best(prediction)
    )


def answer_bars(prediction: Prediction) -> tuple[Bar, ...]:
    """Show the best answer spans by probability."""
    return tuple(
        Bar(span.text, probability(span.probability), span.probability, chosen=i == 0)
        for i, span in enumerate(prediction.spans[:ANSWERS])
    )


def answer_ends(result: JobResult) -> Table | None:
    """The tokens where the answer starts and ends, with their own probabilities."""
    ends = result.prediction.ends if result.prediction else ()
    if not ends:
        return None
    expects = any(end.expected is not None for end in ends)

    def token(index: int | None) -> str:
        return "–" if index is None else f"{visible(result.tokens[index].text)} ({index + 1})"

    return Table(
        ("answer", "token", "probability", *(("expected", "probability") if expects else ())),
        tuple(
            (
                end.name,
                token(end.index),
                probability(end.probability),
                *(
                    (token(end.expected), probability(end.expected_probability or 0))
                    if expects
                    else ()
                ),
            )
            for end in ends
        ),
    )
