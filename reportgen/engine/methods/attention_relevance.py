"""Attention times its gradient, multiplied through the layers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from reportgen.engine.methods.base import MethodImplementation, MethodOutput, PredictionContext
from reportgen.engine.methods.rollout import read_row, require_one_stack
from reportgen.engine.models.capture import record
from reportgen.methods import attention_relevance as described


class AttentionRelevance(MethodImplementation):
    """Chefer, Gur and Wolf 2021, arXiv:2103.15679, the rule for self-attention.

    For a target F and each layer's attention A, in order, starting from R = I:

        R <- R + mean_h max(0, dF/dA_h * A_h) R.

    Arrays: ``attention_relevance_matrix/TARGET`` (n, n) = R; ``attention_relevance/TARGET``
    (n,), the row of R - I for the token the target is read from: the identity that every
    token starts with is no finding, and would outshine the rest. No unit; never negative.
    """

    name = described.AttentionRelevance.name
    settings: described.AttentionRelevance

    def explain(self, context: PredictionContext) -> MethodOutput:
        require_one_stack(context)
        loaded = context.loaded
        embeddings = loaded.embed(context.encoding.ids).requires_grad_()
        with record(loaded.model, values=False) as recording:
            output = loaded.forward([context.encoding], {loaded.embedding: [embeddings]})
        attentions = [layer.attention for layer in recording.layers]
        targets = context.targets(self.settings.target)
        arrays = {}
        for target in targets:
            scalar = loaded.task.scalar(output, 0, target)
            gradients = torch.autograd.grad(
                scalar, attentions, retain_graph=target is not targets[-1], materialize_grads=True
            )
            matrix = relevance(attentions, gradients)
            arrays[f"{self.name}_matrix/{target.name}"] = matrix.astype(np.float32)
            row = read_row(context, target, matrix - np.eye(len(matrix)))
            arrays[f"{self.name}/{target.name}"] = row.astype(np.float32)
        return MethodOutput(arrays=arrays, targets=targets)


def relevance(attentions: Sequence[Tensor], gradients: Sequence[Tensor]) -> np.ndarray:
    """Return R (n, n) from every layer's attention and its gradient, both (1, H, n, n)."""
    found = np.eye(attentions[0].shape[-1])
    for attention, gradient in zip(attentions, gradients, strict=True):
        product = (attention[0].detach() * gradient[0]).clamp(min=0)
        found = found + product.cpu().double().mean(0).numpy() @ found
    return found
