"""Norms of what each token receives and keeps, with the residual connection and LayerNorm."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from reportgen.engine.methods.base import MethodImplementation, MethodOutput, PredictionContext
from reportgen.engine.methods.decomposition import blocks
from reportgen.methods import residual_norms as described


class ResidualNorms(MethodImplementation):
    """Kobayashi et al. 2021, arXiv:2109.07152.

    With F_ij what attention moves from token j to token i, R_ij = F_ij, and R_ii = F_ii + x_i,
    x_i being what the residual connection keeps. In post-LN models a LayerNorm follows; made
    linear at the spread it divided token i by, it turns R_ij into T_ij. A norm between
    attention and residual connection (Gemma) is applied to F_ij in the same way.

    Arrays: ``residual_norms/residual`` (L, n, n) = |R_ij|; ``residual_norms/normalized``
    (L, n, n) = |T_ij|, for post-LN models; and ``mixing_ratio/attention``, ``/residual`` and
    ``/normalized`` (L, n), in [0, 1]: |sum_{j!=i} ij| / (|sum_{j!=i} ij| + |ii|) of F, R and T,
    how much of i's vector comes from other tokens.
    Self-test ``residual_reconstruction``: how far the parts with the biases, summed, are from the
    vectors the model computed, relative to their largest value.
    """

    name = described.ResidualNorms.name
    needs_recording = True

    def explain(self, context: PredictionContext) -> MethodOutput:
        found = defaultdict(list)
        errors = []
        for block in blocks(context.recording):
            found["mixing_ratio/attention"].append(block.attention.mixing_ratio())
            for kind, mixture in (("residual", block.residual), ("normalized", block.normalized)):
                if mixture is not None:
                    found[f"{self.name}/{kind}"].append(mixture.norms().float())
                    found[f"mixing_ratio/{kind}"].append(mixture.mixing_ratio())
            errors.append(block.mixed.error(block.output))
        return MethodOutput(
            arrays={name: np.stack(layers).astype(np.float32) for name, layers in found.items()},
            self_tests={"residual_reconstruction": max(errors)},
        )
