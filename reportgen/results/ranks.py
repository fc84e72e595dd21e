"""How far scores of the same tokens put them in the same order."""

from __future__ import annotations

import numpy as np

FEWEST = 3
"""Tokens below which no order can be compared."""


def spearman(a: np.ndarray, b: np.ndarray) -> float | None:
    """Return Spearman's rank correlation in [-1, 1]; equal scores share their mean rank.

    ``None`` for fewer than three tokens and for scores that are all the same.
    """
    return defined(measures(np.stack([a, b]), 1)["spearman"][0, 1])


def defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def measures(scores: np.ndarray, k: int) -> dict[str, np.ndarray]:
    """Compare every two of M scores of c tokens: (M, c) to (M, M) by measure.

    ``spearman``, in [-1, 1], as in :func:`spearman`. ``kendall``: Kendall's tau-b, in
    [-1, 1]: pairs of tokens in the same order minus pairs in opposite orders, over the
    geometric mean of the pairs that each of the two tells apart. ``top_k_overlap``, in [0, 1]:
    the share of the k highest of one that are among those of the other; of equal scores the
    one that comes first in the text is higher.

    Not a number where :func:`spearman` is ``None``; ``top_k_overlap`` too where k takes in
    every token, which any two scores would agree on.
    """
    number, count = scores.shape
    if count < FEWEST:
        undefined = np.full((number, number), np.nan)
        return dict.fromkeys(("spearman", "kendall", "top_k_overlap"), undefined)
    # 1, 0 or -1: is the first token above the second? Row sums are ranks around their mean.
    order = (scores[:, :, None] - scores[:, None, :]).astype(np.float32, copy=False)
    np.sign(order, out=order)
    found = {
        "spearman": cosines(order.sum(-1).astype(np.float64)),
        "kendall": cosines(order.reshape(number, -1)),
    }
    highest = np.zeros(scores.shape, np.float32)
    np.put_along_axis(highest, np.argsort(-scores, kind="stable")[:, :k], 1, axis=1)
    overlaps = highest @ highest.T / k
    overlaps[np.isnan(found["spearman"]) | (k >= count)] = np.nan
    return found | {"top_k_overlap": overlaps}


def cosines(rows: np.ndarray) -> np.ndarray:
    """Return the cosine of the angle between every two rows: (M, p) to (M, M)."""
    products = (rows @ rows.T).astype(np.float64)
    lengths = np.sqrt(products.diagonal())
    lengths = np.where(lengths > 0, lengths, np.nan)
    return (products / lengths[:, None] / lengths).clip(-1, 1)
