"""One class, several, or numbers, for a text or a pair of texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from torch import Tensor
from transformers import AutoModelForSequenceClassification

from reportgen.engine.tasks.base import Labelled, nothing_expected
from reportgen.engine.tokens import Encoding
from reportgen.errors import InputError
from reportgen.results.model import Prediction, Score, Target


class SequenceClassification(Labelled):
    """Classes of a text or a pair of texts; several at once, or numbers, if the head says so."""

    auto_class = AutoModelForSequenceClassification
    segments = ("text", "text_pair")

    @property
    def kind(self) -> Literal["single-label", "multi-label", "regression"]:
        """Tell the kind of head as transformers does: by problem type, else by its width."""
        problem = self.config.problem_type
        if problem == "regression" or (problem is None and self.config.num_labels == 1):
            return "regression"
        return "multi-label" if problem == "multi_label_classification" else "single-label"

    def scalar(self, output: Any, row: int, target: Target) -> Tensor:
        return output.logits[row, target.index]

    def alternatives(
        self, output: Any, targets: Sequence[Target], encodings: Sequence[Encoding]
    ) -> Tensor:
        return output.logits

    @property
    def distribution(self) -> Literal["softmax", "sigmoid", "none"]:
        if self.kind == "regression":
            return "none"
        return "sigmoid" if self.kind == "multi-label" else "softmax"

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
            chosen = tuple(score.label for score in scores if (score.probability or 0) >= 0.5)
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
        elif setting == "expected" and expect is not None:
            names = self.find_labels(expect)
        else:
            best = max(prediction.scores, key=lambda score: score.logit)
            names = list(prediction.labels) or [best.label]
        return tuple(Target(name=name, index=self.labels.index(name)) for name in names)

    def renamed(self, target: Target, index: int, encoding: Encoding) -> Target:
        return Target(name=self.labels[index], index=index)

    def find_labels(self, text: str) -> list[str]:
        """Find the label named by ``text``, or, for a multi-label head, the comma-separated."""
        if self.kind != "multi-label" or text.casefold() in map(str.casefold, self.labels):
            return [self.find_label(text)]
        return [self.find_label(part) for part in text.split(",")]


def require_numbers(expect: str, count: int) -> None:
    parts = expect.split(",")
    try:
        found = len([float(part) for part in parts])
    except ValueError:
        found = -1
    if found != count:
        wanted = "a number" if count == 1 else f"{count} numbers, separated by commas"
        raise InputError(f"expected {wanted}, found expect: {expect!r}", hint="correct the input")
