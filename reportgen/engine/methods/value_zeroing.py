"""Value zeroing: how far a layer's vectors move without one token's values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers.modeling_layers import GradientCheckpointingLayer

from reportgen.engine.memory import budget
from reportgen.engine.methods.base import (
    MethodImplementation,
    MethodOutput,
    NotApplicable,
    PredictionContext,
)
from reportgen.engine.methods.decomposition import projection_of
from reportgen.engine.methods.rollout import require_one_stack, rolled_out, row_shares
from reportgen.engine.models.capture import Layer, Recording, record
from reportgen.methods import value_zeroing as described

CHUNK = 8_000_000
"""Numbers of a layer's widest vectors and attention that are made at once."""


@dataclass(frozen=True, eq=False)
class LayerCall:
    """One call of the module of a whole layer: what it was given, and what it returned."""

    module: nn.Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    output: Tensor


class ValueZeroing(MethodImplementation):
    """Mohebbi et al. 2023, arXiv:2301.12971.

    In one layer the value vectors of token j are set to zero in all heads, while attention stays
    as it was and the other layers do not change; C_ij is the cosine distance between the layer's
    vectors for token i with and without, each row divided by its sum. The residual connection is
    in them, so that layers are multiplied without a further identity: R^l = C^l R^{l-1}.
    All tokens j of a layer are batches of its module alone, whose output projection is
    given the altered sum of values.

    Arrays: ``value_zeroing_layers`` (L, n, n) = C; ``value_zeroing_rollout`` (n, n) = R^L;
    ``value_zeroing/TARGET`` (n,), the row of R^L for the token the target is read from.
    Self-test ``value_zeroing_repeat``: how far layers that are run again, with all values, are
    from the model's own, relative to the largest number. Not for causal models.
    """

    name = described.ValueZeroing.name

    def explain(self, context: PredictionContext) -> MethodOutput:
        require_one_stack(context)
        loaded = context.loaded
        if loaded.causal:
            raise NotApplicable(
                "No token of this model attends to those behind it, so the first token's vectors "
                "come from itself alone, and in the product of all layers every row ends there."
            )
        with torch.no_grad(), watching(loaded.model) as calls, record(loaded.model) as recording:
            loaded.forward([context.encoding])
        layers, errors = [], []
        with torch.no_grad():
            for layer, call in zip(recording.layers, calls_of(recording, calls), strict=True):
                numbers = min(CHUNK, budget(loaded) // 32)  # of 4 bytes, some at a time
                distances, error = zeroed(layer, call, numbers)
                layers.append(distances.cpu().numpy())
                errors.append(error)
        maps = row_shares(np.stack(layers))
        return rolled_out(context, self.name, maps, value_zeroing_repeat=max(errors))


@contextmanager
def watching(model: nn.Module) -> Iterator[list[LayerCall]]:
    """Note every call of a module that may be a layer in the one pass inside."""
    calls: list[LayerCall] = []

    def note(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        own = output if isinstance(output, Tensor) else output[0]
        calls.append(LayerCall(module, args, kwargs, own))

    listed = (child for m in model.modules() if isinstance(m, nn.ModuleList) for child in m)
    layers = [m for m in model.modules() if isinstance(m, GradientCheckpointingLayer)]
    handles = [
        module.register_forward_hook(note, with_kwargs=True)
        for module in dict.fromkeys(layers or listed)
    ]
    try:
        yield calls
    finally:
        for handle in handles:
            handle.remove()


def calls_of(recording: Recording, calls: list[LayerCall]) -> list[LayerCall]:
    """Return the call of the module of each recorded layer, the innermost that has all of it."""
    projections = {projection_of(layer) for layer in recording.layers}
    holding = [call for call in calls if projections & set(call.module.modules())]
    inner = {call.module for call in holding}
    outer = {m for m in inner if any(other is not m and other in inner for other in m.modules())}
    found = [call for call in holding if call.module not in outer]
    if len(found) != len(recording.layers):
        raise NotApplicable("The modules of this model's layers were not found, to run them again.")
    return found


def zeroed(layer: Layer, call: LayerCall, numbers: int) -> tuple[Tensor, float]:
    """Return the distances (n, n) of one layer, row i, column j, and the error of its repetition.

    At most ``numbers`` are made at once of the widest vectors, or of attention.
    """
    assert layer.context is not None
    assert layer.values is not None
    attention, values, mixed = layer.attention[0], layer.values[0], layer.context
    n, width = mixed.shape[1:]
    rows = max(1, numbers // (n * (8 * width + 2 * attention.shape[0] * n)))
    columns, error = [], 0.0
    for tokens in torch.arange(n, device=mixed.device).split(rows):
        moved = torch.einsum("hij,hjc->jihc", attention[:, :, tokens], values[:, tokens]).flatten(2)
        whole, *_ = outputs = rerun(layer, call, torch.cat([mixed, mixed - moved]))
        columns.append(cosine_distance(outputs[1:], whole))
        scale = call.output[0].abs().max().clamp(min=1e-12)
        error = max(error, ((whole - call.output[0]).abs().max() / scale).item())
    return torch.cat(columns).T, error


def rerun(layer: Layer, call: LayerCall, contexts: Tensor) -> Tensor:
    """Run a layer for each of ``contexts`` (B, n, H d_head), what attention moves in its place.

    Returns its outputs, (B, n, d). What the layer was given is the same for all.
    """

    def replace(module: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
        return (contexts, *args[1:])

    def repeated(given: Any) -> Any:
        states = isinstance(given, Tensor) and given.shape == call.output.shape
        return given.expand(len(contexts), *given.shape[1:]) if states else given

    handle = projection_of(layer).register_forward_pre_hook(replace)
    try:
        output = call.module(
            *map(repeated, call.args), **{key: repeated(v) for key, v in call.kwargs.items()}
        )
    finally:
        handle.remove()
    return output if isinstance(output, Tensor) else output[0]


def cosine_distance(found: Tensor, expected: Tensor) -> Tensor:
    """Return 1 - cos between the vectors of ``found`` (B, n, d) and ``expected`` (n, d), (B, n).

    As half the squared distance of unit vectors, which is exact where they hardly differ.
    """
    units = [
        vectors.double() / vectors.double().norm(dim=-1, keepdim=True).clamp(min=1e-12)
        for vectors in (found, expected)
    ]
    return (units[0] - units[1]).square().sum(-1) / 2
