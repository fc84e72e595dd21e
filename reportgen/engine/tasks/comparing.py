"""Whether a model predicts the same of a variant of its input, and how likely that is there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from reportgen.engine.tasks.base import Task
from reportgen.engine.tasks.question_answering import within
from reportgen.engine.tokens import Encoding
from reportgen.results.answers import squad_form
from reportgen.results.kinds import find_kind
from reportgen.results.model import Prediction
from reportgen.spec.entities import entity_kind

Origins = Mapping[str, Sequence[int]]
"""By field of a variant where each of its characters stood in the input."""

Compared = tuple[bool | None, float | None]
"""Whether what is predicted is another, and the change of its probability."""


@dataclass(frozen=True, eq=False)
class Predicted:
    """What a model read of an input, or of a variant of it, and gave out (a batch of one)."""

    output: Any
    encoding: Encoding
    prediction: Prediction
    origins: Origins = field(default_factory=dict)


def compare(task: Task, name: str, before: Predicted, after: Predicted) -> Compared:
    """Compare what is predicted; ``name`` is the task's."""
    old, new = before.prediction, after.prediction
    kind = find_kind(old.kind, name)
    if kind.numeric:
        return None, None
    if kind.tags:
        return compare_labels(task.labels, before, after)
    if kind.points:
        return squad_form(old.label) != squad_form(new.label), answer_change(before, after)
    if kind.written:
        return None, less(new.confidence, old.confidence)
    if kind.multiplied:
        return compare_gaps(before, after)
    if kind.exclusive:
        chance = next((s.probability for s in new.scores if s.label == old.label), None)
        return old.label != new.label, less(chance, old.probability)
    return set(old.labels) != set(new.labels), None


def less(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def answer_change(before: Predicted, after: Predicted) -> float | None:
    """Return the change of the probability of the answer that was given for the input."""
    answer, encoding = before.prediction.spans[0], after.encoding
    context = encoding.positions("context")
    inside = [i for i in context if encoding.tokens[i].segment == "context"]
    start = next((i for i in inside if encoding.tokens[i].start == answer.char_start), None)
    end = next((i for i in inside if encoding.tokens[i].end == answer.char_end), None)
    if start is None or end is None:  # it was cut off
        return None
    chance = 1.0
    for logits, at in ((after.output.start_logits, start), (after.output.end_logits, end)):
        chance *= within(logits[0], encoding, context)[at - context.start].item()
    return chance - answer.probability


def compare_gaps(before: Predicted, after: Predicted) -> Compared:
    """Compare the words that are filled in; of several there is no probability."""
    old, new = before.prediction.steps, after.prediction.steps
    if len(old) != len(new):
        return None, None
    words = [[step.label.strip().casefold() for step in steps] for steps in (old, new)]
    if len(old) > 1 or old[0].index is None:
        return words[0] != words[1], None
    chance = chances(after, new[0].position)[old[0].index].item()
    return words[0] != words[1], chance - old[0].probability


def compare_labels(labels: Sequence[str], before: Predicted, after: Predicted) -> Compared:
    """Compare what the words that are left are labelled as, each by its first token.

    Where in an entity a word stands is set aside: without its first word another begins it.
    """
    kinds = [entity_kind(label) for label in labels]
    old = {step.position: step for step in before.prediction.steps}
    new = {step.position: step for step in after.prediction.steps}
    changed, changes = False, []
    for here, there in words_left(before.encoding, after):
        kind = entity_kind(old[here].label)
        changed |= kind != entity_kind(new[there].label)
        same = torch.tensor([other == kind for other in kinds])
        was, now = (chances(one, at)[same].sum() for one, at in ((before, here), (after, there)))
        changes.append((now - was).item())
    return (changed, sum(changes) / len(changes)) if changes else (None, None)


def chances(reading: Predicted, position: int) -> Tensor:
    found: Tensor = reading.output.logits[0, position].cpu().double().softmax(0)
    return found


def words_left(encoding: Encoding, after: Predicted) -> Iterator[tuple[int, int]]:
    """Yield the first tokens of each word, before and after, that a variant still has."""
    places = {
        (word.segment, i): word.first
        for word in reversed(encoding.words)
        for i in range(word.start, word.end)
    }
    seen: set[int] = set()
    for word in after.encoding.words:
        origins = after.origins.get(word.segment)
        at = origins[word.start] if origins else word.start
        first = places.get((word.segment, at))
        if first is not None and first not in seen:
            seen.add(first)
            yield first, word.first


def numbered_words(texts: Mapping[str, str]) -> dict[str, dict[int, int]]:
    """Return by field, of each character in a word, the word's number; whitespace is between."""
    return {
        name: {
            i: number
            for number, match in enumerate(re.finditer(r"\S+", text))
            for i in range(*match.span())
        }
        for name, text in texts.items()
    }


def expected_of(
    kind: str, expect: str | None, texts: Mapping[str, str], changed: Mapping[str, str], at: Origins
) -> str | None:
    """Return what is expected of a variant: of labels for each word those of the words left."""
    if expect is None or not find_kind(kind).tags:
        return expect
    words = numbered_words(texts)
    first, labels = 0, expect.split()
    kept: list[str] = []
    for name, text in texts.items():
        new, origins = changed.get(name, text), at.get(name)
        for match in re.finditer(r"\S+", new):
            place = origins[match.start()] if origins else match.start()
            kept.append(labels[first + words[name][place]])
        first += len(text.split())
    return " ".join(kept)
