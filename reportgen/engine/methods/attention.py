"""Attention maps, as the model computed them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from reportgen.engine.methods.base import MethodImplementation, MethodOutput, PredictionContext
from reportgen.engine.models.capture import Layer
from reportgen.methods import attention as described


class Attention(MethodImplementation):
    """Vaswani et al. 2017, arXiv:1706.03762.

    Arrays: ``attention`` (L, H, n, n), softmax weights, row = query, column = key; and
    ``attention_norm`` (L, n, n), the L2 norm over heads sqrt(sum_h A_hij^2). For models with
    a decoder of m tokens also ``decoder_attention`` (L, H, m, m), its attention to itself, and
    ``cross_attention`` (L, H, m, n), that to the encoder's tokens, each with its ``_norm``.
    Self-test ``attention_row_sum``: the largest distance of a row's sum from 1.
    """

    name = described.Attention.name
    needs_recording = True

    def explain(self, context: PredictionContext) -> MethodOutput:
        recording = context.recording
        stacks = {
            self.name: stack(recording.layers),
            f"decoder_{self.name}": stack(recording.decoder),
            f"cross_{self.name}": stack(recording.cross),
        }
        found = {name: maps for name, maps in stacks.items() if maps is not None}
        arrays = {name: maps.numpy() for name, maps in found.items()}
        arrays |= {f"{name}_norm": maps.norm(dim=1).numpy() for name, maps in found.items()}
        errors = [(maps.sum(-1, dtype=torch.float64) - 1).abs().max() for maps in found.values()]
        return MethodOutput(arrays=arrays, self_tests={"attention_row_sum": max(errors).item()})


def stack(layers: Sequence[Layer]) -> Tensor | None:
    """Return the attention of all layers, (L, H, queries, keys), or ``None`` without layers."""
    return torch.stack([layer.attention[0].cpu().float() for layer in layers]) if layers else None
