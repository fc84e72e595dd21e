"""Switching attention heads off, another one in each row of a batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

Head = tuple[int, int]
"""A head by its layer and its number in it, both from 0."""


@contextmanager
def ablating(
    projections: Sequence[nn.Module], heads: int, rows: Sequence[Head | None], mean_of: int | None
) -> Iterator[None]:
    """Let each row of the one forward pass inside go without a head, or (``None``) with all.

    ``projections`` are each layer's output projection (W_O), which reads the outputs of its
    ``heads`` side by side: there a head is 0, or with ``mean_of`` at every token the mean of what
    it is at the first ``mean_of``. Layers that share their weights (ALBERT) are one module that is
    called once for each.
    """
    numbers: dict[nn.Module, list[int]] = {}
    for number, module in enumerate(projections):
        numbers.setdefault(module, []).append(number)

    def ablate(module: nn.Module, args: tuple[Any, ...]) -> tuple[Any, ...]:
        return (without(args[0], numbers[module].pop(0)), *args[1:])

    def without(context: Tensor, layer: int) -> Tensor:
        here = [(row, head[1]) for row, head in enumerate(rows) if head and head[0] == layer]
        if not here:
            return context
        context = context.clone()
        split = context.unflatten(-1, (heads, -1))  # a view: (B, n, heads, d_head)
        for row, head in here:
            own = split[row, :, head]
            split[row, :, head] = 0 if mean_of is None else own[:mean_of].mean(0)
        return context

    handles = [module.register_forward_pre_hook(ablate) for module in numbers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
