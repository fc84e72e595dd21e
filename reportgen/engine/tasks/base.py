"""What every task does, and what several of them share."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, ClassVar, Literal, Protocol

import torch
from torch import Tensor
from transformers import PretrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

from reportgen.engine.tasks.single_tokens import only_token
from reportgen.engine.tokens import Encoding, encode
from reportgen.errors import InputError
from reportgen.jobs import PlannedModel
from reportgen.methods import Contrast
from reportgen.results.model import Prediction, Score, Target

MOST_SCORES = 5
"""Classes or vocabulary tokens kept for each token, best first."""

MOST_NAMED = 10
"""Labels named in a hint."""


class TaskModel(Protocol):
    """What a task may use of the model it reads an input for.

    :class:`reportgen.engine.models.loaded_model.LoadedModel` has it; it in turn knows its task.
    """

    @property
    def planned(self) -> PlannedModel: ...

    @property
    def model(self) -> PreTrainedModel: ...

    @property
    def tokenizer(self) -> PreTrainedTokenizerBase: ...

    @property
    def max_length(self) -> int: ...

    def batch(self, encodings: Sequence[Encoding]) -> dict[str, Tensor]: ...


class Task(ABC):
    """One task of transformers' Auto classes; ``labels`` are its outputs' names in order."""

    auto_class: ClassVar[Any]
    segments: ClassVar[tuple[str, ...]]
    cut: ClassVar[str | None] = None
    """The segment that loses tokens when an input is too long; ``None``: the longer one."""

    def __init__(self, config: PretrainedConfig) -> None:
        self.config = config

    @property
    def labels(self) -> tuple[str, ...]:
        return ()

    def read(self, loaded: TaskModel, fields: dict[str, str]) -> Encoding:
        """Encode the input's fields; a language model also writes what they leave out."""
        return self.encode(loaded.tokenizer, fields, loaded.max_length)

    def encode(
        self, tokenizer: PreTrainedTokenizerBase, fields: dict[str, str], max_length: int
    ) -> Encoding:
        """Encode the input's fields; see :func:`reportgen.engine.tokens.encode`."""
        return encode(tokenizer, self.texts(fields), max_length, self.cut)

    def texts(self, fields: dict[str, str]) -> dict[str, str]:
        """Return the fields this task reads, in reading order."""
        return {name: fields[name] for name in self.segments if name in fields}

    @abstractmethod
    def logits(self, output: Any) -> Tensor:
        """Return all scalar outputs of a batch, one row for each input."""

    @abstractmethod
    def predict(self, output: Any, encoding: Encoding, expect: str | None) -> Prediction:
        """Decode the model's output on one input (a batch of one)."""

    @abstractmethod
    def targets(
        self, setting: str | int, prediction: Prediction, encoding: Encoding, expect: str | None
    ) -> tuple[Target, ...]:
        """Choose what to explain: ``predicted``, ``expected``, a name or an index."""

    def input_length(self, encoding: Encoding) -> int:
        """Return how many of the tokens that a model reads first are the input's own."""
        return len(encoding)

    def stands_for(self, states: Tensor, encoding: Encoding) -> Tensor:
        """Return the vector (d,) that stands for an input, of the last layer's ``states`` (n, d).

        It is their mean over the tokens that are not special, of all where there are no others.
        """
        content = encoding.content
        return (states[content] if len(content) else states).mean(0)

    def require_explained(  # noqa: B027  (most tasks explain all that they have)
        self, setting: str | int, output: Any, encoding: Encoding
    ) -> None:
        """Raise ``InputError`` for a target that the output has, but that is not explained."""

    def contrasts(
        self, setting: Contrast, prediction: Prediction, encoding: Encoding, expect: str | None
    ) -> tuple[Target, ...]:
        """Choose the differences to explain: each output that ``this`` names, less the other.

        An output that is itself the other is left out; raises ``InputError`` where all are.
        """
        other = self.find_rival(setting.rather_than, encoding)
        found = self.contrasted(setting.this, prediction, encoding, expect)
        pairs = tuple(self.against(one, other, encoding) for one in found if one.index != other)
        if not pairs:
            raise nothing_to_tell_apart(setting, self.called(other, encoding))
        return pairs

    def contrasted(
        self, this: str | int, prediction: Prediction, encoding: Encoding, expect: str | None
    ) -> tuple[Target, ...]:
        """Choose the outputs that stand first in a contrast: most tasks', as ever."""
        return self.targets(this, prediction, encoding, expect)

    def find_rival(self, name: str | int, encoding: Encoding) -> int:
        """Return the index of the output that ``rather_than`` names.

        Raises ``InputError`` for a name that is none, and of a task with no outputs to compare.
        """
        raise InputError(
            "this model has neither labels nor tokens to tell apart: rather_than does not apply",
            hint="set target: predicted",
        )

    def called(self, index: int, encoding: Encoding) -> str:
        """Return what an output is called, without its place; no two of a place are the same."""
        return str(index)

    def where(self, target: Target, encoding: Encoding) -> str:
        """Return what the names of all outputs at a target's place end in."""
        return ""

    def against(self, target: Target, other: int, encoding: Encoding) -> Target:
        """Return the difference of a target and of the output ``other`` at its place."""
        name = f"{self.called(target.index, encoding)} rather than {self.called(other, encoding)}"
        name += self.where(target, encoding)
        return target.model_copy(update={"name": name, "rather_than": other})

    def scalar(self, output: Any, row: int, target: Target) -> Tensor:
        """Return what is explained of one row, as a 0-d tensor that can be differentiated.

        It is the target's logit; of a contrast, less that of the other output.
        """
        logit = self.logit(output, row, target, target.index)
        if target.rather_than is None:
            return logit
        return logit - self.logit(output, row, target, target.rather_than)

    @abstractmethod
    def logit(self, output: Any, row: int, target: Target, index: int) -> Tensor:
        """Return one row's logit (0-d) of the output ``index`` at the target's place."""

    def alternatives(
        self, output: Any, targets: Sequence[Target], encodings: Sequence[Encoding]
    ) -> Tensor:
        """Return the logits (batch, choices) among which each row's target was chosen.

        Row for row, of a batch of ``encodings``: the targets are one output, which may stand at
        another place in each. A target's ``index`` is that of its choice; what cannot be chosen
        has the logit minus infinity.
        """
        return at_positions(output.logits, targets)

    @property
    def distribution(self) -> Literal["softmax", "sigmoid", "none"]:
        """How logits become probabilities: against each other, each alone, or not at all."""
        return "softmax"

    def removable(self, encoding: Encoding) -> tuple[str, ...]:
        """Return the segments of which units may be removed."""
        return tuple(encoding.segments)

    def changeable(self, encoding: Encoding) -> tuple[str, ...]:
        """Return the segments that are changed to see whether the prediction stays."""
        return tuple(name for name in self.segments if name in encoding.segments)

    @abstractmethod
    def others(self, target: Target, encoding: Encoding) -> Sequence[int]:
        """Return the indices that could stand in place of the target's."""

    @abstractmethod
    def renamed(self, target: Target, index: int, encoding: Encoding) -> Target:
        """Return the target that has ``index`` in place of its own."""

    def other(self, target: Target, encoding: Encoding, seed: int) -> Target | None:
        """Draw another target at random, never the same; ``None`` where there is no other.

        It depends on the seed and the target alone, not on what was drawn before. That of a
        contrast is a contrast with the same other side, so that the two differ in one output.
        """
        taken = (target.index, target.rather_than)
        choices = [index for index in self.others(target, encoding) if index not in taken]
        if not choices:
            return None
        draw = random.Random(f"{seed} {target.name} {target.position} {target.index}")
        other = self.renamed(target, draw.choice(choices), encoding)
        if target.rather_than is None:
            return other
        return self.against(other, target.rather_than, encoding)


