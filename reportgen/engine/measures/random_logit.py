"""The random-logit test: whether an explanation changes when another output is explained."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reportgen.methods import Array, Reading, all_methods
from reportgen.results.model import RandomLogitCorrelation, Target
from reportgen.results.ranks import spearman
from reportgen.results.scores import received, received_by_layer


def random_logit(
    arrays: Mapping[str, np.ndarray],
    other_arrays: Mapping[str, np.ndarray],
    target: Target,
    other: Target,
    content: np.ndarray,
) -> list[RandomLogitCorrelation]:
    """Compare every method's token scores for ``target`` with those for ``other``.

    Sixt, Granz and Landgraf 2020, arXiv:1912.09818. Spearman's rank correlation over the
    content tokens, which are at the positions ``content``, of scores with their sign; per
    layer where a method has layers, what is received from all heads and queries where it has
    maps. ``other_arrays`` holds, under the same names but for the target's, what the methods
    that depend on the target found for ``other``. The other methods are compared as well: the
    same scores, or, after a rollout, the rows of the two tokens the targets are read from.
    """
    own = token_scores(arrays, target) | rows(arrays, target, target) | class_blind(arrays)
    others = token_scores(other_arrays, other) | rows(arrays, target, other) | class_blind(arrays)
    return [
        RandomLogitCorrelation(
            method=method,
            target=target.name,
            other=other.name,
            layer=layer,
            value=spearman(scores[content], others[method, layer][content]),
        )
        for (method, layer), scores in own.items()
        if (method, layer) in others
    ]


Found = dict[tuple[str, int | None], np.ndarray]
"""Token scores (n,) by method and, for methods with layers, layer."""


def token_scores(arrays: Mapping[str, np.ndarray], target: Target) -> Found:
    """Return the scores of the methods that depend on the target."""
    specific = [method for method in all_methods() if method.explains_target]
    found: Found = {}
    for method in specific:
        if method.score and method.score.of(target.name) in arrays:
            found[method.name, None] = arrays[method.score.of(target.name)]
    for method in specific:
        array = None if method.score else method.by_layer
        if array and array.per_target:
            for layer, stored in enumerate(arrays.get(array.of(target.name), ())):
                found[method.name, layer] = scores_of(array, stored)
    return found


def rows(arrays: Mapping[str, np.ndarray], target: Target, wanted: Target) -> Found:
    """Return the rollouts' scores for ``wanted``; ``target`` is the one that was explained."""
    return {
        (method.name, None): arrays[method.score.of(target.name)]
        if wanted.position is None
        else arrays[method.matrix.name][wanted.position]
        for method in all_methods()
        if method.matrix and method.score and method.score.of(target.name) in arrays
    }


def class_blind(arrays: Mapping[str, np.ndarray]) -> Found:
    return {
        (method, layer): scores
        for method, layers in received_by_layer(arrays).items()
        for layer, scores in enumerate(layers)
    }


def scores_of(array: Array, stored: np.ndarray) -> np.ndarray:
    """Return the scores (n,) of one layer, the mean over heads of what is received."""
    if array.reading is not Reading.RECEIVED:
        return stored
    scores = received(stored)
    return scores.mean(axis=0) if scores.ndim == 2 else scores
