"""The paths of an input whose tokens move one at a time (Enguehard 2023, arXiv:2305.15853).

Token i goes from its baseline to its embedding while all others stay as they are in the input.
What it is given is then what the output changes by on that path, which is known: each token is
checked on its own.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from operator import add
from typing import Any

import torch
from torch import Tensor

from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.path.capacity import inputs_per_pass, inputs_per_sweep
from reportgen.engine.path.embedding_path import EmbeddingPath
from reportgen.engine.path.integral import Integral
from reportgen.engine.path.node_values import Needs, by_row
from reportgen.engine.path.sweep import integrate


def integrate_one_by_one(
    loaded: LoadedModel,
    path: EmbeddingPath,
    *,
    steps: int | None,
    tolerance: float,
    max_steps: int,
) -> Integral:
    """Sweep the paths of all tokens that ``path`` moves, as many at once as memory allows.

    ``f_baseline`` is the output without the token that changes it the most, and what is
    ``carried`` misses that change by the largest miss of any token: gaps of all of them are
    relative to that one change, for of a token that changes nothing there is no share to miss.
    """
    limits: dict[str, Any] = {"steps": steps, "tolerance": tolerance, "max_steps": max_steps}
    alone = one_by_one(path)
    if not alone:
        return integrate(loaded, [path], Needs(), **limits)[0]
    (f_input,) = outputs(loaded, [path], at=1.0)
    changes = f_input - outputs(loaded, alone, at=0.0)  # (tokens, T)
    scale = changes.abs().amax(dim=0)
    together = inputs_per_sweep(loaded, len(path), len(path.outputs), Needs())
    found: list[Integral] = []
    for first in range(0, len(alone), together):
        group = alone[first : first + together]
        found += integrate(loaded, group, Needs(), **limits, scale=scale)
    strongest = changes.abs().argmax(dim=0, keepdim=True)
    change = changes.gather(0, strongest)[0]
    misses = torch.stack([one.delta[:, 0] for one in found])
    miss = misses.gather(0, misses.abs().argmax(dim=0, keepdim=True))[0]
    (name,) = found[0].embeddings
    return Integral(
        path=path,
        embeddings={name: reduce(add, (one.embeddings[name] for one in found))},
        coarse={name: reduce(add, (one.coarse[name] for one in found))},
        layers=None,
        attention=None,
        f_input=f_input,
        f_baseline=f_input - change,
        carried=(change + miss)[:, None],
        resolved=torch.stack([one.resolved for one in found]).all(dim=0),
        steps=sum(one.steps for one in found),
    )


def one_by_one(path: EmbeddingPath) -> list[EmbeddingPath]:
    """Return a path for each token that moves, on which it moves alone."""
    (words,) = path.embeddings
    found = []
    for token in words.change.any(dim=-1).nonzero()[:, 0].tolist():
        start = words.input.clone()
        start[token] = words.baseline[token]
        found.append(replace(path, embeddings=(replace(words, baseline=start),)))
    return found


@torch.no_grad()
def outputs(loaded: LoadedModel, paths: list[EmbeddingPath], *, at: float) -> Tensor:
    """Return the outputs at one node of every path: (paths, T), float64 on the CPU."""
    rows = inputs_per_pass(loaded, len(paths[0]))
    found = []
    with loaded.attention("sdpa"):
        for first in range(0, len(paths), rows):
            some = paths[first : first + rows]
            vectors = [path.embeddings[0].at(at) for path in some]
            module = some[0].embeddings[0].module
            output = loaded.forward([path.encoding for path in some], {module: vectors})
            for mine, path in zip(by_row(output), some, strict=True):
                scalars = [loaded.task.scalar(mine, 0, target) for target in path.outputs]
                found.append(torch.stack(scalars).cpu().double())
    return torch.stack(found)