class Labelled(Task):
    """A task whose outputs are classes with names."""

    @property
    def labels(self) -> tuple[str, ...]:
        known: dict[Any, str] = self.config.id2label or {}
        names = [str(known[i]) for i in range(len(known))]
        twice = {name for name, count in Counter(names).items() if count > 1}
        return tuple(f"{n} ({i})" if n in twice else n for i, n in enumerate(names))

    def logits(self, output: Any) -> Tensor:
        return output.logits

    def others(self, target: Target, encoding: Encoding) -> Sequence[int]:
        return range(len(self.labels))

    def find_rival(self, name: str | int, encoding: Encoding) -> int:
        label = self.find_index(name) if isinstance(name, int) else self.find_label(name)
        return self.labels.index(label)

    def called(self, index: int, encoding: Encoding) -> str:
        return self.labels[index]

    def find_label(self, text: str) -> str:
        """Find a label by its name, preferably in the same case, or else by its index."""
        wanted = text.strip()
        for label in self.labels:
            if label == wanted:
                return label
        for label in self.labels:
            if label.casefold() == wanted.casefold():
                return label
        if wanted.isdecimal():
            return self.find_index(int(wanted))
        raise InputError(
            f"the model has no label {wanted!r}", hint=f"it has: {nearest(wanted, self.labels)}"
        )

    def find_index(self, index: int) -> str:
        if 0 <= index < len(self.labels):
            return self.labels[index]
        raise InputError(
            f"the model has no label with index {index}",
            hint=f"it has: {numbered(self.labels)}",
        )


