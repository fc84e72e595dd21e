"""The words that belong in the place of masks."""

from __future__ import annotations

import re
from typing import Any

from torch import Tensor
from transformers import AutoModelForMaskedLM, PreTrainedTokenizerBase

from reportgen.engine.tasks.base import Vocabulary, best_scores, no_target, nothing_expected
from reportgen.engine.tasks.single_tokens import only_token, several_tokens
from reportgen.engine.tokens import Encoding
from reportgen.errors import InputError
from reportgen.results.model import Prediction, Step, Target

MASKS = ("[MASK]", "<mask>")
"""How a mask may be written in the text, whatever the model itself calls it."""

UNNAMED = re.compile(r"<id (\d+)>")
"""How a row of the vocabulary is written that no token belongs to."""


class MaskedLM(Vocabulary):
    """The token of the vocabulary at each mask of a text.

    ``expect`` holds one word for each mask, separated by spaces. Targets: ``predicted`` or
    ``all`` (the best token at each mask), ``expected``, a word (at each mask; ``<id 30522>`` for
    an id that is no token), or the number of a mask, from 0.
    """

    auto_class = AutoModelForMaskedLM
    segments = ("text", "text_pair")

    def encode(
        self, tokenizer: PreTrainedTokenizerBase, fields: dict[str, str], max_length: int
    ) -> Encoding:
        """Encode a text with masks.

        Raises ``InputError`` where it holds none, or none within ``max_length``.
        """
        if tokenizer.mask_token is None:
            raise InputError(
                "the tokenizer has no mask token", hint="is this a masked language model?"
            )
        written = {
            name: with_masks(text, tokenizer.mask_token)
            for name, text in self.texts(fields).items()
        }
        if not any(tokenizer.mask_token in text for text in written.values()):
            raise InputError(
                "the text holds no mask for the model to fill in",
                hint=f"write {tokenizer.mask_token} where a word is asked for, or keep this input "
                "to other models: models: [...]",
            )
        encoding = super().encode(tokenizer, written, max_length)
        if not masks(encoding):
            raise InputError(
                "the mask lies in the part of the text that was cut off",
                hint="shorten the text, or raise max_length if the model reads more",
            )
        return encoding

    def predict(self, output: Any, encoding: Encoding, expect: str | None) -> Prediction:
        expected = None if expect is None else words(expect, encoding)
        steps = []
        for number, position in enumerate(masks(encoding)):
            logits = output.logits[0, position].cpu().double()
            scores = best_scores(logits, encoding.spell)
            right = None if expected is None else expected[number]
            steps.append(
                Step(
                    position=position,
                    text=encoding.tokens[position].text,
                    label=scores[0].label,
                    index=int(logits.argmax()),
                    probability=scores[0].probability or 0.0,
                    scores=scores,
                    expected=right,
                    expected_probability=probability_of(right, logits, encoding),
                    correct=None if right is None else same_word(scores[0].label, right),
                )
            )
        return Prediction(
            kind="tokens",
            label=", ".join(step.label.strip() for step in steps),
            probability=steps[0].probability if len(steps) == 1 else None,
            steps=tuple(steps),
            expected=expect,
            correct=None if expected is None else all(step.correct for step in steps),
        )

    def targets(
        self, setting: str | int, prediction: Prediction, encoding: Encoding, expect: str | None
    ) -> tuple[Target, ...]:
        places = masks(encoding)
        if setting == "expected":
            if expect is None:
                raise nothing_expected()
            chosen = [find_token(word, encoding) for word in words(expect, encoding)]
        elif setting in ("predicted", "all") or isinstance(setting, int):
            chosen = [step.index for step in prediction.steps if step.index is not None]
            if isinstance(setting, int):
                if not 0 <= setting < len(places):
                    raise no_target("the text", setting, f"masks 0 to {len(places) - 1}")
                places, chosen = places[setting : setting + 1], chosen[setting : setting + 1]
        else:
            chosen = [self.find_token(setting, encoding)] * len(places)
        return tuple(
            self.renamed(Target(name="", index=index, position=position), index, encoding)
            for position, index in zip(places, chosen, strict=True)
        )

    def find_token(self, text: str, encoding: Encoding) -> int:
        """Find a token by its word, or, where it has none, by the number that lists show."""
        number = UNNAMED.fullmatch(text.strip())
        if number and len(number[1]) < 10:
            index = int(number[1])
            if index < self.config.vocab_size and encoding.spell(index) == number[0]:
                return index
        return find_token(text, encoding)

    def renamed(self, target: Target, index: int, encoding: Encoding) -> Target:
        name = encoding.spell(index).strip() + self.where(target, encoding)
        return Target(name=name, index=index, position=target.position)

    def where(self, target: Target, encoding: Encoding) -> str:
        return f" at {target.position}"


def with_masks(text: str, mask: str) -> str:
    """Write the model's own mask for other models' masks of the same length.

    So the characters of the text stay where they are.
    """
    for other in MASKS:
        if len(other) == len(mask):
            text = text.replace(other, mask)
    return text


def masks(encoding: Encoding) -> list[int]:
    """Return the positions of the masks."""
    return (encoding.ids == encoding.tokenizer.mask_token_id).nonzero().flatten().tolist()


def probability_of(word: str | None, logits: Tensor, encoding: Encoding) -> float | None:
    """Return the probability of a word that is one token of the vocabulary; else ``None``."""
    if word is None:
        return None
    try:
        index = find_token(word, encoding)
    except InputError:
        return None
    return min(logits.softmax(0)[index].item(), 1.0)


def words(expect: str, encoding: Encoding) -> list[str]:
    """Return the expected words, one for each mask."""
    found, wanted = expect.split(), len(masks(encoding))
    if len(found) != wanted:
        raise InputError(
            f"expected {wanted} words, one for each mask, found expect: {expect!r}",
            hint="separate them by spaces",
        )
    return found


def find_token(word: str, encoding: Encoding) -> int:
    """Find the token of the vocabulary that is a whole word, preferably after a space."""
    for text in (f" {word.strip()}", word.strip()):
        if (found := only_token(text, encoding.tokenizer)) is not None:
            return found
    hint = "a mask stands for one token: choose a word that is not split"
    raise several_tokens(word.strip(), encoding.tokenizer, hint)


def same_word(found: str, expected: str) -> bool:
    return found.strip().casefold() == expected.strip().casefold()
