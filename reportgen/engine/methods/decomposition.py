"""One attention layer taken apart: what each token's new vector is made of.

Attention gives token i the sum over tokens j of F_ij = sum_h A^h_ij f^h(x_j), f^h(x_j) being
j's value vector carried to the model's width by head h's part of the output projection, and
that projection's bias. The residual connection adds what i had before, and a norm follows in
some models. How a layer is arranged is read off the recorded tensors, not off its class.
Formulas: Kobayashi et al. 2020, arXiv:2004.10102, and 2021, arXiv:2109.07152.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from reportgen.engine.methods.base import NotApplicable
from reportgen.engine.models.capture import Call, Layer, Recording


@dataclass(frozen=True, eq=False)
class Norm:
    """A LayerNorm or RMSNorm made linear, by keeping the spread it divided each token by.

    ``weight`` (d,), ``bias`` (d,), ``spread`` (n, 1): standard deviation or root mean square.
    ``centred``: a LayerNorm, which takes away each vector's mean first.
    """

    weight: Tensor
    bias: Tensor
    centred: bool
    spread: Tensor

    def turn(self, vectors: Tensor) -> Tensor:
        """Apply all but the division by the spread and the bias to ``vectors`` (..., d)."""
        if self.centred:
            vectors = vectors - vectors.mean(-1, keepdim=True)
        return self.weight * vectors


@dataclass(frozen=True, eq=False)
class Mixture:
    """Vectors (n, d) as sums of parts that come from single tokens.

    Part ij, from token j in the vector of token i, is sum_h A^h_ij u^h_j / s_i, and for j = i
    what i keeps is added. ``weights`` (n, H, n): A by j, h, i; ``vectors`` u (H, n, d);
    ``spread`` s (n, 1); ``kept`` (n, d); ``moved`` (n, d), the sum over j without what is
    kept; ``constant`` (n, d), the biases, which belong to no token.
    """

    weights: Tensor
    vectors: Tensor
    spread: Tensor
    kept: Tensor
    moved: Tensor
    constant: Tensor

    def keeping(self, residual: Tensor) -> Mixture:
        """Add a residual connection from ``residual`` (n, d)."""
        return replace(self, kept=self.kept + residual)

    def through(self, norm: Norm) -> Mixture:
        """Pass every part through ``norm``."""
        return Mixture(
            weights=self.weights,
            vectors=norm.turn(self.vectors),
            spread=self.spread * norm.spread,
            kept=norm.turn(self.kept) / norm.spread,
            moved=norm.turn(self.moved) / norm.spread,
            constant=norm.turn(self.constant) / norm.spread + norm.bias,
        )

    def own(self) -> Tensor:
        """Return the parts ii without what is kept, (n, d)."""
        weights = self.weights.diagonal(dim1=0, dim2=2)
        return torch.einsum("hi,hid->id", weights, self.vectors) / self.spread

    def norms(self) -> Tensor:
        """Return the Euclidean length of every part, (n, n).

        With (u^1_j ... u^H_j) = Q_j R_j, Q_j's columns being orthonormal, and
        a = (A^1_ij, ..., A^H_ij), the length is |R_j a| / s_i. That takes n H^2 numbers where
        the parts themselves would take n^2 d.
        """
        roots = torch.linalg.qr(self.vectors.permute(1, 2, 0), mode="r").R  # (n, H, H)
        lengths = (roots @ self.weights).square_().sum(1).sqrt_().T / self.spread
        return lengths.diagonal_scatter((self.own() + self.kept).norm(dim=1))

    def parts(self, first: int, last: int, out: Tensor) -> Tensor:
        """Write the parts that come from tokens ``first`` to ``last`` to ``out`` (tokens, n, d)."""
        weights = (self.weights[first:last] / self.spread[:, 0]).transpose(1, 2)
        parts = torch.bmm(weights, self.vectors[:, first:last].transpose(0, 1), out=out)
        own = torch.arange(last - first)
        parts[own, own + first] += self.kept[first:last]
        return parts

    def mixing_ratio(self) -> Tensor:
        """Return |others| / (|others| + |own|) for every token, (n,), others = sum_{j!=i} ij."""
        own = self.own()
        others = (self.moved - own).norm(dim=1)
        return others / (others + (own + self.kept).norm(dim=1)).clamp(min=1e-12)

    def error(self, expected: Tensor) -> float:
        """Return how far all parts and the constant are from ``expected`` (n, d).

        The largest difference, relative to the largest value expected.
        """
        found = self.moved + self.kept + self.constant
        return ((found - expected).abs().max() / expected.abs().max().clamp(min=1e-12)).item()


@dataclass(frozen=True, eq=False)
class Block:
    """One layer up to where its feed-forward part begins.

    ``attention``: what attention moves, F. ``residual``: that and the residual, R.
    ``normalized``: R through the LayerNorm that follows in post-LN models, T; else ``None``.
    ``output`` (n, d): what the model computed there, LayerNorm output or sum. ``norms``: the
    norm calls up to the next attention.
    """

    attention: Mixture
    residual: Mixture
    normalized: Mixture | None
    output: Tensor
    norms: Sequence[Call]

    @property
    def mixed(self) -> Mixture:
        """The mixture that adds up to ``output``."""
        return self.normalized or self.residual


def projection_of(layer: Layer) -> nn.Linear | Conv1D:
    """Return W_O of ``layer``; raise ``NotApplicable`` where it was not found."""
    if layer.projection is None:
        raise NotApplicable(
            "No linear map was found that takes the output of attention as it is, "
            "so what attention moves cannot be told."
        )
    return layer.projection


def moved_by(layer: Layer) -> Mixture:
    """Return what the attention of ``layer`` moves between tokens, F."""
    projection = projection_of(layer)
    attention, values = plain(layer.attention), plain(layer.values)
    weight = layer.projection_weight().cpu().float()  # (H, d_head, d)
    vectors = values @ weight  # (H, n, d)
    moved = (attention @ vectors).sum(0)
    constant = torch.zeros_like(moved)
    if projection.bias is not None:
        constant += projection.bias.cpu().float()
    return Mixture(
        weights=attention.transpose(1, 2).contiguous().transpose(0, 1),
        vectors=vectors,
        spread=torch.ones(len(moved), 1),
        kept=torch.zeros_like(moved),
        moved=moved,
        constant=constant,
    )


def blocks(recording: Recording) -> Iterator[Block]:
    """Take apart every layer of ``recording``, one at a time: each holds H n (n + d) numbers.

    Raises ``NotApplicable`` where a layer is arranged in a way that none of these explains.
    """
    layers = recording.layers
    if not all(layer.norms and layer.source is not None for layer in layers):
        raise NotApplicable(
            "No LayerNorm or RMSNorm was found after attention, or not what attention read, so "
            "the residual connections of this architecture cannot be told."
        )
    # The first layer of a pre-LN model may read its input as it is (ModernBERT).
    post = all(map(adds_what_it_read, layers))
    before = recording.norms
    for layer in layers:
        yield after_norm(layer) if post else before_norm(layer, before)
        before = layer.norms


def adds_what_it_read(layer: Layer) -> bool:
    """Tell whether the norm after attention reads its output plus what attention read."""
    expected = plain(layer.source) + plain(layer.output)
    return close(plain(layer.norms[0].input), expected, layer)


def after_norm(layer: Layer) -> Block:
    """Take apart a layer whose residual connection a norm follows: post-LN."""
    attention = moved_by(layer)
    residual = attention.keeping(plain(layer.source))
    normalized = residual.through(understand(layer.norms[0]))
    return Block(attention, residual, normalized, plain(layer.norms[0].output), layer.norms)


def before_norm(layer: Layer, before: Sequence[Call]) -> Block:
    """Take apart a layer that leaves the sum of its residual connection as it is: pre-LN.

    Attention reads the output of one of the norm calls ``before``, whose input is kept, and
    what it returns is added as it is, or through a norm of its own (Gemma). The feed-forward
    part may read the sum or, beside attention, what attention read.
    """
    attention = moved_by(layer)
    output, source, first = plain(layer.output), plain(layer.source), plain(layer.norms[0].input)
    kept = source
    if not adds_what_it_read(layer):
        read = (call for call in before if call.output.shape[1:] == source.shape)
        found = (plain(call.input) for call in read if close(plain(call.output), source, layer))
        kept = next(found, source)
    if close(first, output, layer):
        residual = attention.through(understand(layer.norms[0])).keeping(kept)
        return Block(attention, residual, None, plain(layer.norms[0].output) + kept, layer.norms)
    residual, added = attention.keeping(kept), first - kept
    if close(added, output, layer):
        return Block(attention, residual, None, first, layer.norms)
    share = (added * output).sum() / output.square().sum().clamp(min=1e-12)
    if kept is source or (abs(share) > 0.01 and close(added, share * output, layer)):
        raise NotApplicable(
            "The residual connection of this architecture is none that is known: neither what "
            "attention read nor the input of the norm before it is added to its output."
        )
    return Block(attention, residual, None, kept + output, layer.norms)


def close(found: Tensor, expected: Tensor, layer: Layer) -> bool:
    """Tell whether two tensors are equal up to the rounding of the layer's own numbers."""
    assert layer.output is not None
    return difference(found, expected) <= rounding(layer.output)