class Vocabulary(Task):
    """A task whose outputs are tokens of the vocabulary, at several places."""

    def logits(self, output: Any) -> Tensor:
        return output.logits

    def logit(self, output: Any, row: int, target: Target, index: int) -> Tensor:
        return output.logits[row, target.position, index]

    def find_rival(self, name: str | int, encoding: Encoding) -> int:
        if isinstance(name, int):
            raise InputError(
                f"a language model has tokens as outputs, not labels: rather_than: {name}",
                hint=f'name a token as text; a number in quotes: rather_than: "{name}"',
            )
        return self.find_token(name, encoding)

    @abstractmethod
    def find_token(self, text: str, encoding: Encoding) -> int:
        """Find the token of the vocabulary that ``text`` is; raise ``InputError`` for none."""

    def called(self, index: int, encoding: Encoding) -> str:
        """Return a word without the space before it; a piece of one, and a space, in quotes."""
        text = str(encoding.tokenizer.decode([index], clean_up_tokenization_spaces=False))
        if text.isspace():
            return repr(text)
        text = encoding.spell(index)
        word = text.strip()
        if only_token(f" {word}", encoding.tokenizer) in (index, None):
            return word
        return repr(text)

    def others(self, target: Target, encoding: Encoding) -> Sequence[int]:
        special = set(encoding.tokenizer.all_special_ids)
        return [i for i in range(len(encoding.tokenizer)) if i not in special]


def at_positions(logits: Tensor, targets: Sequence[Target]) -> Tensor:
    """Return of logits (batch, n, choices) those at each row's target: (batch, choices)."""
    places = torch.tensor([target.position for target in targets], device=logits.device)
    return logits[torch.arange(len(targets), device=logits.device), places]


def best_scores(logits: Tensor, names: Any) -> tuple[Score, ...]:
    """Return the best of ``logits`` (classes,), best first; ``names`` maps indices to texts."""
    values, indices = logits.topk(min(MOST_SCORES, len(logits)))
    probabilities = logits.softmax(0)[indices]
    return tuple(
        Score(label=names(index), logit=logit, probability=min(probability, 1.0))
        for index, logit, probability in zip(
            indices.tolist(), values.tolist(), probabilities.tolist(), strict=True
        )
    )


def nothing_to_tell_apart(setting: Contrast, name: str) -> InputError:
    if setting.this in ("predicted", "expected", "all"):
        return InputError(
            f"the {setting.this} output is {name} itself: there is nothing to tell apart",
            hint="name another one as rather_than, or one as this",
        )
    return InputError(
        f"{name} rather than itself: there is nothing to tell apart",
        hint="name another output as rather_than",
    )


def nothing_expected() -> InputError:
    return InputError(
        "target: expected, but the input does not say what is expected",
        hint="give the input an expect, or set target: predicted",
    )


def no_target(task: str, setting: str | int, choices: str) -> InputError:
    return InputError(f"{task} has no target {setting!r}", hint=f"it has: {choices}")


def numbered(labels: Sequence[str]) -> str:
    """List labels with their indices: ``0 NEGATIVE, 1 POSITIVE``."""
    last = len(labels) - 1
    names = [f"{i} {label}" for i, label in enumerate(labels[:MOST_NAMED])]
    more = f", … {last} {labels[last]}" if last >= MOST_NAMED else ""
    return ", ".join(names) + more


def nearest(wanted: str, labels: Sequence[str]) -> str:
    """List labels, those most like ``wanted`` first."""
    plain = {label.casefold(): label for label in labels}
    close = get_close_matches(wanted.casefold(), plain, n=MOST_NAMED, cutoff=0.0)
    names = [plain[name] for name in close]
    more = f" and {len(labels) - len(names)} more" if len(labels) > len(names) else ""
    return ", ".join(names) + more
