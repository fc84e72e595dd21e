"""GlobEnc: norms of whole encoder layers, multiplied through to the input."""

from __future__ import annotations

import numpy as np

from reportgen.engine.methods.base import (
    MethodImplementation,
    MethodOutput,
    NotApplicable,
    PredictionContext,
)
from reportgen.engine.methods.decomposition import blocks, understand
from reportgen.engine.methods.rollout import require_one_stack, rolled_out, row_shares
from reportgen.methods import globenc as described


class GlobEnc(MethodImplementation):
    """Modarressi et al. 2022, arXiv:2205.03286.

    The vectors T_ij of :class:`~reportgen.engine.methods.residual_norms.ResidualNorms` go
    through the layer's second LayerNorm as well, made linear in the same way; what the
    feed-forward part adds is left out. Their norms N_ij = |E_ij| are multiplied from layer to
    layer, R^l = N^l R^{l-1}, without a further identity: the residual connections are in them.
    As in the authors' code norms are taken as they are; with ``row_normalize`` each row adds
    up to 1 first, which ranks tokens differently. Post-LN models only.

    Arrays: ``globenc_layers`` (L, n, n) = N; ``globenc_rollout`` (n, n) = R^L;
    ``globenc/TARGET`` (n,), the row of R^L for the token the target is read from.
    """

    name = described.GlobEnc.name
    settings: described.GlobEnc
    needs_recording = True

    def explain(self, context: PredictionContext) -> MethodOutput:
        require_one_stack(context)
        layers = []
        for block in blocks(context.recording):
            if block.normalized is None or len(block.norms) < 2:
                raise NotApplicable(
                    "GlobEnc is defined for encoders with a LayerNorm after each of their two "
                    "residual connections (post-LN, as in BERT), and this model has another "
                    "arrangement."
                )
            layers.append(block.normalized.through(understand(block.norms[1])).norms().numpy())
        maps = np.stack(layers)
        if self.settings.row_normalize:
            maps = row_shares(maps)
        return rolled_out(context, self.name, maps)
