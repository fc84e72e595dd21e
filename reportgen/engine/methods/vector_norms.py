"""Norms of the vectors that attention moves from token to token."""

from __future__ import annotations

import numpy as np

from reportgen.engine.methods.base import MethodImplementation, MethodOutput, PredictionContext
from reportgen.engine.methods.decomposition import moved_by, plain
from reportgen.methods import vector_norms as described


class VectorNorms(MethodImplementation):
    """Kobayashi et al. 2020, arXiv:2004.10102.

    With f^h(x_j) = v_j^h W_O^h, the value vector of token j carried to the model's width by
    head h's part of the output projection (its bias belongs to no token and is left out),
    attention moves sum_h A^h_ij f^h(x_j) from token j to token i.

    Arrays: ``vector_norms/f`` (L, H, n) = |f^h(x_j)|; ``vector_norms/alpha_f`` (L, H, n, n) =
    |A^h_ij f^h(x_j)|; ``vector_norms/sum_alpha_f`` (L, n, n) = |sum_h A^h_ij f^h(x_j)|.
    Self-test ``norms_reconstruction``: how far the moved vectors, summed, are from what the
    output projection returned, relative to its largest value.
    """

    name = described.VectorNorms.name
    needs_recording = True

    def explain(self, context: PredictionContext) -> MethodOutput:
        layers = context.recording.layers
        count, (_, heads, n, _) = len(layers), layers[0].attention.shape
        f = np.empty((count, heads, n), np.float32)
        alpha_f = np.empty((count, heads, n, n), np.float32)
        sum_alpha_f = np.empty((count, n, n), np.float32)
        errors = []
        for number, layer in enumerate(layers):
            moved = moved_by(layer)
            lengths = moved.vectors.norm(dim=2)
            f[number] = lengths
            np.multiply(plain(layer.attention), lengths[:, None], out=alpha_f[number])
            sum_alpha_f[number] = moved.norms()
            errors.append(moved.error(plain(layer.output)))
        return MethodOutput(
            arrays={
                f"{self.name}/f": f,
                f"{self.name}/alpha_f": alpha_f,
                f"{self.name}/sum_alpha_f": sum_alpha_f,
            },
            self_tests={"norms_reconstruction": max(errors)},
        )
