"""ALTI: how close each token's part comes to a layer's output, multiplied through."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from reportgen.engine.methods.base import MethodImplementation, MethodOutput, PredictionContext
from reportgen.engine.methods.decomposition import Block, blocks
from reportgen.engine.methods.rollout import require_one_stack, rolled_out, row_shares
from reportgen.methods import alti as described

CHUNK = 16_000_000
"""Numbers of a layer's parts held at once."""


class Alti(MethodImplementation):
    """Ferrando, Gállego and Costa-jussà 2022, arXiv:2203.04212.

    Token i's vector after a layer's attention block, y_i, is a sum of parts T_ij from the
    tokens j and of biases. A part counts by how much nearer to y_i it lies than nothing does,

        c_ij = max(0, |y_i|_1 - |y_i - T_ij|_1), each row divided by its sum,

    and the layers are multiplied, R^l = C^l R^{l-1}. y_i is what the model computed, biases
    included: the LayerNorm's output, or, where none follows the residual connection (pre-LN),
    the sum itself, the parts then being those of
    :class:`~reportgen.engine.methods.residual_norms.ResidualNorms`' R_ij.

    Arrays: ``alti_layers`` (L, n, n) = C; ``alti_rollout`` (n, n) = R^L; ``alti/TARGET`` (n,),
    the row of R^L for the token the target is read from.
    Self-test ``alti_reconstruction``: how far parts and biases, summed, are from y, relative to
    its largest value.
    """

    name = described.Alti.name
    needs_recording = True

    def explain(self, context: PredictionContext) -> MethodOutput:
        require_one_stack(context)
        layers, errors = [], []
        for block in blocks(context.recording):
            layers.append(proximity(block).numpy())
            errors.append(block.mixed.error(block.output))
        maps = row_shares(np.stack(layers))
        return rolled_out(context, self.name, maps, alti_reconstruction=max(errors))


def proximity(block: Block) -> Tensor:
    """Return max(0, |y_i|_1 - |y_i - T_ij|_1), (n, n), some columns j at a time.

    The two norms are subtracted feature by feature: their difference is small beside them.
    """
    output = block.output
    n, width = output.shape
    size, columns = output.abs(), min(n, max(1, CHUNK // (n * width)))
    buffer = torch.empty(columns, n, width)  # new memory for each chunk would take as long again
    distances = []
    for first in range(0, n, columns):
        last = min(first + columns, n)
        parts = block.mixed.parts(first, last, out=buffer[: last - first])
        distances.append(parts.sub_(output).abs_().sub_(size).sum(-1))
    return torch.cat(distances).neg_().clamp_(min=0).T
