"""The one place where attention is recorded: what every layer attends to, and what it moves.

transformers dispatches attention by name. The function registered here under that name
delegates to the ``eager_attention_forward`` of the model's own module, so a model computes
bit for bit what its eager implementation computes (position biases and soft caps included),
and hands each layer's attention and values to the active recording. The same name must be
known to the mask interface: transformers silently drops the padding mask otherwise.

Models that do not dispatch their attention are recorded by hooks on their attention modules
instead; see :mod:`reportgen.engine.models.hooked_attention`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.masking_utils import eager_mask
from transformers.pytorch_utils import Conv1D

from reportgen.engine.models.hooked_attention import attention_modules, watch
from reportgen.engine.models.module_lookup import reading_modules
from reportgen.errors import ModelError

IMPLEMENTATION = "reportgen"
"""The name of this attention function, as in ``attn_implementation``."""


@dataclass
class Call:
    """One call of a norm or a linear map: what it read and what it returned, (B, n, d).

    A head that pools one token reads and returns (B, d).
    """

    module: nn.Module
    input: Tensor
    output: Tensor


@dataclass
class Layer:
    """One attention call of a forward pass, for a batch of B inputs padded to n tokens.

    ``attention`` (B, heads, n, keys): weights, row = query, column = key. The rest is there
    only where values are recorded:

    ``values`` (B, heads, keys, d_head): value vectors, bias included; grouped values repeated.
    ``context`` (B, n, heads * d_head): the heads' outputs side by side.
    ``source`` (B, keys, d): what the value projection read; ``None`` where it was not found.
    ``maker``: the linear map that the values are made by, and ``columns`` (heads, d_head), which
    of its outputs they are; ``None`` where it was not found.
    ``projection``: the linear map that takes the context back to the model's width (W_O), and
    ``output`` (B, n, d) what it returned; ``None`` where it was not found.
    ``norms``: every normalisation of that width after it and before the next attention.
    ``calls``, where asked for: all norms and linear maps of any width there, the output
    projection left out; the last layer's are those of the head, too.
    """

    attention: Tensor
    values: Tensor | None = None
    context: Tensor | None = None
    source: Tensor | None = None
    maker: nn.Linear | Conv1D | None = None
    columns: Tensor | None = None
    projection: nn.Linear | Conv1D | None = None
    output: Tensor | None = None
    norms: list[Call] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    def projection_weight(self) -> Tensor:
        """Return W_O as (heads, d_head, d), to be applied from the right: f = v W_O.

        Only where a ``projection`` was found.
        """
        assert self.projection is not None
        assert self.values is not None
        weight: Tensor = self.projection.weight
        if isinstance(self.projection, nn.Linear):  # Conv1D stores the transposed matrix
            weight = weight.T
        heads, width = self.values.shape[1], self.values.shape[3]
        return weight.reshape(heads, width, -1)


@dataclass
class Recording:
    """The attention calls of one forward pass, in the order they happened.

    ``layers``: self-attention of the stack that reads the input; ``decoder`` and ``cross``:
    a decoder's self-attention, and its attention to what the encoder returned. ``norms``: the
    reading stack's normalisations before the first attention.

    Layers that share their weights (ALBERT) are one module but several calls, which is why
    the order of calls, not the module, says which layer it is.
    """

    layers: list[Layer] = field(default_factory=list)
    decoder: list[Layer] = field(default_factory=list)
    cross: list[Layer] = field(default_factory=list)
    norms: list[Call] = field(default_factory=list)


class Recorder:
    """Writes one :class:`Recording`; told of attention, linear maps and norms as they happen.

    ``reading``: the modules of the stack that reads the input.
    """

    def __init__(
        self, reading: frozenset[nn.Module], values: bool = True, calls: bool = False
    ) -> None:
        self.recording = Recording()
        self.reading = reading
        self.values = values
        self.calls = calls
        self.latest: Layer | None = None
        self.linear_calls: list[Call] = []  # since the latest attention

    def record_attention(
        self,
        module: nn.Module,
        attention: Tensor,
        values: Tensor | None = None,
        context: Tensor | None = None,
        source: Tensor | None = None,
        maker: nn.Linear | None = None,
    ) -> None:
        """Take (B, heads, n, keys), (B, groups, keys, d_head) and (B, n, heads, d_head).

        Without a ``source`` (B, keys, d) it is sought among the linear maps before, and so is
        what made the values; a ``maker`` that is given makes all heads' values, in their order.
        """
        self.latest = Layer(attention)
        if self.values and values is not None and context is not None:
            groups = attention.shape[1] // values.shape[1]
            self.latest.values = values.repeat_interleave(groups, 1) if groups > 1 else values
            self.latest.context = context.flatten(2)
            if source is None:
                self.find_source(values, groups)
            else:
                self.latest.source, self.latest.maker = source, maker
                self.latest.columns = torch.arange(context.shape[2] * context.shape[3])
                self.latest.columns = self.latest.columns.unflatten(0, context.shape[2:])
            self.linear_calls.clear()
        if module in self.reading:
            self.recording.layers.append(self.latest)
        elif getattr(module, "is_causal", False):
            self.recording.decoder.append(self.latest)
        else:
            self.recording.cross.append(self.latest)

    def find_source(self, values: Tensor, repeats: int) -> None:
        """Note the linear map of whose output ``values`` is a view, and what it read."""
        assert self.latest is not None
        memory = values.untyped_storage().data_ptr()
        for call in self.linear_calls:
            made = call.output.untyped_storage().data_ptr() == memory
            if made and isinstance(call.module, nn.Linear | Conv1D):
                self.latest.source, self.latest.maker = call.input, call.module
                self.latest.columns = viewed_columns(values, call.output)
                self.latest.columns = self.latest.columns.repeat_interleave(repeats, 0)
                return

    def record_linear(
        self, module: nn.Linear | Conv1D, args: tuple[Any, ...], output: Tensor
    ) -> None:
        """Take ``module`` for W_O if it is the first linear map fed with the attention output."""
        if not args:
            return
        self.linear_calls.append(Call(module, args[0], output))
        layer = self.latest
        if layer is None or layer.context is None:
            return
        if layer.projection is not None:
            if self.calls:
                layer.calls.append(self.linear_calls[-1])
        elif same(args[0], layer.context):
            layer.projection, layer.output = module, output

    def record_norm(self, module: nn.Module, args: tuple[Any, ...], output: Tensor) -> None:
        layer = self.latest
        if not args:
            return
        if not self.recording.layers and module in self.reading:
            self.recording.norms.append(Call(module, args[0], output))
        if layer is None or layer.output is None:
            return
        if self.calls:
            layer.calls.append(Call(module, args[0], output))
        same_stack = (module in self.reading) == any(layer is it for it in self.recording.layers)
        if same_stack and args[0].shape == layer.output.shape:
            layer.norms.append(Call(module, args[0], output))


def viewed_columns(values: Tensor, projected: Tensor) -> Tensor:
    """Return which features of ``projected`` (B, keys, m) ``values`` is a view of.

    For values (B, groups, keys, d_head), (groups, d_head).
    """
    features = torch.arange(projected.shape[-1])
    sizes, strides = values.shape[1::2], values.stride()[1::2]
    first = values.storage_offset() - projected.storage_offset()
    return features.as_strided(sizes, strides, first)


def same(found: Tensor, expected: Tensor) -> bool:
    """Tell whether two tensors hold the same numbers, up to rounding."""
    if found.shape != expected.shape:
        return False
    scale = expected.abs().max() * 8 * torch.finfo(expected.dtype).eps
    return bool((found - expected).abs().max() <= scale)


_active: ContextVar[Recorder | None] = ContextVar("recorder", default=None)


@contextmanager
def record(model: PreTrainedModel, values: bool = True, calls: bool = False) -> Iterator[Recording]:
    """Record every attention call of ``model`` inside the ``with`` block.

    Without ``values`` only the attention is kept, which costs next to nothing; with ``calls``
    also what every linear map behind it read and returned.
    """
    recorder = Recorder(reading_modules(model), values, calls)
    handles = [
        handle
        for module in attention_modules(model)
        for handle in watch(module, recorder.record_attention, values)
    ]
    for module in model.modules() if values else ():
        if isinstance(module, nn.Linear | Conv1D):
            handles.append(module.register_forward_hook(recorder.record_linear))
        elif type(module).__name__.endswith(("LayerNorm", "RMSNorm")):
            handles.append(module.register_forward_hook(recorder.record_norm))
    token = _active.set(recorder)
    try:
        yield recorder.recording
    finally:
        _active.reset(token)
        for handle in handles:
            handle.remove()


def attend(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **kwargs: Any
) -> tuple[Tensor, Tensor]:
    """Compute attention as the model's own eager implementation, and record it.

    Shapes: query (B, heads, n, d_head), key and value (B, groups, keys, d_head); returns the
    context (B, n, heads, d_head) and the attention (B, heads, n, keys).
    """
    context, attention = own_eager(module)(module, query, key, value, mask, **kwargs)
    recorder = _active.get()
    if recorder is not None:
        recorder.record_attention(module, attention, value, context)
    return context, attention


def own_eager(module: nn.Module) -> Callable[..., tuple[Tensor, Tensor]]:
    """Find the ``eager_attention_forward`` that belongs to ``module``'s architecture."""
    for cls in type(module).__mro__:
        own = getattr(sys.modules.get(cls.__module__), "eager_attention_forward", None)
        if own is not None:
            return own
    raise ModelError(
        f"{type(module).__name__} has no eager_attention_forward of its own",
        hint="its attention cannot be recorded exactly, so reportgen does not support it",
    )


AttentionInterface.register(IMPLEMENTATION, attend)
AttentionMaskInterface.register(IMPLEMENTATION, eager_mask)
