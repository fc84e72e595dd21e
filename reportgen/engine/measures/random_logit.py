"""The random-logit test: whether an explanation changes when another output is explained."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from reportgen.methods import Method, all_methods
from reportgen.results.model import RandomLogitCorrelation, Target
from reportgen.results.ranks import spearman
from reportgen.results.scores import by_layer, read_rows

Correlations = Mapping[tuple[str, int | None], float | None]
"""Rank correlations by method and, for methods with layers, layer."""


def random_logit(
    arrays: Mapping[str, np.ndarray],
    other_arrays: Mapping[str, np.ndarray],
    target: Target,
    other: Target,
    content: np.ndarray,
    before: Correlations = MappingProxyType({}),
) -> list[RandomLogitCorrelation]:
    """Compare every method's token scores for ``target`` with those for ``other``.

    Sixt, Granz and Landgraf 2020, arXiv:1912.09818. Spearman's rank correlation over the
    content tokens, which are at the positions ``content``, of scores with their sign; per
    layer where a method has layers, heads taken together where it has maps. ``other_arrays``
    holds, under the same names but for the target's, what the methods that depend on the target
    found for ``other``; of methods that are not there ``before`` has what was found earlier. The
    methods that depend on no target are compared as well: the rows of the tokens that the two
    targets are read from, of each layer or after a rollout.
    """
    own = token_scores(arrays, target) | rows(arrays, target, target) | layered(arrays, target)
    others = (
        token_scores(other_arrays, other) | rows(arrays, target, other) | layered(arrays, other)
    )
    return [
        RandomLogitCorrelation(
            method=method,
            target=target.name,
            other=other.name,
            layer=layer,
            value=spearman(scores[content], others[method, layer][content])
            if (method, layer) in others
            else before[method, layer],
        )
        for (method, layer), scores in own.items()
        if (method, layer) in others or (method, layer) in before
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
        if array and array.per_target and array.of(target.name) in arrays:
            found |= by_number(method, by_layer(array, arrays[array.of(target.name)]))
    return found


def rows(arrays: Mapping[str, np.ndarray], target: Target, wanted: Target) -> Found:
    """Return the rollouts' scores for ``wanted``; ``target`` is the one that was explained."""
    return {
        (method.name, None): arrays[method.score.of(target.name)]
        if wanted.read_at is None
        else read_rows(arrays[method.matrix.name], wanted.read_at)
        for method in all_methods()
        if method.matrix and method.score and method.score.of(target.name) in arrays
    }


def layered(arrays: Mapping[str, np.ndarray], target: Target) -> Found:
    """Return the rows of ``target`` at each layer, of maps that know no output."""
    found: Found = {}
    for method in all_methods():
        if method.rows and method.rows.name in arrays:
            stored = arrays[method.rows.name]
            found |= by_number(method, by_layer(method.rows, stored, target.read_at))
    return found


def by_number(method: Method, layers: np.ndarray) -> Found:
    return {(method.name, layer): scores for layer, scores in enumerate(layers)}
