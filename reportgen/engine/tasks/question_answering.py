"""The span of a context that answers a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from transformers import AutoModelForQuestionAnswering

from reportgen.engine.spans import best_spans, locate_answer, read_span
from reportgen.engine.tasks.base import Task, no_target, nothing_expected
from reportgen.engine.tokens import Encoding
from reportgen.errors import InputError
from reportgen.results.answers import squad_form
from reportgen.results.model import AnswerEnd, Prediction, Span, Target


class QuestionAnswering(Task):
    """The span of the context that answers the question; explains its start and its end."""

    auto_class = AutoModelForQuestionAnswering
    segments = ("question", "context")
    cut = "context"

    def logits(self, output: Any) -> Tensor:
        return torch.cat([output.start_logits, output.end_logits], dim=1)

    def logit(self, output: Any, row: int, target: Target, index: int) -> Tensor:
        logits = output.start_logits if target.name.startswith("start") else output.end_logits
        return logits[row, index]

    def alternatives(
        self, output: Any, targets: Sequence[Target], encodings: Sequence[Encoding]
    ) -> Tensor:
        start = targets[0].name.startswith("start")
        logits = output.start_logits if start else output.end_logits
        outside = torch.ones(logits.shape, dtype=torch.bool)
        for row, encoding in enumerate(encodings):
            text = [t.segment == "context" and not t.special for t in encoding.tokens]
            outside[row, : len(encoding)] = ~torch.tensor(text)
        return logits.masked_fill(outside.to(logits.device), -torch.inf)

    def removable(self, encoding: Encoding) -> tuple[str, ...]:
        return ("context",)  # without its question nothing is asked

    def changeable(self, encoding: Encoding) -> tuple[str, ...]:
        return ("question",)  # so that the answer stays in the context

    def predict(self, output: Any, encoding: Encoding, expect: str | None) -> Prediction:
        context = encoding.positions("context")
        starts, ends = (
            within(logits[0], encoding, context).numpy()
            for logits in (output.start_logits, output.end_logits)
        )
        spans = tuple(
            read_span(encoding, context.start + start, context.start + end, probability)
            for start, end, probability in best_spans(starts, ends)
        )
        return Prediction(
            kind="span",
            label=spans[0].text,
            probability=spans[0].probability,
            spans=spans,
            ends=answer_ends(spans[0], {"start": starts, "end": ends}, encoding, expect),
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
            raise no_target("question answering", setting, "predicted, expected, start, end")
        both = (
            Target(name="start", index=start, position=start),
            Target(name="end", index=end, position=end),
        )
        return tuple(t for t in both if t.name == setting) or both

    def others(self, target: Target, encoding: Encoding) -> Sequence[int]:
        return [i for i in encoding.positions("context") if not encoding.tokens[i].special]

    def renamed(self, target: Target, index: int, encoding: Encoding) -> Target:
        side = "start" if target.name.startswith("start") else "end"
        name = f"{side} at {index} {encoding.tokens[index].text.strip()}"
        return Target(name=name, index=index, position=index)


def answer_ends(
    answer: Span, probabilities: Mapping[str, np.ndarray], encoding: Encoding, expect: str | None
) -> tuple[AnswerEnd, ...]:
    """Tell the probability of each end of ``answer``, and of the expected one where it was read.

    ``probabilities`` (m,) of each end are over the context's tokens.
    """
    first = encoding.positions("context").start
    try:
        expected = locate_answer(encoding, expect) if expect else None
    except InputError:  # it is not among the tokens that were read
        expected = None

    def end(name: Literal["start", "end"], index: int, wanted: int | None) -> AnswerEnd:
        found = probabilities[name]
        return AnswerEnd(
            name=name,
            index=index,
            probability=float(found[index - first]),
            expected=wanted,
            expected_probability=None if wanted is None else float(found[wanted - first]),
        )

    start, stop = expected or (None, None)
    return end("start", answer.start, start), end("end", answer.end, stop)


def within(logits: Tensor, encoding: Encoding, inside: range) -> Tensor:
    """Return the probabilities of ``logits`` (n,) at ``inside``: none where no text stands."""
    found = logits.cpu().double()[inside.start : inside.stop]
    special = [encoding.tokens[i].special for i in inside]
    return found.masked_fill(torch.tensor(special), -torch.inf).softmax(0)
