"""Attention maps, as the model computed them."""

from __future__ import annotations

import torch

from reportgen.engine.methods.base import Case, Finding, Method
from reportgen.spec import methods as spec


class Attention(Method):
    """Vaswani et al. 2017, arXiv:1706.03762.

    Arrays: ``attention`` (L, H, n, n), softmax weights, row = query, column = key; and
    ``attention_norm`` (L, n, n), the L2 norm over heads sqrt(sum_h A_hij^2).
    Check ``attention_row_sum``: the largest distance of a row's sum from 1.
    """

    name = spec.Attention.name
    needs_recording = True

    def explain(self, case: Case) -> Finding:
        layers = [layer.attention[0].cpu().float() for layer in case.recording.layers]
        attention = torch.stack(layers)
        return Finding(
            arrays={
                self.name: attention.numpy(),
                f"{self.name}_norm": attention.norm(dim=1).numpy(),
            },
            checks={"attention_row_sum": (attention.double().sum(-1) - 1).abs().max().item()},
        )
