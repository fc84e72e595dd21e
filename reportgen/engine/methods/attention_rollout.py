"""Attention multiplied through the layers."""

from __future__ import annotations

import numpy as np

from reportgen.engine.methods.base import MethodImplementation, MethodOutput, PredictionContext
from reportgen.engine.methods.rollout import require_one_stack, rollout, with_rows
from reportgen.methods import attention_rollout as described


class AttentionRollout(MethodImplementation):
    """Abnar and Zuidema 2020, arXiv:2005.00928.

    Each layer's attention, averaged over heads, is mixed half and half with the identity,
    which stands for the residual connection, and multiplied through:
    R^l = (mean_h A^l_h + I) / 2 R^{l-1}. Rows add up to 1.

    Arrays: ``attention_rollout_matrix`` (n, n) = R^L; ``attention_rollout/TARGET`` (n,), its
    row for the token the target is read from.
    """

    name = described.AttentionRollout.name
    needs_recording = True

    def explain(self, context: PredictionContext) -> MethodOutput:
        require_one_stack(context)
        means = (
            layer.attention[0].cpu().double().mean(0).numpy() for layer in context.recording.layers
        )
        matrix = rollout((mean + np.eye(len(mean))) / 2 for mean in means)
        return with_rows(context, self.name, matrix, {f"{self.name}_matrix": matrix})
