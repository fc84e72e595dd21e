"""The path from a baseline to the input: where every path method evaluates the model.

The path is the straight line between two word embeddings of the same positions, token types
and mask: only the words change, and of those only the content; special tokens are the same
at both ends. One sweep visits nodes on the lines of many inputs at once: one forward pass for
a chunk of nodes, one backward pass for each target.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from reportgen.engine.models import LoadedModel
from reportgen.engine.tokens import Encoding, substitute
from reportgen.results.model import ModelInfo, Target
from reportgen.spec.methods import TextBaseline

Baseline = Literal["pad", "mask", "zero"] | TextBaseline

CHUNK_BYTES = 1 << 30
"""Memory that the activations of one chunk of nodes may take."""


@dataclass(frozen=True, eq=False)
class Line:
    """The straight line from ``baseline`` (n, d) to ``input`` (n, d), in word embeddings."""

    encoding: Encoding
    baseline: Tensor
    input: Tensor
    targets: tuple[Target, ...]

    def at(self, node: float) -> Tensor:
        """Return the embeddings (n, d) at ``node``; 0 is the baseline and 1 the input.

        Written so that both ends, and tokens that are the same at both, come out exactly.
        """
        if node == 1:
            return self.input
        return self.baseline + node * (self.input - self.baseline)


@dataclass(frozen=True, eq=False)
class Point:
    """The model at one node of one line.

    ``outputs`` (targets,) are the targets' logits F, and ``gradients`` (targets, n, d) their
    derivatives with respect to the word embeddings; both float64 on the CPU.
    """

    line: int
    node: int
    outputs: Tensor
    gradients: Tensor


def make_line(
    loaded: LoadedModel, encoding: Encoding, baseline: Baseline, targets: tuple[Target, ...]
) -> Line:
    """Lay the line from ``baseline`` to the input.

    ``pad`` and ``mask`` put that token's embedding in place of every content token, a text
    its tokens in order and then padding, ``zero`` the zero vector.
    """
    here = loaded.embed(encoding.ids)
    if baseline == "zero":
        there = here.clone()
        there[encoding.content] = 0
    else:
        there = loaded.embed(substitute(loaded.tokenizer, encoding, baseline))
    return Line(encoding, there, here, targets)


def sweep(loaded: LoadedModel, lines: Sequence[Line], nodes: Sequence[float]) -> Iterator[Point]:
    """Visit every node of every line, in order, in chunks that fit in memory."""
    places = [(line, node) for line in range(len(lines)) for node in range(len(nodes))]
    longest = max(len(line.encoding) for line in lines)
    size = rows_per_chunk(longest, loaded.info, loaded.model.dtype.itemsize)
    for first in range(0, len(places), size):
        chunk = places[first : first + size]
        embeddings = [lines[line].at(nodes[node]).detach().requires_grad_() for line, node in chunk]
        output = loaded.forward([lines[line].encoding for line, _ in chunk], embeddings)
        scalars = [
            [loaded.task.scalar(output, row, target) for target in lines[line].targets]
            for row, (line, _) in enumerate(chunk)
        ]
        gradients = differentiate(scalars, embeddings)
        for row, (line, node) in enumerate(chunk):
            outputs = torch.stack(scalars[row]).detach().cpu().double()
            yield Point(line, node, outputs, torch.stack(gradients[row]).cpu().double())


def differentiate(scalars: list[list[Tensor]], embeddings: list[Tensor]) -> list[list[Tensor]]:
    """Return d scalar / d embeddings for each row and target, one backward pass per target.

    Rows do not interact, so the gradient of a sum over rows holds each row's own.
    """
    found: list[list[Tensor]] = [[] for _ in scalars]
    most = max(map(len, scalars))
    for target in range(most):
        rows = [row for row, outputs in enumerate(scalars) if target < len(outputs)]
        gradients = torch.autograd.grad(
            sum(scalars[row][target] for row in rows),
            [embeddings[row] for row in rows],
            retain_graph=target < most - 1,
        )
        for row, gradient in zip(rows, gradients, strict=True):
            found[row].append(gradient)
    return found


@torch.no_grad()
def evaluate(loaded: LoadedModel, line: Line, node: float) -> Tensor:
    """Return the targets' logits (targets,) at ``node``, float64 on the CPU."""
    output = loaded.forward([line.encoding], [line.at(node)])
    outputs = [loaded.task.scalar(output, 0, target) for target in line.targets]
    return torch.stack(outputs).cpu().double()


def rows_per_chunk(length: int, info: ModelInfo, itemsize: int) -> int:
    """Return how many inputs of ``length`` tokens fit in ``CHUNK_BYTES`` with their graph.

    Weights are frozen, so a layer keeps about 16 vectors and 2 attention maps per head.
    """
    numbers = info.layers * length * (16 * info.hidden_size + 2 * info.heads * length)
    return max(1, CHUNK_BYTES // (numbers * itemsize))


def gauss_legendre(steps: int) -> tuple[list[float], list[float]]:
    """Return the nodes and weights (steps,) of Gauss-Legendre quadrature on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    return ((nodes + 1) / 2).tolist(), (weights / 2).tolist()
