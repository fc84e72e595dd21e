"""The last layer of a classifier: what it reads, and how its loss changes with its weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.tokens import Encoding

NO_LAYER = "The model’s outputs are not those of one last linear layer."


class NotTraceableError(Exception):
    """The training examples of this model are not known; ``str()`` says why in one sentence."""


SAME = 1e-3
"""How far outputs of the last layer may be from the logits, relative to the largest."""


@dataclass(frozen=True, eq=False)
class LastLayer:
    """What the last layer read and gave for some inputs: (n, D) and (n, C), in float32.

    ``has_bias``: it adds a vector of its own.
    """

    read: np.ndarray
    logits: np.ndarray
    has_bias: bool

    def __len__(self) -> int:
        return len(self.read)

    @property
    def probabilities(self) -> np.ndarray:
        """The softmax of the logits."""
        shifted = np.exp(self.logits - self.logits.max(1, keepdims=True))
        return shifted / shifted.sum(1, keepdims=True)

    def residuals(self, labels: np.ndarray) -> np.ndarray:
        """Return the gradient (n, C) of the cross-entropy by the logits: p - y."""
        found = self.probabilities
        found[np.arange(len(labels)), labels] -= 1
        return found


@torch.no_grad()
def read_last_layer(loaded: LoadedModel, encodings: Sequence[Encoding]) -> LastLayer:
    """Return what the last linear layer reads and gives for a batch.

    It is the one whose output is the logits, at some token where they are read from one. Raises
    ``NotTraceableError`` where there is none.
    """
    seen: list[tuple[nn.Linear, Tensor, Tensor]] = []

    def see(module: nn.Module, args: tuple[Any, ...], output: Tensor) -> None:
        assert isinstance(module, nn.Linear)
        seen.append((module, args[0], output))

    width = len(loaded.task.labels)
    layers = [m for m in loaded.model.modules() if type(m) is nn.Linear and m.out_features == width]
    handles = [layer.register_forward_hook(see) for layer in layers]
    try:
        logits = loaded.task.logits(loaded.forward(encodings))
    finally:
        for handle in handles:
            handle.remove()
    for layer, read, given in reversed(seen):
        if len(given) != len(logits) or given.dim() not in (2, 3):
            continue
        if given.dim() == 3:  # a vector for each token, of which one is pooled
            places = (given - logits[:, None]).abs().sum(-1).argmin(1)
            rows = torch.arange(len(given), device=given.device)
            read, given = read[rows, places], given[rows, places]
        if (given - logits).abs().max() <= SAME * logits.abs().max().clamp(min=SAME):
            vectors = read.float().cpu().numpy(), logits.float().cpu().numpy()
            return LastLayer(*vectors, has_bias=layer.bias is not None)
    raise NotTraceableError(NO_LAYER)


def joined(parts: Sequence[LastLayer]) -> LastLayer:
    """Return what several batches gave as one."""
    return LastLayer(
        np.concatenate([part.read for part in parts]),
        np.concatenate([part.logits for part in parts]),
        parts[0].has_bias,
    )
