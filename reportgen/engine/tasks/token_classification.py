"""One class for each token: entities, parts of speech."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from torch import Tensor
from transformers import AutoModelForTokenClassification

from reportgen.engine.tasks.base import (
    MOST_SCORES,
    Labelled,
    best_scores,
    nothing_expected,
)
from reportgen.engine.tokens import Encoding
from reportgen.errors import InputError
from reportgen.results.entities import (
    NO_ENTITY,
    expected_entities,
    find_entities,
    judge,
    named,
    words_of,
)
from reportgen.results.model import Prediction, Step, Target
from reportgen.spec.entities import OUTSIDE, entity_kind

MOST_TARGETS = 8
"""Targets chosen for a text at most: those the model is surest of."""


class TokenClassification(Labelled):
    """A class for each token of a text; of a word its first token counts.

    ``expect`` holds one label for each word of the text, words and labels separated by
    whitespace. Targets: ``predicted`` (the first token of each word that belongs to an entity,
    or, where there is none, the word that comes nearest to it), ``expected`` (the same for the
    expected labels), ``all`` (every token), a label or what labels name (``EMAIL`` is ``B-EMAIL``
    and ``I-EMAIL``; wherever it is predicted, or else where it is likeliest), or the index of a
    token. But for ``all``, ``MOST_TARGETS`` are kept: of the words that begin an entity those of
    which the model is surest, then of the others.
    """

    auto_class = AutoModelForTokenClassification
    segments = ("text", "text_pair")

    def scalar(self, output: Any, row: int, target: Target) -> Tensor:
        return output.logits[row, target.position, target.index]

    def predict(self, output: Any, encoding: Encoding, expect: str | None) -> Prediction:
        logits = output.logits[0].cpu().double()
        expected = {} if expect is None else self.expected(encoding, expect)

        def step(position: int) -> Step:
            scores = best_scores(logits[position], self.labels.__getitem__)
            return Step(
                position=position,
                text=encoding.tokens[position].text,
                label=scores[0].label,
                index=int(logits[position].argmax()),
                probability=scores[0].probability or 0.0,
                scores=scores,
                expected=expected.get(position),
            )

        tokens, texts = encoding.tokens, encoding.segments
        steps = judge(tokens, [step(position) for position in encoding.content.tolist()])
        specials = (step(i) for i, token in enumerate(tokens) if token.special)
        found = find_entities(tokens, steps)
        wanted = named(expected_entities(tokens, steps), texts)
        judged = [step.correct for step in steps if step.correct is not None]
        return Prediction(
            kind="token-labels",
            label=", ".join(named(found, texts)) or NO_ENTITY,
            probability=min((entity.probability for entity in found), default=None),
            steps=steps,
            specials=tuple(s for s in specials if OUTSIDE in self.labels and s.label != OUTSIDE),
            expected=(", ".join(wanted) or NO_ENTITY) if judged else expect,
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
            firsts = first_tokens(encoding, prediction.steps)
            labels = {i: steps[i].label for i in steps if i in firsts}
        elif setting == "expected":
            if expect is None:
                raise nothing_expected()
            labels = self.expected(encoding, expect)
        else:
            return self.places(setting, prediction, encoding)
        entities = {i: label for i, label in labels.items() if label != OUTSIDE}
        if not entities:
            unsure = min(labels, key=lambda i: steps[i].probability)
            entities = {unsure: labels[unsure]}
        return self.surest(entities, prediction, encoding)

    def places(self, name: str, prediction: Prediction, encoding: Encoding) -> tuple[Target, ...]:
        """Choose the tokens that are labelled as asked, or the one where that is likeliest."""
        labels = self.named(name)
        found = {s.position: s.label for s in prediction.steps if s.label in labels}
        if not found:
            chances = [
                (likelihood(step, label), step.position, label)
                for step in prediction.steps
                for label in labels
            ]
            chance, position, label = max(chances, key=lambda one: one[0])
            if chance == 0:
                raise InputError(
                    f"{' or '.join(map(repr, labels))} is among the {MOST_SCORES} likeliest labels "
                    "of no token",
                    hint="choose another target, or a token by its index",
                )
            found = {position: label}
        return self.surest(found, prediction, encoding)

    def named(self, name: str) -> tuple[str, ...]:
        """Return the label of that name, or those of all places in an entity of that kind."""
        wanted = name.strip().casefold()
        if wanted not in map(str.casefold, self.labels):
            kinds = (label for label in self.labels if entity_kind(label).casefold() == wanted)
            if found := tuple(kinds):
                return found
        return (self.find_label(name),)

    def surest(
        self, labels: dict[int, str], prediction: Prediction, encoding: Encoding
    ) -> tuple[Target, ...]:
        """Make targets of the labels by position; if there are too many, of each entity's first.

        Then of the surest.
        """
        sure = {step.position: step.probability for step in prediction.steps}
        begin = {e.steps[0].position for e in find_entities(encoding.tokens, prediction.steps)}
        kept = sorted(labels, key=lambda at: (at not in begin, -sure[at]))[:MOST_TARGETS]
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


def explained_tokens(encoding: Encoding) -> str:
    first, last = encoding.content[[0, -1]]
    return f"choose one of {first} to {last} that is not special"


def first_tokens(encoding: Encoding, steps: Sequence[Step]) -> set[int]:
    """Return the positions of the tokens that begin a word or a punctuation mark."""
    return {word[0][1].position for word in words_of(encoding.tokens, steps)}


def likelihood(step: Step, label: str) -> float:
    """Return the probability of a label at a step, 0 where it is not among the best."""
    return next((s.probability or 0.0 for s in step.scores if s.label == label), 0.0)
