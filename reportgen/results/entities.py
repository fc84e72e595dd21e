"""Entities of a tagger: read from the labels of a text's words, and judged as whole spans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reportgen.results.kinds import find_kind
from reportgen.results.model import JobResult, Prediction, Step, Token
from reportgen.spec.entities import LabelSpan, spans

NO_ENTITY = "no entity"
"""What a prediction is called that names none."""


@dataclass(frozen=True)
class Entity:
    """One entity: the characters ``[start, end)`` of a text, and the steps of all its tokens.

    ``probability`` is the lowest of its words' labels; the label of a word is that of its first
    token. ``correct`` is ``None`` where nothing was expected.
    """

    kind: str
    segment: str
    start: int
    end: int
    steps: tuple[Step, ...]
    probability: float
    correct: bool | None = None


@dataclass(frozen=True)
class SpanCounts:
    """How many entities were predicted, how many expected, and how many are both."""

    predicted: int = 0
    expected: int = 0
    right: int = 0

    def __add__(self, other: SpanCounts) -> SpanCounts:
        return SpanCounts(
            self.predicted + other.predicted,
            self.expected + other.expected,
            self.right + other.right,
        )

    @property
    def precision(self) -> float:
        """The part of predicted entities that is right; 0, as in seqeval, where there are none."""
        return self.right / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.expected if self.expected else 0.0

    @property
    def f1(self) -> float:
        both = self.predicted + self.expected
        return 2 * self.right / both if both else 0.0


Place = tuple[Token, Step]


def words_of(tokens: Sequence[Token], steps: Iterable[Step]) -> list[list[Place]]:
    """Group the tokens of a text by word; a punctuation mark, an ideograph and a kana are words.

    A word ends where its letters or digits do, however the text is spaced.
    """
    found: list[list[Place]] = []
    for step in steps:
        token = tokens[step.position]
        if found and continues(found[-1][-1][0], token):
            found[-1].append((token, step))
        else:
            found.append([(token, step)])
    return found


def continues(before: Token, token: Token) -> bool:
    """Tell whether two tokens are pieces of one word."""
    if before.segment != token.segment or (token.start or 0) > (before.end or 0):
        return False
    last, first = before.text[-1:], token.text[:1]
    return last.isalnum() and first.isalnum() and not "\u3040" <= first <= "\u9fff"


def find_entities(tokens: Sequence[Token], steps: Iterable[Step]) -> tuple[Entity, ...]:
    """Find the predicted entities of a text, in reading order."""
    found = []
    for words in by_segment(words_of(tokens, steps)):
        for span in spans([word[0][1].label for word in words]):
            members = words[span.first : span.last + 1]
            judged = [step.correct for word in members for _, step in word]
            first, last = members[0][0][0], members[-1][-1][0]
            found.append(
                Entity(
                    kind=span.kind,
                    segment=first.segment or "",
                    start=first.start or 0,
                    end=last.end or 0,
                    steps=tuple(step for word in members for _, step in word),
                    probability=min(word[0][1].probability for word in members),
                    correct=None if set(judged) == {None} else False not in judged,
                )
            )
    return tuple(found)


def by_segment(words: Iterable[list[Place]]) -> list[list[list[Place]]]:
    """Part words by the text that they stand in: no entity is in two texts."""
    found: dict[str | None, list[list[Place]]] = {}
    for word in words:
        found.setdefault(word[0][0].segment, []).append(word)
    return list(found.values())


def entities(result: JobResult) -> tuple[Entity, ...]:
    """Return the predicted entities of a tagger's result, in reading order; else none."""
    if not tags(result.prediction):
        return ()
    assert result.prediction is not None
    return find_entities(result.tokens, result.prediction.steps)


def tags(prediction: Prediction | None) -> bool:
    return prediction is not None and find_kind(prediction.kind).tags


