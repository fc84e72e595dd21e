"""Recording attention that transformers does not dispatch, by hooks on the modules around it.

DeBERTa and MPNet compute their attention in one piece. Their weights pass through a dropout
module on the way to the values, and in evaluation mode leave it as they came: the very tensor
the model goes on with, so that gradients with respect to it are those of the model. The
values are read where they are projected. That both belong together is not taken on trust:
:func:`reportgen.engine.models.self_tests.verify_recording` asks for the output projection, which
is found only where weights times values are what it reads.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

VALUE_PROJECTIONS = ("value_proj", "in_proj", "v")
"""What the value projection is called in DeBERTa-v2, DeBERTa and MPNet."""


def attention_modules(model: nn.Module) -> Iterator[nn.Module]:
    """Find the attention modules of ``model`` that are off the attention interface."""
    for module in model.modules():
        if (
            "Attention" in type(module).__name__
            and not hasattr(sys.modules.get(type(module).__module__), "eager_attention_forward")
            and isinstance(getattr(module, "dropout", None), nn.Dropout)
            and value_projection(module) is not None
        ):
            yield module


def value_projection(module: nn.Module) -> nn.Linear | None:
    found = [getattr(module, name, None) for name in VALUE_PROJECTIONS]
    return next((child for child in found if isinstance(child, nn.Linear)), None)


def watch(
    module: nn.Module, record: Callable[..., None], values: bool
) -> tuple[RemovableHandle, RemovableHandle]:
    """Call ``record`` with each attention of ``module``; return the hooks to remove.

    It is given what :meth:`reportgen.engine.models.capture.Recorder.record_attention` takes.
    """
    projected: list[tuple[Tensor, Tensor]] = []

    def keep(_: nn.Module, args: tuple[Any, ...], output: Tensor) -> None:
        projected.append((args[0], output))

    def attended(_: nn.Module, args: tuple[Any, ...], attention: Tensor) -> None:
        if not values:
            record(module, attention)
            return
        read, output = projected[0]  # DeBERTa projects relative positions later
        projected.clear()
        split = split_heads(module, output, attention.shape[1])
        maker = None if hasattr(module, "in_proj") else projection  # whose values have another bias
        record(module, attention, split, (attention @ split).transpose(1, 2), read, maker)

    dropout, projection = module.get_submodule("dropout"), value_projection(module)
    assert projection is not None  # or it is none of attention_modules
    return dropout.register_forward_hook(attended), projection.register_forward_hook(keep)


def split_heads(module: nn.Module, projected: Tensor, heads: int) -> Tensor:
    """Return the values (B, heads, n, d_head) among what the value projection returned."""
    split = projected.unflatten(-1, (heads, -1)).transpose(1, 2)
    if not hasattr(module, "in_proj"):
        return split
    # DeBERTa projects queries, keys and values at once, head by head.
    bias = module.get_parameter("v_bias")
    return split.chunk(3, dim=-1)[2] + bias.unflatten(0, (heads, 1, -1))
