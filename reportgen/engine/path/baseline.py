"""What ``baseline: auto`` stands for, and baselines that are vectors, not tokens."""

from __future__ import annotations

from dataclasses import replace
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from reportgen.engine.models.loaded_model import LoadedModel, probe_input
from reportgen.engine.tokens import Baseline, Encoding, encode

STEEP = 1e6
"""A gradient that is so many times larger at the baseline than at the input is of no use."""

AT_ONCE = 4096
"""Tokens that are embedded together."""

_steep_at_zero: WeakKeyDictionary[LoadedModel, bool] = WeakKeyDictionary()


def resolve_baseline(loaded: LoadedModel, baseline: Baseline) -> Baseline:
    """Say what ``auto`` means for a model: ``pad``, or, without padding, ``zero`` or ``mean``.

    ``mean`` is taken where the gradients at ``zero`` overflow: RMSNorm divides by the size of a
    vector, and without a position or a special token to start from every layer's is zero there.
    """
    if baseline != "auto":
        return baseline
    if loaded.tokenizer.pad_token_id is not None:
        return "pad"
    if loaded not in _steep_at_zero:
        _steep_at_zero[loaded] = is_steep_at_zero(loaded)
    return "mean" if _steep_at_zero[loaded] else "zero"


def is_steep_at_zero(loaded: LoadedModel) -> bool:
    """Tell whether gradients overflow, or nearly do, where all words' vectors are zero."""
    text = str(loaded.tokenizer.decode(probe_input(loaded, 8).ids))
    encoding = encode(loaded.tokenizer, {"text": text}, loaded.max_length)
    if loaded.planned.task == "seq2seq-lm":
        encoding = replace(encoding, decoder=encoding)
    here = loaded.embed(encoding.ids)
    at_zero, at_input = (
        largest_gradient(loaded, encoding, vectors)
        for vectors in (without_content(here, encoding), here)
    )
    return not at_zero <= STEEP * at_input  # true of NaN, too


def largest_gradient(loaded: LoadedModel, encoding: Encoding, vectors: Tensor) -> float:
    """Return the largest part of the gradient of the logits, added up, at word ``vectors``."""
    with torch.enable_grad():
        vectors = vectors.detach().clone().requires_grad_()
        output = loaded.forward([encoding], {loaded.embedding: [vectors]})
        (found,) = torch.autograd.grad(loaded.task.logits(output).float().sum(), vectors)
    return found.abs().max().item()


def without_content(vectors: Tensor, encoding: Encoding) -> Tensor:
    """Return ``vectors`` (n, d) with zeros in place of the content tokens'."""
    return with_content(vectors, encoding, torch.zeros_like(vectors[0]))


def with_content(vectors: Tensor, encoding: Encoding, vector: Tensor) -> Tensor:
    """Return ``vectors`` (n, d) with ``vector`` (d,) in place of each content token's."""
    vectors = vectors.clone()
    vectors[encoding.content] = vector
    return vectors


def mean_embedding(loaded: LoadedModel) -> Tensor:
    """Return the mean (d,) of the embeddings of all tokens that the tokenizer knows."""
    ids = torch.arange(len(loaded.tokenizer)).split(AT_ONCE)
    total = sum(loaded.embed(some).double().sum(0) for some in ids)
    return (torch.as_tensor(total) / len(loaded.tokenizer)).to(loaded.embed(ids[0][:1]).dtype)
