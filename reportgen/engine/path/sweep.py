"""The shared sweep: one pass over the path feeds every path method.

Each node costs one forward pass, and one backward pass for each target; together they give the
gradients of the target with respect to what moves on the path, to every layer's hidden states
and to every layer's attention.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from reportgen.engine.memory import is_out_of_memory, out_of_memory
from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.path.adaptive_quadrature import AdaptiveQuadrature
from reportgen.engine.path.capacity import nodes_kept, rows_per_pass
from reportgen.engine.path.embedding_path import EmbeddingPath
from reportgen.engine.path.integral import Integral
from reportgen.engine.path.node_values import Needs, NodeValues, evaluate_nodes, outputs_at

FIRST_INTERVALS = 4
"""Intervals that an automatic sweep starts from: 9 nodes."""

ROUNDINGS = 8
"""Last digits of an output that are taken to be rounding, the layers' before it included."""


def integrate(
    loaded: LoadedModel,
    paths: Sequence[EmbeddingPath],
    needs: Needs,
    *,
    steps: int | None = None,
    tolerance: float = 0.01,
    max_steps: int = 257,
    scale: Tensor | None = None,
) -> list[Integral]:
    """Sweep the paths of inputs of like length together.

    With ``steps`` the nodes are spaced evenly, that many or one more; without, intervals are cut
    until each path's gap is within ``tolerance`` at every layer, or ``max_steps`` are used up.
    A path's ``others`` are not held to it. ``scale`` (T,): what gaps are relative to, by output,
    where it is not the change on the path itself. Where a pass runs out of memory it is repeated
    with half as many nodes; raises ``InputError`` where not even one fits.
    """
    count = FIRST_INTERVALS if steps is None else max(1, steps // 2)
    while steps is None and count > 1 and 2 * count + 1 > max_steps:
        count //= 2
    intervals = [(i / count, (i + 1) / count) for i in range(count)]
    limits = (tolerance, max_steps) if steps is None else (float("inf"), 0)
    rows, kept = rows_per_pass(loaded, paths, needs), nodes_kept(loaded, paths, needs)
    deep = kept < 2 * count + 1
    rounding = ROUNDINGS * torch.finfo(loaded.model.dtype).eps
    quadratures = [
        AdaptiveQuadrature(path, needs, intervals, *limits, rounding, deep, scale) for path in paths
    ]
    with loaded.attention("reportgen" if needs.attention else "sdpa"):
        while unfinished := [one for one in quadratures if one.pending]:
            chunk = [(one, node) for one in unfinished for node in one.missing(rows)][:rows]
            values = evaluate_if_it_fits(loaded, [(one.path, node) for one, node in chunk], needs)
            if values is None:
                if rows == 1:
                    raise out_of_memory(f"{len(chunk[0][0].path)} tokens")
                rows = max(1, len(chunk) // 2)
                continue
            for (quadrature, node), at_node in zip(chunk, values, strict=True):
                quadrature.add(node, at_node)
            for quadrature in {one: None for one, _ in chunk}:
                for node in (0.0, 1.0):
                    if node not in quadrature.ends:
                        quadrature.ends[node] = outputs_at(loaded, quadrature.path, node)
                quadrature.settle()
            if sum(len(one.values) for one in quadratures) > kept:
                for quadrature in quadratures:
                    quadrature.deep = True
    return [one.result() for one in quadratures]


def evaluate_if_it_fits(
    loaded: LoadedModel, places: Sequence[tuple[EmbeddingPath, float]], needs: Needs
) -> list[NodeValues] | None:
    """Evaluate nodes together; return ``None`` where memory runs out.

    The error is not kept: it would keep all that the pass had made.
    """
    try:
        return evaluate_nodes(loaded, places, needs)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
    return None
