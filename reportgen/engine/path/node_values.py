"""The model at nodes of a path: outputs, states and gradients from one pass for many nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Any

import torch
from torch import Tensor

from reportgen.engine.models.capture import record
from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.path.embedding_path import Line
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
        """Tell whether layers are visited: completeness is checked at each where they are."""
        return self.layers or self.attention


@dataclass(eq=False)
class Gradients:
    """The gradients of one target at one node; tensors by part of the path, or by layer."""

    parts: list[Tensor]
    states: list[Tensor]
    attention: list[Tensor]


@dataclass(eq=False)
class Sample:
    """The model at one node, for T targets.

    ``outputs`` (T,) float64 on the CPU; ``states``: per layer (n, d), ``attention``: per layer
    (H, n, n), and the gradients of each target with respect to them, all float32.
    """

    outputs: Tensor
    states: list[Tensor] = field(default_factory=list)
    attention: list[Tensor] = field(default_factory=list)
    gradients: list[Gradients] = field(default_factory=list)


def visit(
    loaded: LoadedModel,
    places: Sequence[tuple[Line, float]],
    needs: Needs,
    scalar: Scalar | None = None,
) -> list[Sample]:
    """Evaluate nodes of lines together: one forward pass, and one backward pass per target.

    ``scalar`` stands in for the task's frozen target. Rows do not interact, so the gradient of
    a sum over rows holds each row's own.
    """
    scalar = scalar or loaded.task.scalar
    lines = [line for line, _ in places]
    moving = [
        [line.parts[i].at(node).detach().requires_grad_() for line, node in places]
        for i in range(len(lines[0].parts))
    ]
    modules = [part.module for part in lines[0].parts]
    with torch.enable_grad(), record(loaded.model, values=False) as recording:
        output = loaded.forward(
            [line.encoding for line in lines],
            dict(zip(modules, moving, strict=True)),
            hidden_states=needs.hidden_states,
        )
        states = list(loaded.hidden_states(output)) if needs.hidden_states else []
        maps = [layer.attention for layer in recording.layers] if needs.attention else []
        values = [
            [scalar(output, row, target) for target in line.outputs]
            for row, line in enumerate(lines)
        ]
    samples = [
        Sample(
            outputs=torch.stack(values[row]).detach().cpu().double(),
            states=[own(state, row, line) for state in states],
            attention=[own(attention, row, line, square=True) for attention in maps],
        )
        for row, line in enumerate(lines)
    ]
    leaves = [vectors for part in moving for vectors in part]
    most = max(map(len, values))
    for number in range(most):
        rows = [row for row, mine in enumerate(values) if number < len(mine)]
        found = torch.autograd.grad(
            reduce(add, (values[row][number] for row in rows)),
            [*leaves, *states, *maps],
            retain_graph=number < most - 1,
            materialize_grads=True,
        )
        of_states, of_maps = found[len(leaves) :][: len(states)], found[len(leaves + states) :]
        for row in rows:
            samples[row].gradients.append(
                Gradients(
                    parts=[found[row + i * len(lines)].float() for i in range(len(modules))],
                    states=[own(gradient, row, lines[row]) for gradient in of_states],
                    attention=[own(gradient, row, lines[row], square=True) for gradient in of_maps],
                )
            )
    return samples


def own(batch: Tensor, row: int, line: Line, square: bool = False) -> Tensor:
    """Cut one input's numbers (n, d), or (H, n, n), out of a padded batch, as float32.

    They are copied, so that the batch can be freed, unless it holds nothing else.
    """
    inside = slice(len(line))
    mine = batch.detach()[row]
    mine = mine[:, inside, inside] if square else mine[inside]
    return mine.to(torch.float32, copy=len(batch) > 1)


@torch.no_grad()
def evaluate(loaded: LoadedModel, line: Line, node: float) -> Tensor:
    """Return the targets' outputs (T,) at ``node``, float64 on the CPU."""
    rows = {part.module: [part.at(node)] for part in line.parts}
    output = loaded.forward([line.encoding], rows)
    outputs = [loaded.task.scalar(output, 0, target) for target in line.outputs]
    return torch.stack(outputs).cpu().double()
