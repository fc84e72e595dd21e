"""Entities in words: what a tagger found, what was expected, and how well they match."""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import bidirectional

from reportgen.rendering.wording.numbers import count, probability
from reportgen.results.entities import (
    NO_ENTITY,
    Entity,
    SpanCounts,
    entities,
    expected_entities,
    named,
    tags,
    unexplained,
)
from reportgen.results.model import JobResult

MOST = 5
"""Entities that are named where space is short."""

JUDGED = "judged by whole spans, as seqeval does"
"""How entities are judged, as it is said wherever their scores stand."""


def few(result: JobResult, found: Sequence[Entity]) -> str:
    """Name the first entities: ``Paris LOC, New York LOC``, or ``no entity``."""
    return ", ".join(map(isolated, named(found[:MOST], result.fields))) + more(found) or NO_ENTITY


def isolated(text: str) -> str:
    """Keep text that runs from right to left together, beside text that does not."""
    if any(bidirectional(char) in ("R", "AL", "AN") for char in text):
        return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"
    return text


def more(found: Sequence[Entity]) -> str:
    return f" and {len(found) - MOST} more" if len(found) > MOST else ""


def predicted(result: JobResult) -> str:
    return few(result, entities(result))


def expected(result: JobResult) -> str:
    """Write what was expected: of a tagger the entities, not a label for each word."""
    prediction = result.prediction
    if prediction is None or not tags(prediction) or prediction.correct is None:
        return result.expect or ""
    return few(result, expected_entities(result.tokens, prediction.steps))


def missed(result: JobResult) -> str:
    """Name the entities that were expected and are not predicted; nothing where there are none."""
    prediction = result.prediction
    if prediction is None or not tags(prediction):
        return ""
    found = expected_entities(result.tokens, prediction.steps, missed=True)
    return few(result, found) if found else ""


def explained(result: JobResult) -> str:
    """Say how many entities are explained, and how to explain the others, where there are any."""
    left = len(unexplained(result))
    if not left:
        return ""
    total = len(entities(result))
    return (
        f"{total - left:,} of {count(total, 'entity', 'entities')} are explained; to explain all, "
        "set target: all (every token of the text)."
    )


def special_labels(result: JobResult) -> list[str]:
    """Say which special tokens a tagger labels as part of an entity."""
    found = result.prediction.specials if result.prediction else ()
    return [
        f"The model labels the special token {step.text} {step.label} "
        f"({probability(step.probability)}). It stands for no text: this is no entity of the "
        "input, and it is not explained."
        for step in found
    ]


def span_scores(counts: SpanCounts) -> str:
    """Write precision, recall and F1 with their counts."""
    return (
        f"precision {counts.precision:.3f} ({counts.right:,} of {counts.predicted:,}), "
        f"recall {counts.recall:.3f} ({counts.right:,} of {counts.expected:,}), "
        f"F1 {counts.f1:.3f}"
    )
