"""The path as Captum's BERT-SQuAD notebooks integrate it, to be compared with them.

Their choices, defects included: 50 steps of Gauss-Legendre quadrature for integrated gradients;
for what layers carry the left rule on 51 such nodes, which leaves out both ends of the path; at
every node whatever position has the largest logit there, not the predicted one; and token type
1 for the first separator. (Their first part also embeds twice for conductance. That is not
repeated: conductance is along the path of their second part, over the words.)
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import add
from typing import Any

import torch
from torch import Tensor

from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.path.capacity import rows_per_pass
from reportgen.engine.path.embedding_path import EmbeddingPath
from reportgen.engine.path.integral import Integral, accumulate, stacked, total
from reportgen.engine.path.node_values import Needs, NodeValues, evaluate_nodes
from reportgen.engine.path.quadrature import gauss_legendre
from reportgen.engine.tasks.question_answering import QuestionAnswering
from reportgen.results.model import Target

STEPS = 50
"""Steps where the settings leave it to us."""


def integrate_as_notebook(
    loaded: LoadedModel, path: EmbeddingPath, needs: Needs, steps: int
) -> Integral:
    """Integrate along one path by the notebooks' rules; the result is shaped like any sweep's."""
    nodes, weights = gauss_legendre(steps)
    gradients: list[list[Tensor]] = [[] for _ in path.outputs]
    for weight, values in zip(
        weights, evaluate_in_order(loaded, path, nodes, Needs()), strict=True
    ):
        for sums, found in zip(gradients, values.gradients, strict=True):
            accumulate(sums, (weight * gradient.double() for gradient in found.embeddings))
    changes = [embedding.change.double() for embedding in path.embeddings]
    moved = [[g * c for g, c in zip(sums, changes, strict=True)] for sums in gradients]
    carried = [[reduce(add, map(total, mine))] for mine in moved]
    layers: list[list[Tensor]] = [[] for _ in path.outputs]
    attention: list[list[Tensor]] = [[] for _ in path.outputs]
    if needs.hidden_states:
        nodes, _ = gauss_legendre(steps + 1)
        before: NodeValues | None = None
        for values in evaluate_in_order(loaded, path, nodes, needs):
            if before is not None:
                for target, found in enumerate(before.gradients):
                    accumulate(layers[target], left(found.states, before.states, values.states))
                    maps = left(found.attention, before.attention, values.attention)
                    accumulate(attention[target], maps)
            before = values
    for target, mine in enumerate(layers):
        carried[target] += map(total, mine)
    start, end = evaluate_in_order(loaded, path, [0.0, 1.0], Needs())
    totals = torch.stack([torch.stack(mine).cpu() for mine in carried])
    names = [embedding.name for embedding in path.embeddings]
    return Integral(
        path=path,
        embeddings={
            name: torch.stack([mine[i].sum(1).cpu() for mine in moved])
            for i, name in enumerate(names)
        },
        coarse={},
        layers=stacked(layers),
        attention=stacked(attention),
        f_input=end.outputs,
        f_baseline=start.outputs,
        carried=totals,
        resolved=torch.ones_like(totals, dtype=torch.bool),
        steps=len(nodes),
    )


def evaluate_in_order(
    loaded: LoadedModel, path: EmbeddingPath, nodes: list[float], needs: Needs
) -> Iterator[NodeValues]:
    """Evaluate ``nodes`` in order, as many at once as memory allows."""
    rows = rows_per_pass(loaded, [path], needs)
    scalar = largest if isinstance(loaded.task, QuestionAnswering) else None
    with loaded.attention("reportgen" if needs.attention else "sdpa"):
        for first in range(0, len(nodes), rows):
            places = [(path, node) for node in nodes[first : first + rows]]
            yield from evaluate_nodes(loaded, places, needs, scalar)


def largest(output: Any, row: int, target: Target) -> Tensor:
    """Return the largest logit of the target's side, wherever it is."""
    logits = output.start_logits if target.name.startswith("start") else output.end_logits
    return logits[row].max()


def left(gradients: list[Tensor], before: list[Tensor], after: list[Tensor]) -> Iterator[Tensor]:
    """Return each layer's step of the left rule: g_k (h_k+1 - h_k)."""
    for gradient, here, there in zip(gradients, before, after, strict=True):
        yield gradient * (there - here)
