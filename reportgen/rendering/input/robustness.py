"""What small changes of one input do to its prediction."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.rendering.wording.labels import visible
from reportgen.rendering.wording.numbers import fixed, probability
from reportgen.rendering.wording.robustness import (
    REASONS,
    about_change,
    of_input,
    variant_name,
)
from reportgen.results.model import JobResult
from reportgen.results.perturbation import Perturbation

SHOWN = 8
"""Removed words that are shown at once, those that turn the prediction first."""


@dataclass(frozen=True)
class VariantRow:
    """One variant: its name, its text, and what is predicted, or why nothing is (``reason``)."""

    name: str
    text: str
    label: str
    probability: str
    change: str
    turned: bool
    reason: str = ""


@dataclass(frozen=True)
class SmallChanges:
    """The variants of the text, and without each word: the first of those, and the others."""

    sentence: str
    of_text: tuple[VariantRow, ...]
    words: tuple[VariantRow, ...]
    more_words: tuple[VariantRow, ...]
    about: str


def small_changes(result: JobResult) -> SmallChanges | None:
    """Show the variants of an input that has some."""
    if not result.perturbations:
        return None
    seen: dict[str, int] = {}
    of_text: list[VariantRow] = []
    words: list[tuple[tuple[bool, float], VariantRow]] = []
    for one in result.perturbations:
        shown = row(one, seen.get(one.kind, 0))
        seen[one.kind] = seen.get(one.kind, 0) + 1
        if one.kind == "word":
            words.append(((not one.changed, -abs(one.change or 0.0)), shown))
        else:
            of_text.append(shown)
    words.sort(key=lambda pair: pair[0])
    ordered = tuple(shown for _, shown in words)
    kind = result.prediction_kind
    return SmallChanges(
        sentence=of_input(result.perturbations),
        of_text=tuple(of_text),
        words=ordered[:SHOWN],
        more_words=ordered[SHOWN:],
        about="" if kind is None else about_change(kind),
    )


def row(one: Perturbation, before: int) -> VariantRow:
    return VariantRow(
        name=variant_name(one, before),
        text=" / ".join(one.texts.values()),
        label="" if one.label is None else visible(one.label),
        probability="" if one.probability is None else probability(one.probability),
        change="" if one.change is None else written(one.change),
        turned=bool(one.changed),
        reason="" if one.reason is None else REASONS[one.reason],
    )


def written(change: float) -> str:
    """Write a change of a probability with three decimals and its sign."""
    text = fixed(change, 3)
    return f"+{text}" if round(change, 3) > 0 else text
