"""Token scores read from stored arrays: normalised, gathered by word, or received per token."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reportgen.results.model import Word

SIGNED = (
    "integrated_gradients",
    "sub_embeddings_word",
    "sub_embeddings_position",
    "sub_embeddings_token_type",
)
"""Arrays ``NAME/TARGET`` of signed token scores ``(n,)``, in logits."""

UNSIGNED = ("attention_relevance", "attention_rollout", "globenc", "alti")
"""Arrays ``NAME/TARGET`` of token scores ``(n,)`` that are never negative."""


def normalize(scores: np.ndarray, how: str) -> np.ndarray:
    """Rescale signed scores ``(n,)``; the sign is always kept.

    ``none`` leaves them in logits. ``sum`` divides by the absolute value of their sum, so that
    they add up to 1 (or to -1 where the input lowers the output): by completeness each score is
    then its share of F(x) - F(x'). ``l2`` divides by their Euclidean norm. Scores whose divisor
    is zero stay as they are.
    """
    divisor = {
        "none": 1.0,
        "sum": abs(float(scores.sum())),
        "l2": float(np.linalg.norm(scores)),
    }[how]
    return scores / divisor if divisor > 0 else scores


def by_word(scores: np.ndarray, words: tuple[Word, ...]) -> np.ndarray:
    """Add up token scores ``(n,)`` within each word: ``(len(words),)``.

    Sums keep completeness: special tokens aside, words add up to what their tokens add up to.
    """
    return np.array([scores[word.first : word.last].sum() for word in words], dtype=scores.dtype)


def received(weights: np.ndarray) -> np.ndarray:
    """What each token receives from all: the mean over query rows of ``(..., n, n)``."""
    return weights.mean(axis=-2)


def received_by_layer(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Reduce stored maps to what each token receives at each layer: ``(L, n)`` by method.

    Attention is averaged over heads; vector norms are those of the heads' sum.
    """
    rows = {}
    if "attention" in arrays:
        rows["attention"] = received(arrays["attention"]).mean(axis=1)
    if "vector_norms/sum_alpha_f" in arrays:
        rows["vector_norms"] = received(arrays["vector_norms/sum_alpha_f"])
    return rows


def attribution_received(heads: np.ndarray) -> np.ndarray:
    """Add up what looks at each token pushed: ``(L, H, n, n)`` over heads and queries, ``(L, n)``.

    Sums, unlike means, stay in logits and keep their sign.
    """
    return heads.sum(axis=(1, -2))
