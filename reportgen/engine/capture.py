"""The one interception point for attention: what every layer attends to, and what it moves.

transformers dispatches attention by name. The function registered here under that name
delegates to the ``eager_attention_forward`` of the model's own module, so a model computes
bit for bit what its eager implementation computes (position biases and soft caps included),
and hands each layer's attention and values to the active recording. The same name must be
known to the mask interface: transformers silently drops the padding mask otherwise.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.masking_utils import eager_mask
from transformers.pytorch_utils import Conv1D

from reportgen.errors import ModelError

IMPLEMENTATION = "reportgen"
"""The name of this attention function, as in ``attn_implementation``."""


@dataclass
class Layer:
    """One attention call of a forward pass, for a batch of B inputs padded to n tokens.

    ``attention`` (B, heads, n, n): softmax weights, row = query, column = key.
    ``values`` (B, heads, n, d_head): value vectors, bias included; grouped values repeated.
    ``projection``: the linear map that takes the heads' joined output back to the model's
    width (W_O), and ``output`` (B, n, d) what it returned; ``None`` where it was not found.
    """

    attention: Tensor
    values: Tensor
    context: Tensor
    projection: nn.Module | None = None
    output: Tensor | None = None

    def projection_weight(self) -> Tensor:
        """Return W_O as (heads, d_head, d), to be applied from the right: f = v W_O."""
        if self.projection is None:
            raise ModelError(
                "no linear map was found that takes the attention output as it is",
                hint="vector_norms cannot explain this architecture: leave the method out",
            )
        weight = self.projection.weight
        if isinstance(self.projection, nn.Linear):  # Conv1D stores the transposed matrix
            weight = weight.T
        heads, width = self.values.shape[1], self.values.shape[3]
        return weight.reshape(heads, width, -1)


@dataclass
class Recording:
    """The attention calls of one forward pass, in the order they happened.

    Layers that share their weights (ALBERT) are one module but several calls, which is why
    the order of calls, not the module, says which layer it is.
    """

    layers: list[Layer] = field(default_factory=list)

    def record_attention(self, attention: Tensor, values: Tensor, context: Tensor) -> None:
        groups = attention.shape[1] // values.shape[1]
        repeated = values.repeat_interleave(groups, dim=1) if groups > 1 else values
        self.layers.append(Layer(attention, repeated, context.flatten(2)))

    def record_projection(self, module: nn.Module, args: tuple[Any, ...], output: Tensor) -> None:
        """Take ``module`` for W_O if it is the first linear map fed with the attention output."""
        if not self.layers or self.layers[-1].projection is not None or not args:
            return
        layer = self.layers[-1]
        if args[0].shape == layer.context.shape and torch.equal(args[0], layer.context):
            layer.projection, layer.output = module, output


_active: ContextVar[Recording | None] = ContextVar("recording", default=None)


@contextmanager
def record(model: PreTrainedModel) -> Iterator[Recording]:
    """Record every attention call of ``model`` inside the ``with`` block."""
    recording = Recording()
    handles = [
        module.register_forward_hook(recording.record_projection)
        for module in model.modules()
        if isinstance(module, nn.Linear | Conv1D)
    ]
    token = _active.set(recording)
    try:
        yield recording
    finally:
        _active.reset(token)
        for handle in handles:
            handle.remove()


def attend(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **kwargs: Any
) -> tuple[Tensor, Tensor]:
    """Compute attention as the model's own eager implementation, and record it.

    Shapes: query (B, heads, n, d_head), key and value (B, groups, n, d_head); returns the
    context (B, n, heads, d_head) and the attention (B, heads, n, n).
    """
    context, attention = own_eager(module)(module, query, key, value, mask, **kwargs)
    recording = _active.get()
    if recording is not None:
        recording.record_attention(attention, value, context)
    return context, attention


def own_eager(module: nn.Module) -> Any:
    """Find the ``eager_attention_forward`` that belongs to ``module``'s architecture."""
    for cls in type(module).__mro__:
        source = sys.modules.get(cls.__module__)
        if hasattr(source, "eager_attention_forward"):
            return source.eager_attention_forward
    raise ModelError(
        f"{type(module).__name__} has no eager_attention_forward of its own",
        hint="its attention cannot be recorded exactly, so reportgen does not support it",
    )


AttentionInterface.register(IMPLEMENTATION, attend)
AttentionMaskInterface.register(IMPLEMENTATION, eager_mask)


def intercept(model: PreTrainedModel, inputs: dict[str, Tensor]) -> None:
    """Switch ``model`` to :func:`attend` and prove on ``inputs`` that nothing changed.

    ``inputs`` is a padded batch with its attention mask. Raises ``ModelError`` where the
    architecture is not on the attention interface, where the outputs differ from the model's
    own eager ones by more than 1e-5, or where padding is attended to.
    """
    name = type(model).__name__
    with torch.no_grad():
        model.set_attn_implementation("eager")
        own = model(**inputs).to_tuple()
        model.set_attn_implementation(IMPLEMENTATION)
        with record(model) as recording:
            intercepted = model(**inputs).to_tuple()
    if not recording.layers:
        raise ModelError(
            f"the attention of {name} cannot be recorded: it does not go through transformers' "
            "attention interface",
            hint="use a BERT, DistilBERT, RoBERTa or ELECTRA class model",
        )
    if not all(torch.isfinite(output).all() for output in own):
        raise ModelError(
            f"{name} gives outputs that are not finite",
            hint="check its weights; with dtype float16 or bfloat16, try float32",
        )
    differences = [(a - b).abs().max().item() for a, b in zip(own, intercepted, strict=True)]
    if not all(difference <= 1e-5 for difference in differences):  # a NaN must not pass
        raise ModelError(
            f"recording attention changes the outputs of {name} by {max(differences):.2g}",
            hint="its explanations would not be those of the model; please report this",
        )
    padded = inputs["attention_mask"] == 0
    for number, layer in enumerate(recording.layers):
        # (B, heads, n, n) -> attention that real or padded queries pay to padded keys
        leaked = layer.attention.transpose(1, 3)[padded].max().item()
        if leaked > 1e-6:
            raise ModelError(
                f"layer {number} of {name} attends to padding (up to {leaked:.2g}): "
                "its attention mask is dropped",
                hint="outputs would depend on how inputs are batched",
            )
