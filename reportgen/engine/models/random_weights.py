"""Drawing a model's weights anew, from the head down, and putting them back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from reportgen.engine.models.module_lookup import (
    embedding_layer,
    reading_modules,
    sub_embeddings,
)

FLAG = "_is_hf_initialized"
"""What transformers marks weights by that its initialisation leaves alone."""


@dataclass(frozen=True, eq=False)
class Stage:
    """Weights that are drawn together; ``layer`` is the lowest of them, from 0."""

    part: Literal["head", "layers", "embeddings"]
    parameters: tuple[nn.Parameter, ...]
    layer: int | None = None


def cascade(model: PreTrainedModel, most: int) -> list[Stage]:
    """Return at most ``most`` stages (2 or more) that hold every weight once, the head's first.

    The head is all that stands behind the layers, a decoder included; weights that it shares with
    the embeddings are theirs. The layers are shared out between the stages in the middle; without
    one they come with the embeddings.
    """
    layers = layer_modules(model)
    owned = {id(p) for p in embeddings(model)}
    lowest = [p for p in model.parameters() if id(p) in owned]
    by_layer: list[list[nn.Parameter]] = []
    for layer in layers:
        by_layer.append([p for p in layer.parameters() if id(p) not in owned])
        owned |= {id(p) for p in by_layer[-1]}
    head = [p for p in model.parameters() if id(p) not in owned]
    found = [Stage("head", tuple(head))]
    count = min(most - 2, len(layers))
    bounds = [round(len(layers) * (count - i) / count) for i in range(count + 1)] if count else []
    for above, first in pairwise(bounds):
        some = (p for layer in by_layer[first:above] for p in layer)
        found.append(Stage("layers", tuple(some), first))
    if not count:
        lowest += [p for layer in by_layer for p in layer]
    return [*found, Stage("embeddings", tuple(lowest))]


def layer_modules(model: PreTrainedModel) -> list[nn.Module]:
    """Return the layers of the stack that reads the input; those that share weights are one."""
    reading = reading_modules(model)
    lists = [m for m in model.modules() if isinstance(m, nn.ModuleList) and m in reading]
    inner = {module for one in lists for module in one.modules() if module is not one}
    outer = [one for one in lists if one not in inner]
    return list(max(outer, key=len, default=()))


def embeddings(model: PreTrainedModel) -> Iterator[nn.Parameter]:
    """Yield the weights between the tokens and the first layer."""
    modules = [*sub_embeddings(model).values()]
    if (own := embedding_layer(model)) is not None:
        modules.append(own)
    inside = {module for layer in layer_modules(model) for module in layer.modules()}
    reading = reading_modules(model)
    modules += (
        module
        for name, module in model.base_model.named_modules()  # a head may be called embed_out
        if module in reading and module not in inside and "embed" in name.rpartition(".")[2]
    )
    for module in modules:
        yield from module.parameters()


@contextmanager
def weights_put_back(model: PreTrainedModel) -> Iterator[None]:
    """Put every weight and buffer of the model back on leaving, bit for bit, come what may.

    Inside, weights may be replaced (``parameter.data = ...``), but not written over.
    """
    before = [(parameter, parameter.data) for parameter in model.parameters()]
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    try:
        yield
    finally:
        for parameter, data in before:
            parameter.data = data
        for buffer, copy in buffers:
            buffer.data.copy_(copy)


@torch.no_grad()
def redraw(model: PreTrainedModel, chosen: Sequence[nn.Parameter], seed: int) -> None:
    """Replace the weights in ``chosen`` by new ones, as the model draws them before training.

    Those that its own initialisation does not reach are drawn with the mean and spread of what
    they replace. The others stay as they are, and so does the state of the random generators.
    """
    mine = {id(parameter) for parameter in chosen}
    kept = [(p, p.data) for p in model.parameters()]
    flags = [(p, getattr(p, FLAG)) for p, _ in kept if hasattr(p, FLAG)]
    devices = [model.device] if model.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        try:
            for parameter, data in kept:
                new = id(parameter) in mine
                # Code from elsewhere may draw all weights of a module, marked or not.
                parameter.data = torch.full_like(data, torch.nan) if new else data.clone()
                setattr(parameter, FLAG, not new)
            for module in innermost_first(model):
                if any(id(parameter) in mine for parameter in module.parameters()):
                    model._init_weights(module)
            for parameter, data in kept:
                if id(parameter) in mine and parameter.data.isnan().any():
                    parameter.data = like(data)
        finally:
            for parameter, data in kept:
                if id(parameter) not in mine:
                    parameter.data = data
                vars(parameter).pop(FLAG, None)
            for parameter, flag in flags:
                setattr(parameter, FLAG, flag)


def innermost_first(module: nn.Module) -> Iterator[nn.Module]:
    for child in module.children():
        yield from innermost_first(child)
    yield module


def like(weights: Tensor) -> Tensor:
    """Draw weights with the mean and the spread of others."""
    exact = weights.float()
    spread = exact.std(correction=0)
    return (exact.mean() + spread * torch.randn_like(exact)).to(weights.dtype)
