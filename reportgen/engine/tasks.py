"""What the model is asked: one class per task.

A task names the texts the model reads, turns its output into a prediction, and chooses and
freezes the scalar outputs to explain. Frozen means: the index is fixed on the real input and
kept along the whole path from the baseline, however the model's mind changes there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, ClassVar

import torch
from torch import Tensor
from transformers import (
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    PretrainedConfig,
    PreTrainedTokenizerBase,
)

from reportgen.engine.spans import best_spans, locate_answer, read_span, squad_form
from reportgen.engine.tokens import Encoding, encode
from reportgen.errors import InputError
from reportgen.results.model import Prediction, Score, Target


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

    def encode(
        self, tokenizer: PreTrainedTokenizerBase, fields: dict[str, str], max_length: int
    ) -> Encoding:
        """Encode the input's fields; see :func:`reportgen.engine.tokens.encode`."""
        segments = {name: fields[name] for name in self.segments if name in fields}
        return encode(tokenizer, segments, max_length, self.cut)

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

    @abstractmethod
    def scalar(self, output: Any, row: int, target: Target) -> Tensor:
        """Return the target's logit of one row, as a 0-d tensor that can be differentiated."""


class SequenceClassification(Task):
    """Classes of a text or a pair of texts; several at once, or numbers, if the head says so."""

    auto_class = AutoModelForSequenceClassification
    segments = ("text", "text_pair")

    @property
    def labels(self) -> tuple[str, ...]:
        names = [str(self.config.id2label[i]) for i in range(self.config.num_labels)]
        twice = {name for name, count in Counter(names).items() if count > 1}
        return tuple(f"{n} ({i})" if n in twice else n for i, n in enumerate(names))

    @property
    def kind(self) -> str:
        """Tell the kind of head as transformers does: by problem type, else by its width."""
        problem = self.config.problem_type
        if problem == "regression" or (problem is None and self.config.num_labels == 1):
            return "regression"
        return "multi-label" if problem == "multi_label_classification" else "single-label"

    def logits(self, output: Any) -> Tensor:
        return output.logits

    def scalar(self, output: Any, row: int, target: Target) -> Tensor:
        return output.logits[row, target.index]

    def predict(self, output: Any, encoding: Encoding, expect: str | None) -> Prediction:
        logits = output.logits[0].cpu().double()
        if self.kind == "regression":
            return self.predict_numbers(logits, expect)
        several = self.kind == "multi-label"
        probabilities = logits.sigmoid() if several else logits.softmax(0)
        scores = tuple(
            Score(label=label, logit=logit, probability=probability)
            for label, logit, probability in zip(
                self.labels, logits.tolist(), probabilities.tolist(), strict=True
            )
        )
        expected = None if expect is None else self.find_labels(expect)
        if several:
            chosen = tuple(score.label for score in scores if score.probability >= 0.5)
        else:
            chosen = (self.labels[int(logits.argmax())],)
        return Prediction(
            kind=self.kind,
            label=", ".join(chosen) or "none",
            labels=chosen if several else (),
            probability=None if several else probabilities.max().item(),
            scores=scores,
            expected=None if expected is None else ", ".join(expected),
            correct=None if expected is None else set(expected) == set(chosen),
        )

    def predict_numbers(self, logits: Tensor, expect: str | None) -> Prediction:
        values = logits.tolist()
        if expect is not None:
            require_numbers(expect, len(values))
        if len(values) == 1:
            label = f"{values[0]:.4g}"
        else:
            label = ", ".join(f"{n} {v:.4g}" for n, v in zip(self.labels, values, strict=True))
        scores = tuple(Score(label=n, logit=v) for n, v in zip(self.labels, values, strict=True))
        return Prediction(kind="regression", label=label, scores=scores, expected=expect)

    def targets(
        self, setting: str | int, prediction: Prediction, encoding: Encoding, expect: str | None
    ) -> tuple[Target, ...]:
        if setting == "expected" and expect is None:
            raise nothing_expected()
        if isinstance(setting, int):
            names = [self.find_index(setting)]
        elif setting not in ("predicted", "expected"):
            names = [self.find_label(setting)]
        elif self.kind == "regression":
            names = list(self.labels)
        elif setting == "expected":
            names = self.find_labels(expect)
        else:
            best = max(prediction.scores, key=lambda score: score.logit)
            names = list(prediction.labels) or [best.label]
        return tuple(Target(name=name, index=self.labels.index(name)) for name in names)

    def find_labels(self, text: str) -> list[str]:
        """Find the label named by ``text``, or, for a multi-label head, the comma-separated."""
        if self.kind != "multi-label" or text.casefold() in map(str.casefold, self.labels):
            return [self.find_label(text)]
        return [self.find_label(part) for part in text.split(",")]

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
            hint=f"it has 0 to {len(self.labels) - 1}: {nearest('', self.labels)}",
        )


