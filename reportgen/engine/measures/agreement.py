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
from reportgen.results.scores import ROWS, read_rows, rows_read

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
    of its score at the layer; of maps that know no target, the mean over heads of the row that
    the target is read from (of all rows where that is not known), of others the mean over all
    rows and heads of their size. Methods that depend on the target are compared for the same
    target. ``content`` holds the positions of the content tokens.
    """
    scores = list(compared(arrays, targets, layers))
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

    Compared are the scores that are the same at every head, and those of each head. Arrays
    ``agreement_heads/MEASURE/A/B`` (L, H), with ``/TARGET`` behind where one side depends on it;
    not a number where a measure is undefined.
    """
    scores = list(compared(arrays, targets, heads, by_head=True))
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


def compared(
    arrays: Mapping[str, np.ndarray],
    targets: Sequence[Target],
    read: Callable[[Method], Array | None],
    by_head: bool = False,
) -> Iterator[Scores]:
    """Yield the scores of each method that is compared, those that know no target last.

    Rows of maps are about a target only where targets are read from different tokens.
    """
    read_from = [
        (m.name, array) for m in preferred() if m.agreement and (array := read(m)) is not None
    ]
    rows = rows_read(targets)
    for target in targets:
        for name, array in read_from:
            if array.per_target and array.of(target.name) in arrays:
                yield Scores(
                    name, target.name, sizes(array, arrays[array.of(target.name)], by_head)
                )
            elif len(rows) > 1 and array.reading is Reading.ROW and array.name in arrays:
                values = sizes(array, arrays[array.name], by_head, target.read_at)
                yield Scores(name, target.name, values)
    for name, array in read_from:
        if array.per_target or array.name not in arrays:
            continue
        if array.reading is not Reading.ROW or len(rows) <= 1:
            values = sizes(array, arrays[array.name], by_head, next(iter(rows), None))
            yield Scores(name, None, values)


def sizes(
    array: Array, stored: np.ndarray, by_head: bool, read_at: Sequence[int] | None = None
) -> np.ndarray:
    """Return the size of each token's score: (n,), (L, n) or, by head, (L, H, n)."""
    if array.reading not in ROWS:
        return np.abs(stored)
    values = np.stack([read_rows(np.abs(layer), read_at) for layer in stored])
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
