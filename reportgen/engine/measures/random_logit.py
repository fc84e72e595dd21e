"""The random-logit test: whether an explanation changes when another output is explained."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reportgen.results.model import RandomLogit, Target
from reportgen.results.ranks import spearman
from reportgen.results.scores import received, received_by_layer

ROLLOUTS = {
    "globenc": "globenc_rollout",
    "alti": "alti_rollout",
    "attention_rollout": "attention_rollout_matrix",
}
"""Methods whose token scores are a row of one map, whatever the target, and these maps."""


def random_logit(
    arrays: Mapping[str, np.ndarray],
    other_arrays: Mapping[str, np.ndarray],
    target: Target,
    other: Target,
    content: np.ndarray,
) -> list[RandomLogit]:
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
        RandomLogit(
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
    found: Found = {}
    for method in ("integrated_gradients", "attention_relevance"):
        if f"{method}/{target.name}" in arrays:
            found[method, None] = arrays[f"{method}/{target.name}"]
    for layer, scores in enumerate(arrays.get(f"layer_conductance/{target.name}", ())):
        found["layer_conductance", layer] = scores
    for layer, heads in enumerate(arrays.get(f"attention_attribution/{target.name}", ())):
        found["attention_attribution", layer] = received(heads).mean(axis=0)
    return found


def rows(arrays: Mapping[str, np.ndarray], target: Target, wanted: Target) -> Found:
    """Return the rollouts' scores for ``wanted``; ``target`` is the one that was explained."""
    return {
        (method, None): arrays[f"{method}/{target.name}"]
        if wanted.position is None
        else arrays[matrix][wanted.position]
        for method, matrix in ROLLOUTS.items()
        if f"{method}/{target.name}" in arrays
    }


def class_blind(arrays: Mapping[str, np.ndarray]) -> Found:
    return {
        (method, layer): scores
        for method, layers in received_by_layer(arrays).items()
        for layer, scores in enumerate(layers)
    }
