"""What a sweep of the path adds up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from reportgen.engine.path.embedding_path import EmbeddingPath

SMALLEST_CHANGE = 1e-6
"""Gaps are relative to the change of the output, or to this where it hardly changes."""


@dataclass(eq=False)
class Integral:
    """What one sweep found for one input, for T targets and L layers; on the CPU.

    ``embeddings``: by name (T, n), summed over features; ``coarse``: the same from half as many
    nodes, empty where there is no such estimate; ``layers`` (T, L, n, d) or ``None``;
    ``attention`` (T, L, H, n, n) or ``None``. ``f_input`` and ``f_baseline`` (T,) are the
    outputs at the ends. ``carried`` (T, 1 + L): what the moving embeddings, and then each
    layer, carry. ``resolved``, of the same shape but for a path's others: where no interval had
    to be taken that missed more than its share of the tolerance. ``steps``: nodes evaluated.
    """

    path: EmbeddingPath
    embeddings: dict[str, Tensor]
    coarse: dict[str, Tensor]
    layers: Tensor | None
    attention: Tensor | None
    f_input: Tensor
    f_baseline: Tensor
    carried: Tensor
    resolved: Tensor
    steps: int

    @property
    def finite(self) -> bool:
        """Whether the output at the baseline and all that is carried are numbers."""
        return bool(self.carried.isfinite().all() and self.f_baseline.isfinite().all())

    def largest_gap(self) -> float:
        """Return the largest gap of the targets; the path's others are not held to any."""
        return self.gap[: len(self.path.targets)].max().item()

    @property
    def delta(self) -> Tensor:
        """What is carried minus the change it should be (T, 1 + L)."""
        return self.carried - (self.f_input - self.f_baseline)[:, None]

    @property
    def gap(self) -> Tensor:
        """The size of ``delta`` relative to the change (T, 1 + L)."""
        change = (self.f_input - self.f_baseline).abs().clamp(min=SMALLEST_CHANGE)
        return self.delta.abs() / change[:, None]


def total(tensor: Tensor) -> Tensor:
    return tensor.sum(dtype=torch.float64)


def accumulate(totals: list[Tensor], terms: Iterable[Tensor]) -> None:
    """Add ``terms`` to ``totals``, one by one and in place."""
    for number, term in enumerate(terms):
        if number == len(totals):
            totals.append(term)
        else:
            totals[number] += term


def stacked(by_target: list[list[Tensor]]) -> Tensor | None:
    """Stack (T, L, ...) on the CPU, emptying the lists: both at once may not fit."""
    if not any(by_target):
        return None
    shape = (len(by_target), len(by_target[0]), *by_target[0][0].shape)
    result = torch.empty(shape)
    for target, layers in enumerate(by_target):
        for number in reversed(range(len(layers))):
            result[target, number] = layers.pop()
    return result
