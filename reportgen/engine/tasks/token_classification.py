"""One class for each token: entities, parts of speech."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from torch import Tensor
from transformers import AutoModelForTokenClassification

from reportgen.engine.tasks.base import MOST_SCORES, Labelled, best_scores, nothing_expected
from reportgen.engine.tokens import Encoding, characters
from reportgen.errors import InputError
from reportgen.results.model import Prediction, Step, Target, Token
from reportgen.spec.entities import BEGINS, OUTSIDE, entity_kind

MOST_TARGETS = 8
"""Targets chosen for a text at most: those the model is surest of."""

MOST_ENTITIES = 8
"""Entities named in the summary of a prediction."""


class TokenClassification(Labelled):
    """A class for each token of a text; of a word its first token counts.

    ``expect`` holds one label for each word of the text, words and labels separated by
    whitespace. Targets: ``predicted`` (the first token of each word that belongs to an entity,
    or, where there is none, the word that comes nearest to it), ``expected`` (the same for the
    expected labels), ``all`` (every token), a label (wherever it is predicted, or else where it
    is likeliest), or the index of a token. But for ``all``, the ``MOST_TARGETS`` of which the
    model is surest are kept.
    """

    auto_class = AutoModelForTokenClassification
    segments = ("text", "text_pair")

    def scalar(self, output: Any, row: int, target: Target) -> Tensor:
        return output.logits[row, target.position, target.index]

    def predict(self, output: Any, encoding: Encoding, expect: str | None) -> Prediction:
        logits = output.logits[0].cpu().double()
        expected = {} if expect is None else self.expected(encoding, expect)
        steps = []
        for position in encoding.content.tolist():
            scores = best_scores(logits[position], self.labels.__getitem__)
            right = expected.get(position)
            steps.append(
                Step(
                    position=position,
                    text=encoding.tokens[position].text,
                    label=scores[0].label,
                    index=int(logits[position].argmax()),
                    probability=scores[0].probability or 0.0,
                    scores=scores,
                    expected=right,
                    correct=None if right is None else right == scores[0].label,
                )
            )
        judged = [step.correct for step in steps if step.correct is not None]
        return Prediction(
            kind="token-labels",
            label=summary(steps, encoding),
            steps=tuple(steps),
            expected=expect,
            correct=all(judged) if judged else None,
        )

    def require_explained(self, setting: str | int, output: Any, encoding: Encoding) -> None:
        if not isinstance(setting, int) or not 0 <= setting < len(encoding):
            return
        token = encoding.tokens[setting]
        if token.special:
            label = self.labels[int(output.logits[0, setting].argmax())]
            raise InputError(
                f"the token with index {setting} is {token.text}, which the model labels {label}: "
                "special tokens are not explained",
                hint=explained_tokens(encoding),
            )

    def targets(
        self, setting: str | int, prediction: Prediction, encoding: Encoding, expect: str | None
    ) -> tuple[Target, ...]:
        steps = {step.position: step for step in prediction.steps}
        if setting == "all":
            return tuple(self.target(s.label, s.position, encoding) for s in prediction.steps)
        if isinstance(setting, int):
            if setting not in steps:
                raise InputError(
                    f"the text has no token with index {setting} that is explained",
                    hint=explained_tokens(encoding),
                )
            return (self.target(steps[setting].label, setting, encoding),)
        if setting == "predicted":
            labels = {i: steps[i].label for i in steps if i in first_tokens(encoding)}
        elif setting == "expected":
            if expect is None:
                raise nothing_expected()
            labels = self.expected(encoding, expect)
        else:
            return self.places(self.find_label(setting), prediction, encoding)
        entities = {i: label for i, label in labels.items() if label != OUTSIDE}
        if not entities:
            unsure = min(labels, key=lambda i: steps[i].probability)
            entities = {unsure: labels[unsure]}
        return self.surest(entities, prediction, encoding)

    def places(self, label: str, prediction: Prediction, encoding: Encoding) -> tuple[Target, ...]:
        """Choose the tokens of which ``label`` is predicted, or the one where it is likeliest."""
        found = {step.position: label for step in prediction.steps if step.label == label}
        if not found:
            likeliest = max(prediction.steps, key=lambda step: likelihood(step, label))
            if likelihood(likeliest, label) == 0:
                raise InputError(
                    f"{label!r} is among the {MOST_SCORES} likeliest labels of no token",
                    hint="choose another target, or a token by its index",
                )
            found = {likeliest.position: label}
        return self.surest(found, prediction, encoding)

    def surest(
        self, labels: dict[int, str], prediction: Prediction, encoding: Encoding
    ) -> tuple[Target, ...]:
        """Make targets of the labels by position, the surest if there are too many."""
        sure = {step.position: step.probability for step in prediction.steps}
        kept = sorted(labels, key=lambda position: -sure[position])[:MOST_TARGETS]
        return tuple(self.target(labels[i], i, encoding) for i in sorted(kept))

    def target(self, label: str, position: int, encoding: Encoding) -> Target:
        text = encoding.tokens[position].text.strip()
        return Target(
            name=f"{label} at {position} {text}".rstrip(),
            index=self.labels.index(label),
            position=position,
        )

    def renamed(self, target: Target, index: int, encoding: Encoding) -> Target:
        assert target.position is not None  # each token has labels of its own
        return self.target(self.labels[index], target.position, encoding)

    def expected(self, encoding: Encoding, expect: str) -> dict[int, str]:
        """Return the expected label of the first token of each word that was read."""
        labels = [self.find_label(part) for part in expect.split()]
        words = [
            {(segment, i) for i in range(*match.span())}
            for segment, text in encoding.segments.items()
            for match in re.finditer(r"\S+", text)
        ]
        if len(labels) != len(words):
            raise InputError(
                f"expected one label for each of the {len(words)} words of the text, found "
                f"{len(labels)}",
                hint="separate words and labels by spaces, punctuation marks too: Paris . B-LOC O",
            )
        right = {place: number for number, word in enumerate(words) for place in word}
        firsts: dict[int, int] = {}
        for position in encoding.content.tolist():
            token = encoding.tokens[position]
            number = right.get((token.segment, token.start))
            if number is not None:
                firsts.setdefault(number, position)
        return {position: labels[number] for number, position in firsts.items()}


def summary(steps: Sequence[Step], encoding: Encoding) -> str:
    """Name the entities: ``Paris LOC, New York LOC``, or ``no entity``."""
    tokens, firsts = encoding.tokens, first_tokens(encoding)
    entities: list[list[Any]] = []  # kind, segment, start, end
    open_entity = False
    for step in steps:
        token = tokens[step.position]
        if step.position not in firsts:  # the label of a word is that of its first token
            if open_entity:
                entities[-1][3] = token.end
            continue
        kind = entity_kind(step.label)
        begins = step.label.startswith(BEGINS)
        if open_entity and not begins and entities[-1][:2] == [kind, token.segment]:
            entities[-1][3] = token.end
        elif step.label != OUTSIDE:
            entities.append([kind, token.segment, token.start, token.end])
        open_entity = step.label != OUTSIDE
    named = [
        f"{encoding.segments[segment][start:end]} {kind}" for kind, segment, start, end in entities
    ]
    more = f" and {len(named) - MOST_ENTITIES} more" if len(named) > MOST_ENTITIES else ""
    return ", ".join(named[:MOST_ENTITIES]) + more or "no entity"


def explained_tokens(encoding: Encoding) -> str:
    first, last = encoding.content[[0, -1]]
    return f"choose one of {first} to {last} that is not special"


def first_tokens(encoding: Encoding) -> set[int]:
    """Return the positions of the tokens that begin a word or a punctuation mark.

    A word ends where its letters or digits do, however the text is spaced; each ideograph and
    kana is a word.
    """
    found: set[int] = set()
    before: Token | None = None
    for position in encoding.content.tolist():
        token = encoding.tokens[position]
        if before is None or not continues(before, token):
            found.add(position)
        before = token
    return found


def continues(before: Token, token: Token) -> bool:
    """Tell whether two tokens are pieces of one word."""
    if before.segment != token.segment or characters(token)[0] > characters(before)[1]:
        return False
    last, first = before.text[-1:], token.text[:1]
    return last.isalnum() and first.isalnum() and not "\u3040" <= first <= "\u9fff"


def likelihood(step: Step, label: str) -> float:
    """Return the probability of a label at a step, 0 where it is not among the best."""
    return next((s.probability or 0.0 for s in step.scores if s.label == label), 0.0)
