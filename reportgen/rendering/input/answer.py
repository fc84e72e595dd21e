"""What the model says, in bars and sentences: the top of an input's page."""

from __future__ import annotations

from dataclasses import replace

from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.input.score_rows import FEW, Group
from reportgen.rendering.input.steps import Bar, bar
from reportgen.rendering.wording import sentences
from reportgen.rendering.wording.entities import special_labels
from reportgen.rendering.wording.labels import title, visible
from reportgen.rendering.wording.numbers import count, number, probability
from reportgen.rendering.wording.unreliable import note
from reportgen.results.entities import own_word
from reportgen.results.model import JobResult, Prediction


def top_contributions(
    result: JobResult, main: Group | None
) -> tuple[sentences.TopContributions, ...]:
    """Name the words that moved each of the first outputs, or got the largest sizes."""
    if main is None:
        return ()
    shown = list(zip(main.rows, main.words, strict=True))[:FEW]
    if main.hue == "signed":
        return tuple(
            replace(
                sentences.signed_contributions(
                    row.name, row.title, result.words, scores, own_word(result, row.name)
                ),
                unreliable=bool(note(result, main.method, row.name)),
            )
            for row, scores in shown
        )
    by = title(main.method)
    leads = [sentences.output_lead(result, row.name) if row.name else "" for row, _ in shown]
    if len(result.targets) == 1:
        leads = [sentences.output_lead(result, result.targets[0].name)]
    return tuple(
        sentences.largest_contributions(
            row.name, lead, result.words, scores, by, main.hue, own_word(result, row.name)
        )
        for lead, (row, scores) in zip(leads, shown, strict=True)
    )


def more_outputs(amount: int) -> str:
    """Say that sentences and texts are for the first outputs only, where there are many."""
    if amount <= FEW:
        return ""
    return (
        f"These are the first {FEW} of {count(amount, 'output')} that were explained; "
        "the table below has them all."
    )


def notices(result: JobResult) -> tuple[str, ...]:
    cut = result.truncation
    warnings = (*special_labels(result), *result.warnings)
    if cut is None:
        return warnings
    side = "before" if cut.segment == "prompt" else "after"
    note = (
        f"Only {cut.kept} of {cut.total} tokens were read: the {cut.segment.replace('_', ' ')} is "
        f"longer than the model’s maximum. Words {side} the cut had no say."
    )
    return (note, *warnings)


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


def bars(prediction: Prediction) -> tuple[Bar, ...]:
    """Classes by probability, or the best answer spans; at most ten."""
    if prediction.kind == "span":
        return tuple(
            Bar(span.text, probability(span.probability), span.probability, i == 0)
            for i, span in enumerate(prediction.spans[:5])
        )
    chosen = set(prediction.labels) or {prediction.label}
    scores = sorted(prediction.scores, key=lambda score: -score.logit)[:10]
    if prediction.kind == "regression":
        return tuple(Bar(score.label, number(score.logit), None, True) for score in scores)
    return tuple(bar(score, score.label in chosen) for score in scores)
