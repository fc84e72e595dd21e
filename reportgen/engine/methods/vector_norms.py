"""Norms of the vectors that attention moves from token to token."""

from __future__ import annotations

import torch
from torch import Tensor

from reportgen.engine.capture import Layer
from reportgen.engine.methods.base import Case, Finding, Method
from reportgen.spec import methods as spec


class VectorNorms(Method):
    """Kobayashi et al. 2020, arXiv:2004.10102.

    With f^h(x_j) = v_j^h W_O^h, the value vector of token j carried to the model's width by
    head h's part of the output projection (its bias belongs to no token and is left out),
    attention moves sum_h A^h_ij f^h(x_j) from token j to token i.

    Arrays: ``vector_norms/f`` (L, H, n) = |f^h(x_j)|; ``vector_norms/alpha_f`` (L, H, n, n) =
    |A^h_ij f^h(x_j)|; ``vector_norms/sum_alpha_f`` (L, n, n) = |sum_h A^h_ij f^h(x_j)|.
    Check ``norms_reconstruction``: how far the moved vectors, summed, are from what the
    output projection returned, relative to its largest value.
    """

    name = spec.VectorNorms.name
    needs_recording = True

    def explain(self, case: Case) -> Finding:
        layers = [layer_norms(layer) for layer in case.recording.layers]
        f, alpha_f, sum_alpha_f = (
            torch.stack(part).float().numpy() for part in zip(*layers, strict=True)
        )
        return Finding(
            arrays={
                f"{self.name}/f": f,
                f"{self.name}/alpha_f": alpha_f,
                f"{self.name}/sum_alpha_f": sum_alpha_f,
            },
            checks={"norms_reconstruction": max(map(reconstruction_error, case.recording.layers))},
        )


def moved_vectors(layer: Layer) -> Tensor:
    """Return f (H, n, d), in float64: the differences of norms below cancel in float32."""
    values = layer.values[0].cpu().double()
    return values @ layer.projection_weight().cpu().double()


def layer_norms(layer: Layer) -> tuple[Tensor, Tensor, Tensor]:
    """Return |f| (H, n), |A f| (H, n, n) and |sum_h A f| (n, n) of one layer.

    The last comes from the inner products of the heads' vectors, G_j[h, g] = <f^h, f^g>: with
    a = (A^1_ij, ..., A^H_ij) its square is a' G_j a. That takes n H^2 numbers where the
    vectors themselves would take n^2 H d.
    """
    attention = layer.attention[0].cpu().double()
    vectors = moved_vectors(layer)
    by_token = vectors.transpose(0, 1)
    products = by_token @ by_token.transpose(1, 2)  # (n, H, H)
    f = vectors.norm(dim=2)
    weighted = torch.einsum("jhg,gij->hij", products, attention)
    squares = (attention * weighted).sum(0)
    # Rounding can leave a vanishing sum a little below zero.
    return f, attention * f[:, None, :], squares.clamp(min=0).sqrt()


def reconstruction_error(layer: Layer) -> float:
    moved = torch.einsum("hij,hjd->id", layer.attention[0].cpu().double(), moved_vectors(layer))
    if layer.projection.bias is not None:
        moved = moved + layer.projection.bias.cpu().double()
    output = layer.output[0].cpu().double()
    return ((moved - output).abs().max() / output.abs().max().clamp(min=1e-12)).item()