def rounding(recorded: Tensor) -> float:
    return max(1e-4, 4 * torch.finfo(recorded.dtype).eps)


def understand(call: Call) -> Norm:
    """Find out which norm ``call`` was, by what it made of its input.

    LayerNorm or RMSNorm, with a weight or, as in Gemma, 1 + weight. Raises ``NotApplicable``
    where none of these gives the recorded output.
    """
    vectors, output = plain(call.input), plain(call.output)
    module = call.module
    ones = torch.ones(vectors.shape[-1])
    weight = getattr(module, "weight", None)
    bias = getattr(module, "bias", None)
    weights = [ones] if weight is None else [weight.cpu().float(), weight.cpu().float() + 1]
    shift = torch.zeros_like(ones) if bias is None else bias.cpu().float()
    eps = getattr(module, "eps", getattr(module, "variance_epsilon", 1e-5))
    found = []
    for centred, scale in product((True, False), weights):
        inner = vectors - vectors.mean(-1, keepdim=True) if centred else vectors
        spread = (inner.square().mean(-1, keepdim=True) + eps).sqrt()
        norm = Norm(scale, shift, centred, spread)
        found.append((difference(norm.turn(vectors) / spread + shift, output), norm))
    error, norm = min(found, key=lambda pair: pair[0])
    if not error <= rounding(call.output):
        raise NotApplicable(f"{type(module).__name__} is neither a LayerNorm nor an RMSNorm.")
    return norm


def difference(found: Tensor, expected: Tensor) -> float:
    """Return the mean absolute difference, relative to the mean absolute value expected.

    Means, because single features of a language model can be thousands of times the others.
    """
    return ((found - expected).abs().mean() / expected.abs().mean().clamp(min=1e-12)).item()


def plain(recorded: Tensor | None) -> Tensor:
    """Return the first input of a recorded batch in float32, on the CPU."""
    assert recorded is not None  # only layers are taken apart of which all was found
    return recorded[0].detach().cpu().float()