def named(found: Sequence[Entity], texts: Mapping[str, str]) -> list[str]:
    """Write entities with their kind: ``New York LOC``."""
    return [f"{texts[one.segment][one.start : one.end]} {one.kind}" for one in found]


def judged_words(tokens: Sequence[Token], steps: Iterable[Step]) -> list[list[Step]]:
    """Return the steps of each text that have an expected label: one for each word of it."""
    found: dict[str | None, list[Step]] = {}
    for step in steps:
        if step.expected is not None:
            found.setdefault(tokens[step.position].segment, []).append(step)
    return list(found.values())


def judge(tokens: Sequence[Token], steps: Sequence[Step]) -> tuple[Step, ...]:
    """Say of every word with an expected label whether the entity it is in, if any, is right.

    An entity is right with the kind and the words that were expected.
    """
    right: dict[int, bool] = {}
    for words in judged_words(tokens, steps):
        said = covering([step.label for step in words])
        wanted = covering([step.expected or "" for step in words])
        right |= {s.position: said.get(i) == wanted.get(i) for i, s in enumerate(words)}
    return tuple(
        step.model_copy(update={"correct": right[step.position]})
        if step.position in right
        else step
        for step in steps
    )


def covering(labels: Sequence[str]) -> dict[int, LabelSpan]:
    """Return the entity that each word is in."""
    return {i: span for span in spans(labels) for i in range(span.first, span.last + 1)}


def expected_entities(
    tokens: Sequence[Token], steps: Sequence[Step], *, missed: bool = False
) -> tuple[Entity, ...]:
    """Return the expected entities, in reading order; ``missed``: those that are not predicted.

    Their ``probability`` is 0: no one gave them any.
    """
    content = [step.position for step in steps]
    found = []
    for words in judged_words(tokens, steps):
        said = set(spans([step.label for step in words]))
        for span in spans([step.expected or "" for step in words]):
            if missed and span in said:
                continue
            first = words[span.first].position
            after = words[span.last + 1].position if span.last + 1 < len(words) else None
            segment = tokens[first].segment
            covered = [
                i
                for i in content
                if first <= i and (after is None or i < after) and tokens[i].segment == segment
            ]
            found.append(
                Entity(
                    kind=span.kind,
                    segment=segment or "",
                    start=tokens[first].start or 0,
                    end=tokens[covered[-1]].end or 0,
                    steps=tuple(step for step in steps if step.position in covered),
                    probability=0.0,
                    correct=span in said,
                )
            )
    return tuple(found)


def count_spans(results: Iterable[JobResult]) -> dict[str, SpanCounts]:
    """Count the entities of judged texts by kind; sums over kinds are micro averages."""
    found: dict[str, SpanCounts] = {}
    for result in results:
        if not tags(result.prediction):
            continue
        assert result.prediction is not None
        for words in judged_words(result.tokens, result.prediction.steps):
            said = set(spans([step.label for step in words]))
            wanted = set(spans([step.expected or "" for step in words]))
            for one in said | wanted:
                counted = SpanCounts(one in said, one in wanted, one in said and one in wanted)
                found[one.kind] = found.get(one.kind, SpanCounts()) + counted
    return dict(sorted(found.items()))


def micro(counts: Mapping[str, SpanCounts]) -> SpanCounts:
    """Count the entities of all kinds together."""
    return sum(counts.values(), SpanCounts())


def unexplained(result: JobResult) -> tuple[Entity, ...]:
    """Return the entities none of whose tokens is explained, of a result that explains any."""
    explained = {target.position for target in result.targets}
    return tuple(
        one
        for one in entities(result)
        if explained and not any(step.position in explained for step in one.steps)
    )


def own_word(result: JobResult, name: str) -> int | None:
    """Return the index of the word whose label the output ``name`` is; ``None`` of other tasks."""
    if not tags(result.prediction):
        return None
    position = next((t.position for t in result.targets if t.name == name), None)
    return None if position is None else result.tokens[position].word
