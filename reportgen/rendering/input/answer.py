"""What moved what the model says, in sentences: the top of an input's page."""

from __future__ import annotations

from dataclasses import replace

from reportgen.rendering.input.score_rows import FEW, Group
from reportgen.rendering.input.unreliable import note
from reportgen.rendering.predictions.presenters import presenter
from reportgen.rendering.wording import sentences
from reportgen.rendering.wording.entities import special_labels
from reportgen.rendering.wording.labels import title
from reportgen.rendering.wording.numbers import count
from reportgen.results.entities import own_word
from reportgen.results.model import JobResult


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
    told = presenter(result)
    leads = [told.output(row.name) if row.name else "" for row, _ in shown]
    if len(result.targets) == 1:
        leads = [told.output(result.targets[0].name)]
    return tuple(
        sentences.largest_contributions(
            row.name, lead, result.words, scores, by, main.hue, own_word(result, row.name)
        )
        for lead, (row, scores) in zip(leads, shown, strict=True)
    )


def about_contrasts(result: JobResult, main: Group | None) -> str:
    """Say what is explained where one of the outputs shown is the difference of two."""
    shown = {row.name for row in main.rows[:FEW]} if main and main.hue == "signed" else set()
    told = [t.name for t in result.targets if t.rather_than is not None and t.name in shown]
    if not told:
        return ""
    found = {row.f_input for row in result.convergence if row.target in told}
    return sentences.contrast(found.pop() if len(found) == 1 else None)


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
