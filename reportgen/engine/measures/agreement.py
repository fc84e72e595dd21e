"""How far the methods agree on which tokens matter, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from reportgen.results.model import Agreement, Target
from reportgen.results.scores import received_by_layer

TOP_K = 5
"""Tokens compared by ``top_k_overlap``."""


def agreement(
    arrays: Mapping[str, np.ndarray], targets: Sequence[Target], content: np.ndarray
) -> tuple[Agreement, ...]:
    """Compare every two methods among the arrays, at every layer, over the content tokens.

    One score for each token and method: integrated gradients its size |s_j|, the same at
    every layer; attention what j receives, the mean over heads and over all queries i of
    A^h_ij; vector norms what j receives, the mean over all queries i of |sum_h A^h_ij f^h_j|.
    ``content`` holds the positions of the content tokens.
    """
    received = {
        name: layers[:, content]  # (L, content)
        for name, layers in received_by_layer(arrays).items()
    }
    rows: list[Agreement] = []
    for target in targets:
        scores = np.abs(arrays[f"integrated_gradients/{target.name}"][content])
        for name, layers in received.items():
            for number, layer in enumerate(layers):
                rows += compare(target.name, number, "integrated_gradients", name, scores, layer)
    for first, second in combinations(received, 2):
        for number, pair in enumerate(zip(received[first], received[second], strict=True)):
            rows += compare(None, number, first, second, *pair)
    return tuple(rows)


def compare(
    target: str | None, layer: int, first: str, second: str, a: np.ndarray, b: np.ndarray
) -> list[Agreement]:
    k = min(TOP_K, len(a))
    common = {"target": target, "layer": layer, "method_a": first, "method_b": second}
    return [
        Agreement(**common, measure="spearman", value=spearman(a, b)),
        Agreement(**common, measure="top_k_overlap", k=k, value=top_k_overlap(a, b, k)),
    ]


def comparable(a: np.ndarray, b: np.ndarray) -> bool:
    return len(a) >= 3 and np.ptp(a) > 0 and np.ptp(b) > 0


def spearman(a: np.ndarray, b: np.ndarray) -> float | None:
    """Return Spearman's rank correlation in [-1, 1]; equal scores share their mean rank.

    ``None`` for fewer than three tokens and for scores that are all the same.
    """
    if not comparable(a, b):
        return None
    ranks = [pd.Series(scores).rank() for scores in (a, b)]
    return float(np.corrcoef(ranks)[0, 1])


def top_k_overlap(a: np.ndarray, b: np.ndarray, k: int) -> float | None:
    """Return the share, in [0, 1], of the k highest of ``a`` that are among those of ``b``.

    Of equal scores the one that comes first in the text is higher. ``None`` where
    :func:`spearman` is, and where k takes in every token, which any two scores would agree on.
    """
    if not comparable(a, b) or k >= len(a):
        return None
    highest = [set(np.argsort(-scores, kind="stable")[:k]) for scores in (a, b)]
    return len(highest[0] & highest[1]) / k
