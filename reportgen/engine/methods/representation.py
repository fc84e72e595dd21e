"""The vector that the head reads, one for each input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from reportgen.engine.methods.base import MethodImplementation, MethodOutput, PredictionContext
from reportgen.engine.models.capture import Call
from reportgen.methods import representation as described


class Representation(MethodImplementation):
    """What the last linear layer of a classifier reads (a linear probe's features).

    A model that writes on has the vector of the last token that it was given, from which it
    predicts the next; all others the mean of the last layer's vectors over content tokens.

    Array: ``representation`` (D,), D being the width of what is read.
    """

    name = described.Representation.name

    @torch.no_grad()
    def explain(self, context: PredictionContext) -> MethodOutput:
        loaded, encoding = context.loaded, context.encoding
        logits = loaded.task.logits(context.output)[0]
        calls: list[Call] = []

        def watch(module: nn.Module, args: tuple[Any, ...], output: Tensor) -> None:
            if args and output.shape[-1] == logits.shape[-1]:
                calls.append(Call(module, args[0], output))

        linear = (m for m in loaded.model.modules() if isinstance(m, nn.Linear | Conv1D))
        handles = [module.register_forward_hook(watch) for module in linear]
        try:
            output = loaded.forward([encoding], hidden_states=True)
        finally:
            for handle in handles:
                handle.remove()
        vector = read_for(logits, calls) if logits.ndim == 1 else None
        if vector is None:
            vector = loaded.task.stands_for(loaded.hidden_states(output)[-1][0], encoding)
        return MethodOutput({self.name: vector.float().cpu().numpy()})


def read_for(logits: Tensor, calls: Sequence[Call]) -> Tensor | None:
    """Return what was read to make ``logits`` (classes,); ``None`` where no linear map made them.

    A head that is applied to every token has them in the row of the one that is chosen.
    """
    for call in reversed(calls):
        rows = call.output.reshape(-1, len(logits))
        off = (rows - logits).abs().sum(-1)
        place = int(off.argmin())
        if torch.allclose(rows[place], logits, rtol=1e-4, atol=1e-5):
            return call.input.reshape(len(rows), -1)[place]
    return None
