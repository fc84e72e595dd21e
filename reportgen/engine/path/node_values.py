"""The model at nodes of a path: outputs, states and gradients from one pass for many nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from reportgen.engine.models.capture import record
from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.path.embedding_path import EmbeddingPath
from reportgen.results.model import Target

Scalar = Callable[[Any, int, Target], Tensor]
"""The value of a target in one row of an output, as a 0-d tensor that can be differentiated."""


@dataclass(frozen=True)
class Needs:
    """What a sweep collects: ``layers``: conductance; ``attention``: its attribution."""

    layers: bool = False
    attention: bool = False

    @property
    def hidden_states(self) -> bool:
        """Tell whether layers are read: completeness is tested at each where they are."""
        return self.layers or self.attention


@dataclass(eq=False)
class Gradients:
    """The gradients of one target at one node; tensors by moving embedding, or by layer."""

    embeddings: list[Tensor]
    states: list[Tensor]
    attention: list[Tensor]


@dataclass(eq=False)
class NodeValues:
    """The model at one node, for T targets.

    ``outputs`` (T,) float64 on the CPU; ``states``: per layer (n, d), ``attention``: per layer
    (H, n, n), and the gradients of each target with respect to them, all float32.
    """

    outputs: Tensor
    states: list[Tensor] = field(default_factory=list)
    attention: list[Tensor] = field(default_factory=list)
    gradients: list[Gradients] = field(default_factory=list)


def evaluate_nodes(
    loaded: LoadedModel,
    places: Sequence[tuple[EmbeddingPath, float]],
    needs: Needs,
    scalar: Scalar | None = None,
) -> list[NodeValues]:
    """Evaluate the model at nodes of paths: one forward pass, and one backward pass per target.

    ``scalar`` stands in for the task's frozen target. Rows do not interact, so the gradient of
    a sum over rows holds each row's own.
    """
    scalar = scalar or loaded.task.scalar
    paths = [path for path, _ in places]
    moving = [
        [path.embeddings[i].at(node).detach().requires_grad_() for path, node in places]
        for i in range(len(paths[0].embeddings))
    ]
    modules = [embedding.module for embedding in paths[0].embeddings]
    with torch.enable_grad(), record(loaded.model, values=False) as recording:
        output = loaded.forward(
            [path.encoding for path in paths],
            dict(zip(modules, moving, strict=True)),
            hidden_states=needs.hidden_states,
        )
        states = list(loaded.hidden_states(output)) if needs.hidden_states else []
        maps = [layer.attention for layer in recording.layers] if needs.attention else []
        outputs = [
            [scalar(mine, 0, target) for target in path.outputs]
            for mine, path in zip(by_row(output), paths, strict=True)
        ]
    values = [
        NodeValues(
            outputs=torch.stack(outputs[row]).detach().cpu().double(),
            states=[own(state, row, path) for state in states],
            attention=[own(attention, row, path, square=True) for attention in maps],
        )
        for row, path in enumerate(paths)
    ]
    leaves = [vectors for embedding in moving for vectors in embedding]
    most = max(map(len, outputs))
    for number in range(most):
        rows = [row for row, mine in enumerate(outputs) if number < len(mine)]
        found = torch.autograd.grad(
            reduce(add, (outputs[row][number] for row in rows)),
            [*leaves, *states, *maps],
            retain_graph=number < most - 1,
            materialize_grads=True,
        )
        of_states, of_maps = found[len(leaves) :][: len(states)], found[len(leaves + states) :]
        for row in rows:
            values[row].gradients.append(
                Gradients(
                    embeddings=[found[row + i * len(paths)].float() for i in range(len(modules))],
                    states=[own(gradient, row, paths[row]) for gradient in of_states],
                    attention=[own(gradient, row, paths[row], square=True) for gradient in of_maps],
                )
            )
    return values


def by_row(output: Any) -> list[SimpleNamespace]:
    """Return each input's own logits, as a batch of one.

    The gradient of a number in them is then as large as they are, not as the whole batch's, which
    would add up to the square of the batch: much where there is a logit for each token there is.
    """
    logits = {name: value for name, value in vars(output).items() if name.endswith("logits")}
    rows = zip(*(value.split(1) for value in logits.values()), strict=True)
    return [SimpleNamespace(**dict(zip(logits, mine, strict=True))) for mine in rows]


def own(batch: Tensor, row: int, path: EmbeddingPath, square: bool = False) -> Tensor:
    """Cut one input's numbers (n, d), or (H, n, n), out of a padded batch, as float32.

    They are copied, so that the batch can be freed, unless it holds nothing else.
    """
    inside = slice(len(path))
    mine = batch.detach()[row]
    mine = mine[:, inside, inside] if square else mine[inside]
    return mine.to(torch.float32, copy=len(batch) > 1)


@torch.no_grad()
def outputs_at(loaded: LoadedModel, path: EmbeddingPath, node: float) -> Tensor:
    """Return the targets' outputs (T,) at ``node``, float64 on the CPU."""
    rows = {embedding.module: [embedding.at(node)] for embedding in path.embeddings}
    output = loaded.forward([path.encoding], rows)
    outputs = [loaded.task.scalar(output, 0, target) for target in path.outputs]
    return torch.stack(outputs).cpu().double()
