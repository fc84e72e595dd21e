"""How far the methods agree on which tokens matter, layer by layer and head by head."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from reportgen.methods import Array, Method, Reading, preferred
from reportgen.results.arrays import HEADS
from reportgen.results.model import Agreement, Target
from reportgen.results.ranks import defined, measures
from reportgen.results.scores import received

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

    One score for each token and method: the size |s_j| of its score, the same at every layer, or
    of its score at the layer; of maps what j receives, the mean over heads and over all queries i
    of their size. Methods that depend on the target are compared for the same target.
    ``content`` holds the positions of the content tokens.
    """
    scores = [
        Scores(method.name, target, sizes(array, stored))
        for method, array, target, stored in compared(arrays, targets, layers)
    ]
    rows: list[Agreement] = []
    for first, second, measured in compare(scores, content):
        common = {"target": first.target, "method_a": first.method, "method_b": second.method}
        for measure, values in measured.items():
            k = min(TOP_K, len(content)) if measure == "top_k_overlap" else None
            about: dict[str, Any] = common | {"measure": measure}
            rows += [
                Agreement(**about, k=k, layer=layer, value=defined(value))
                for layer, value in enumerate(np.atleast_1d(values))  # no layers: one for all
            ]
    return tuple(rows)


def head_agreement(
    arrays: Mapping[str, np.ndarray], targets: Sequence[Target], content: np.ndarray
) -> dict[str, np.ndarray]:
    """Compare as :func:`agreement` does, at every head of every layer.

    Compared are the scores that are the same at every head, and what each token receives in each
    head. Arrays ``agreement_heads/MEASURE/A/B`` (L, H), with ``/TARGET`` behind
    where one side depends on it; not a number where a measure is undefined.
    """
    scores = [
        Scores(method.name, target, sizes(array, stored, by_head=True))
        for method, array, target, stored in compared(arrays, targets, heads)
    ]
    found = {}
    for first, second, measured in compare(scores, content):
        for measure, values in measured.items():
            if values.ndim == 0:  # no method has heads
                continue
            parts = [HEADS, measure, first.method, second.method, first.target]
            found["/".join(filter(None, parts))] = values.astype(np.float32)
    return found


def layers(method: Method) -> Array | None:
    return method.score or method.by_layer


def heads(method: Method) -> Array | None:
    return method.score or method.by_head


Compared = tuple[Method, Array, str | None, np.ndarray]
"""A method, its array that is compared, the target, and what is stored."""


def compared(
    arrays: Mapping[str, np.ndarray],
    targets: Sequence[Target],
    read: Callable[[Method], Array | None],
) -> Iterator[Compared]:
    """Yield what is stored of each method that is compared, those that know no target last."""
    read_from = [(method, read(method)) for method in preferred() if method.agreement]
    for target in targets:
        for method, array in read_from:
            if array and array.per_target and array.of(target.name) in arrays:
                yield method, array, target.name, arrays[array.of(target.name)]
    for method, array in read_from:
        if array and not array.per_target and array.name in arrays:
            yield method, array, None, arrays[array.name]


def sizes(array: Array, stored: np.ndarray, by_head: bool = False) -> np.ndarray:
    """Return the size of what each token has or receives: (n,), (L, n) or, by head, (L, H, n)."""
    if array.reading is not Reading.RECEIVED:
        return np.abs(stored)
    values = np.stack([received(np.abs(layer)) for layer in stored])
    return values.mean(axis=1) if values.ndim == 3 and not by_head else values


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
