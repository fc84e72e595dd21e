"""Texts that a model writes token by token: after a prompt, or from a source."""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from reportgen.engine.chat import encode_chat
from reportgen.engine.continuation import encode_prompt, go_on, join, read_written
from reportgen.engine.quiet import quiet
from reportgen.engine.tasks.base import (
    TaskModel,
    Vocabulary,
    best_scores,
    no_target,
    nothing_expected,
)
from reportgen.engine.tasks.single_tokens import only_token, several_tokens
from reportgen.engine.tokens import (
    Encoding,
    read_tokens,
    require_known,
    require_text,
    special_token,
)
from reportgen.errors import InputError
from reportgen.results.model import Prediction, Step, Target, Token
from reportgen.spec.labels import CHOICES
from reportgen.spec.tasks import TASKS


class Generation(Vocabulary):
    """A text, given or written greedily by the model, and the logit of each of its tokens.

    Each token is predicted by the output vector of the token before it. Targets:
    ``predicted`` or ``all`` (every token of the text), or the number of one, from 0. What is
    expected is explained by giving it as the text.
    """

    name: ClassVar[str]
    written: ClassVar[str]
    """The field that may be left to the model to write."""
    decodes: ClassVar[bool] = False
    """Whether a decoder writes it, whose tokens the tokenizer may read otherwise."""

    @abstractmethod
    def reader(self, encoding: Encoding) -> Encoding:
        """Return what the model reads while it writes: the input, or the decoder's."""

    def removable(self, encoding: Encoding) -> tuple[str, ...]:
        given = tuple(name for name in encoding.segments if name != self.written)
        return given or tuple(encoding.segments)

    def changeable(self, encoding: Encoding) -> tuple[str, ...]:
        return tuple(n for n in super().changeable(encoding) if n not in (self.written, "messages"))

    def places(self, encoding: Encoding) -> list[int]:
        """Return the positions of the text's tokens in :meth:`reader`."""
        tokens = self.reader(encoding).tokens
        return [i for i, token in enumerate(tokens) if token.segment == self.written]

    def predict(self, output: Any, encoding: Encoding, expect: str | None) -> Prediction:
        reader, given = self.reader(encoding), self.written not in encoding.generated
        steps = []
        for position in self.places(encoding):
            logits = output.logits[0, position - 1].cpu().double()
            best = best_scores(logits, encoding.spell)
            index = int(reader.ids[position])
            steps.append(
                Step(
                    position=position,
                    text=reader.tokens[position].text,
                    label=encoding.spell(index),
                    index=index,
                    probability=min(logits.softmax(0)[index].item(), 1.0),
                    scores=best,
                    correct=index == logits.argmax().item() if given else None,
                )
            )
        text = reader.segments[self.written]
        probability = 1.0
        for step in steps:
            probability *= step.probability
        right = None
        if expect is not None:
            right = text.strip() == expect.strip() and all(s.correct is not False for s in steps)
        return Prediction(
            kind="tokens",
            label=text.strip() or text,
            probability=probability,
            steps=tuple(steps),
            expected=expect,
            correct=right,
        )

    def targets(
        self, setting: str | int, prediction: Prediction, encoding: Encoding, expect: str | None
    ) -> tuple[Target, ...]:
        steps = prediction.steps
        if isinstance(setting, int) and 0 <= setting < len(steps):
            steps = steps[setting : setting + 1]
        elif setting == "expected" and expect is None:
            raise nothing_expected()
        elif setting == "expected" and prediction.label.strip() != (expect or "").strip():
            raise InputError(
                "target: expected, but another text is explained",
                hint=f"give what is expected as {self.written}",
            )
        elif setting not in ("predicted", "expected", "all"):
            choices = f"predicted, expected, all, or the number of a token, 0 to {len(steps) - 1}"
            raise no_target(self.name, setting, choices)
        chosen = [(s.index, s.position - 1) for s in steps if s.index is not None]
        return tuple(
            self.renamed(Target(name="", index=index, position=position), index, encoding)
            for index, position in chosen
        )

    def renamed(self, target: Target, index: int, encoding: Encoding) -> Target:
        assert target.position is not None  # each token has logits of its own
        name = encoding.spell(index).strip() + self.where(target, encoding)
        return Target(name=name, index=index, position=target.position)

    def where(self, target: Target, encoding: Encoding) -> str:
        assert target.position is not None
        return f" at {target.position + 1}"

    def contrasted(
        self, this: str | int, prediction: Prediction, encoding: Encoding, expect: str | None
    ) -> tuple[Target, ...]:
        """Choose tokens at the first place of the text, but for ``all`` and the number of one."""
        if isinstance(this, int) or this == "all":
            return self.targets(this, prediction, encoding, expect)
        named = None if this in CHOICES else self.find_token(this, encoding)
        first, *_ = self.targets(this if named is None else 0, prediction, encoding, expect)
        return (first if named is None else self.renamed(first, named, encoding),)

    def find_token(self, text: str, encoding: Encoding) -> int:
        """Find the token that is this very text, or else the word after a space."""
        for form in (text, f" {text}"):
            if (found := only_token(form, encoding.tokenizer, self.decodes)) is not None:
                return found
        hint = "a contrast is between two tokens: name the first piece, or other words"
        raise several_tokens(text, encoding.tokenizer, hint, self.decodes)

    def new_tokens(self, loaded: TaskModel) -> int:
        return loaded.planned.spec.max_new_tokens or TASKS[loaded.planned.task].new_tokens


