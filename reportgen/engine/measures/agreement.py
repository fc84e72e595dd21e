"""How far the methods agree on which tokens matter, layer by layer and head by head."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from reportgen.results.model import Agreement, Target
from reportgen.results.ranks import defined, measures
from reportgen.results.scores import received, received_by_layer

TOP_K = 5
"""Tokens compared by ``top_k_overlap``."""


@dataclass(frozen=True, eq=False)
class Scores:
    """One method's scores of the content tokens: (c,), (L, c) or, by head, (L, H, c).

    ``target`` is ``None`` where the method does not depend on what is explained.
    """

    method: str
    target: str | None
    values: np.ndarray


def agreement(
    arrays: Mapping[str, np.ndarray], targets: Sequence[Target], content: np.ndarray
) -> tuple[Agreement, ...]:
    """Compare every two methods among the arrays, at every layer, over the content tokens.

    One score for each token and method: integrated gradients its size |s_j|, the same at
    every layer; layer conductance |s_j| of the layer; attention what j receives, the mean over
    heads and over all queries i of A^h_ij; attention attribution the same mean of its size;
    vector norms what j receives, the mean over all queries i of |sum_h A^h_ij f^h_j|.
    Methods that depend on the target are compared for the same target. ``content`` holds the
    positions of the content tokens.
    """
    scores = target_scores(arrays, targets, by_head=False)
    for method, values in received_by_layer(arrays).items():
        scores.append(Scores(method, None, values))
    rows: list[Agreement] = []
    for first, second, measured in compare(scores, content):
        common = {"target": first.target, "method_a": first.method, "method_b": second.method}
        for measure, values in measured.items():
            k = min(TOP_K, len(content)) if measure == "top_k_overlap" else None
            about: dict[str, Any] = common | {"measure": measure}
            rows += [
                Agreement(**about, k=k, layer=layer, value=defined(value))
                for layer, value in enumerate(values)
            ]
    return tuple(rows)


def head_agreement(
    arrays: Mapping[str, np.ndarray], targets: Sequence[Target], content: np.ndarray
) -> dict[str, np.ndarray]:
    """Compare as :func:`agreement` does, at every head of every layer.

    Compared are integrated gradients, the same at every head, and what each token receives
    in each head from attention attribution (its size), attention and vector norms
    (|A^h_ij f^h_j|). Arrays ``agreement_heads/MEASURE/A/B`` (L, H), with ``/TARGET`` behind
    where one side depends on it; not a number where a measure is undefined.
    """
    scores = target_scores(arrays, targets, by_head=True)
    for method, name in (("attention", "attention"), ("vector_norms", "vector_norms/alpha_f")):
        if name in arrays:
            scores.append(Scores(method, None, received(arrays[name])))
    found = {}
    for first, second, measured in compare(scores, content):
        for measure, values in measured.items():
            parts = ["agreement_heads", measure, first.method, second.method, first.target]
            found["/".join(filter(None, parts))] = values.astype(np.float32)
    return found


def target_scores(
    arrays: Mapping[str, np.ndarray], targets: Sequence[Target], by_head: bool
) -> list[Scores]:
    """Return the sizes of what the methods that depend on the target give each token."""
    found = []
    for target in targets:
        for method in ("integrated_gradients", "layer_conductance", "attention_attribution"):
            values = arrays.get(f"{method}/{target.name}")
            if values is None or (by_head and method == "layer_conductance"):
                continue
            if method == "attention_attribution":
                values = np.stack([received(np.abs(layer)) for layer in values])
                values = values if by_head else values.mean(axis=1)
            found.append(Scores(method, target.name, np.abs(values)))
    return found


def compare(
    scores: Sequence[Scores], content: np.ndarray
) -> Iterator[tuple[Scores, Scores, dict[str, np.ndarray]]]:
    """Yield every two methods and, by measure, how far they agree: (L,) or (L, H).

    Of two methods the one that depends on the target comes first.
    """
    pairs = [
        (a, b)
        for (a, first), (b, second) in combinations(enumerate(scores), 2)
        if second.target in (first.target, None)
    ]
    if not pairs:
        return
    values = np.stack(np.broadcast_arrays(*(one.values[..., content] for one in scores)), axis=-2)
    shape = values.shape[:-2]  # (L,) or (L, H)
    k = min(TOP_K, len(content))
    measured = [measures(rows, k) for rows in values.reshape(-1, *values.shape[-2:])]
    for a, b in pairs:
        yield (
            scores[a],
            scores[b],
            {
                name: np.reshape([found[name][a, b] for found in measured], shape)
                for name in measured[0]
            },
        )