class QuestionAnswering(Task):
    """The span of the context that answers the question; explains its start and its end."""

    auto_class = AutoModelForQuestionAnswering
    segments = ("question", "context")
    cut = "context"

    def logits(self, output: Any) -> Tensor:
        return torch.cat([output.start_logits, output.end_logits], dim=1)

    def scalar(self, output: Any, row: int, target: Target) -> Tensor:
        logits = output.start_logits if target.name == "start" else output.end_logits
        return logits[row, target.index]

    def predict(self, output: Any, encoding: Encoding, expect: str | None) -> Prediction:
        context = encoding.positions("context")
        inside = slice(context.start, context.stop)
        starts = output.start_logits[0, inside].cpu().double().softmax(0).numpy()
        ends = output.end_logits[0, inside].cpu().double().softmax(0).numpy()
        spans = tuple(
            read_span(encoding, context.start + start, context.start + end, probability)
            for start, end, probability in best_spans(starts, ends)
        )
        return Prediction(
            kind="span",
            label=spans[0].text,
            probability=spans[0].probability,
            spans=spans,
            expected=expect,
            correct=None if expect is None else squad_form(spans[0].text) == squad_form(expect),
        )

    def targets(
        self, setting: str | int, prediction: Prediction, encoding: Encoding, expect: str | None
    ) -> tuple[Target, ...]:
        if setting == "expected":
            if expect is None:
                raise nothing_expected()
            start, end = locate_answer(encoding, expect)
        elif setting in ("predicted", "start", "end"):
            start, end = prediction.spans[0].start, prediction.spans[0].end
        else:
            raise InputError(
                f"question answering has no target {setting!r}",
                hint="it has: predicted, expected, start, end",
            )
        both = Target(name="start", index=start), Target(name="end", index=end)
        return tuple(t for t in both if t.name == setting) or both


def require_numbers(expect: str, count: int) -> None:
    parts = expect.split(",")
    try:
        found = len([float(part) for part in parts])
    except ValueError:
        found = -1
    if found != count:
        wanted = "a number" if count == 1 else f"{count} numbers, separated by commas"
        raise InputError(f"expected {wanted}, found expect: {expect!r}", hint="correct the input")


def nothing_expected() -> InputError:
    return InputError(
        "target: expected, but the input does not say what is expected",
        hint="give the input an expect, or set target: predicted",
    )


def nearest(wanted: str, labels: Sequence[str], most: int = 10) -> str:
    """List labels, those most like ``wanted`` first."""
    plain = {label.casefold(): label for label in labels}
    close = get_close_matches(wanted.casefold(), plain, n=most, cutoff=0.0)
    names = [plain[name] for name in close]
    more = f" and {len(labels) - len(names)} more" if len(labels) > len(names) else ""
    return ", ".join(names) + more


TASKS: dict[str, type[Task]] = {
    "sequence-classification": SequenceClassification,
    "question-answering": QuestionAnswering,
}
"""The tasks by the names of :data:`reportgen.spec.models.TASKS`."""