class CausalLM(Generation):
    """The text after a prompt, or the answer to the messages of a chat.

    A prompt that is too long loses its beginning; messages are refused then.
    """

    auto_class = AutoModelForCausalLM
    segments = ("prompt", "messages", "continuation")
    name = "causal-lm"
    written = "continuation"

    def read(self, loaded: TaskModel, fields: dict[str, str]) -> Encoding:
        if "continuation" in fields:
            return self.encode(loaded.tokenizer, fields, loaded.max_length)
        new = self.new_tokens(loaded)
        encoding = self.encode(loaded.tokenizer, fields, loaded.max_length - new)
        ids = generate(loaded, encoding, new)[len(encoding) :]
        return go_on(encoding, without_end(loaded.tokenizer, ids))

    def encode(
        self, tokenizer: PreTrainedTokenizerBase, fields: dict[str, str], max_length: int
    ) -> Encoding:
        """Encode a prompt or messages with the continuation, or, to write one, without."""
        if "messages" in fields:
            return encode_chat(tokenizer, self.texts(fields), max_length)
        return encode_prompt(tokenizer, self.texts(fields), max_length)

    def reader(self, encoding: Encoding) -> Encoding:
        return encoding

    def input_length(self, encoding: Encoding) -> int:
        return self.places(encoding)[0]

    def stands_for(self, states: Tensor, encoding: Encoding) -> Tensor:
        """Return the vector of the last token that the model was given: the next is made of it."""
        return states[self.input_length(encoding) - 1]


class Seq2SeqLM(Generation):
    """The text that a decoder writes while it looks at a source, which the scores are about."""

    auto_class = AutoModelForSeq2SeqLM
    segments = ("source",)
    name = "seq2seq-lm"
    written = "target_text"
    decodes = True

    def read(self, loaded: TaskModel, fields: dict[str, str]) -> Encoding:
        encoding = self.encode(loaded.tokenizer, fields, loaded.max_length)
        most = longest_target(loaded.model.config)
        text = fields.get(self.written)
        if text is not None:
            return replace(encoding, decoder=read_target(loaded, text, most))
        ids = generate(loaded, encoding, min(self.new_tokens(loaded), most - 1))
        first, ids = ids[:1], without_end(loaded.tokenizer, ids[1:])
        text, tokens = read_written(loaded.tokenizer, first, ids, self.written)
        starts = [special_token(loaded.tokenizer, identity) for identity in first]
        written = {self.written: text}
        decoder = join(loaded.tokenizer, [*starts, *tokens], written)
        return replace(encoding, decoder=decoder, generated=written)

    def reader(self, encoding: Encoding) -> Encoding:
        assert encoding.decoder is not None  # see read
        return encoding.decoder


def generate(loaded: TaskModel, encoding: Encoding, new: int) -> list[int]:
    """Return what the model writes greedily, at most ``new`` tokens: all ids it ends up with.

    For a causal model those of the prompt come first, for a decoder its start token.
    """
    model: Any = loaded.model  # of an Auto class whose models can generate
    with quiet():
        ids = model.generate(
            **loaded.batch([encoding]), max_new_tokens=new, do_sample=False, num_beams=1
        )
    return ids[0].tolist()


def without_end(tokenizer: PreTrainedTokenizerBase, ids: list[int]) -> list[int]:
    """Drop the special tokens at the end of a text, and refuse one that has no other."""
    special = set(tokenizer.all_special_ids)
    text = next((i for i in range(len(ids), 0, -1) if ids[i - 1] not in special), 0)
    if text == 0:
        raise InputError(
            "the model ends the text at once: it writes nothing that could be explained",
            hint="give the text to explain: continuation for a prompt, target_text for a source",
        )
    return ids[:text]


def read_target(loaded: TaskModel, text: str, most: int) -> Encoding:
    """Encode a given target as the decoder reads it: behind its start token, without an end."""
    segments = {"target_text": text}
    require_text(segments)
    encoded = loaded.tokenizer(text_target=text, verbose=False)
    labels = read_tokens(loaded.tokenizer, encoded, segments)
    require_known(labels, segments)
    tokens = [special_token(loaded.tokenizer, first_id(loaded.model, labels)), *labels]
    while tokens[-1].special:
        tokens.pop()
    if len(tokens) > most:
        raise InputError(
            f"the target_text has {len(tokens)} tokens, the model's decoder reads {most}",
            hint="shorten the target_text",
        )
    return join(loaded.tokenizer, tokens, segments)


def first_id(model: PreTrainedModel, labels: Sequence[Token]) -> int:
    """Return the token a decoder starts with, which in mBART depends on the text."""
    prepare = getattr(model, "prepare_decoder_input_ids_from_labels", None)
    if prepare is not None:
        return int(prepare(torch.tensor([[token.id for token in labels]]))[0, 0])
    return model.config.decoder_start_token_id


def longest_target(config: PretrainedConfig) -> int:
    """Return how many tokens the decoder has positions for; T5 counts none and has no limit."""
    names = ("max_decoder_position_embeddings", "max_position_embeddings")
    text = config.get_text_config(decoder=True)
    found = (getattr(text, name, None) for name in names)
    return next((number for number in found if number), sys.maxsize)
