"""The parameter-randomisation test: whether explanations change with what was learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from reportgen.engine.measures.random_logit import Found, layered, rows, token_scores
from reportgen.engine.methods import (
    MethodImplementation,
    MethodOutput,
    NotApplicable,
    PredictionContext,
    require_finite,
)
from reportgen.engine.methods.path_method import PathMethod
from reportgen.engine.models.capture import record
from reportgen.engine.models.quantised import quantisation
from reportgen.engine.models.random_weights import cascade, redraw, weights_put_back
from reportgen.engine.path.integral import Integral
from reportgen.engine.run_paths import RANDOM_TARGETS, integrate_paths
from reportgen.methods.parameter_randomization import STEPS
from reportgen.results.model import RandomizedParameters, Target
from reportgen.results.ranks import spearman

QUANTISED = "The weights are quantised ({}): they cannot be drawn anew."
NOTHING = "There is no method whose scores could be compared."


@dataclass(frozen=True)
class Randomized:
    """What the test found; ``errors`` by method: why it could not explain a random model."""

    rows: tuple[RandomizedParameters, ...]
    errors: Mapping[str, Exception]


def parameter_randomization(
    context: PredictionContext,
    methods: Sequence[MethodImplementation],
    arrays: Mapping[str, np.ndarray],
    targets: Sequence[Target],
    content: np.ndarray,
    stages: int,
) -> Randomized:
    """Compare every method's token scores with those for random weights, from the head down.

    Adebayo et al. 2018, arXiv:1810.03292. ``methods`` are those that gave ``arrays`` for the
    trained model, ``targets`` the outputs that stay explained, with the tokens that they are read
    from; the first two are compared. ``content``: the positions of the tokens that are compared.
    Weights are drawn with the context's seed and put back, bit for bit, whatever happens. Methods
    that are integrated along the path take ``STEPS`` points there, from the baseline that they
    used. Raises ``NotApplicable`` for quantised weights, and where there is nothing to compare.
    """
    model = context.loaded.model
    if kind := quantisation(model.config):
        raise NotApplicable(QUANTISED.format(kind))
    explained = tuple(targets[:RANDOM_TARGETS])
    own = {target.name: scores_of(arrays, target) for target in explained}
    if not any(own.values()):
        raise NotApplicable(NOTHING)
    left = {method.name: cheap(method, context) for method in methods}
    found: list[RandomizedParameters] = []
    errors: dict[str, Exception] = {}
    with weights_put_back(model):
        for number, stage in enumerate(cascade(model, stages)):
            redraw(model, stage.parameters, seed=context.seed + number)
            changed, failed = explain_again(context, list(left.values()), explained)
            errors |= failed
            left = {name: method for name, method in left.items() if name not in failed}
            found += [
                RandomizedParameters(
                    method=name,
                    target=target.name,
                    stage=number,
                    part=stage.part,
                    layer=stage.layer,
                    tokens=len(content),
                    value=alike(own[target.name], others, name, content),
                    size_value=alike(sizes(own[target.name]), sizes(others), name, content),
                )
                for target in explained
                for others in [scores_of(changed, target)]
                for name in dict.fromkeys(key[0] for key in own[target.name] if key in others)
            ]
    # A method that does not end the cascade has no result.
    return Randomized(tuple(row for row in found if row.method not in errors), errors)


def cheap(method: MethodImplementation, context: PredictionContext) -> MethodImplementation:
    """Return the method as it explains random weights: with few points, from the same baseline."""
    if not isinstance(method, PathMethod):
        return method
    swept = context.integrals[method.sweep_settings()]
    baseline = swept.path.baseline if isinstance(swept, Integral) else method.settings.baseline
    return type(method)(method.settings.model_copy(update={"steps": STEPS, "baseline": baseline}))


def explain_again(
    context: PredictionContext, methods: Sequence[MethodImplementation], targets: tuple[Target, ...]
) -> tuple[dict[str, np.ndarray], dict[str, Exception]]:
    """Return what the methods find for the weights that the model has now, and their errors."""
    loaded = replace(context.loaded)  # what is kept of the model was measured on other weights
    with torch.no_grad(), record(loaded.model) as recording:
        output = loaded.forward([context.encoding])
    again = replace(
        context,
        loaded=loaded,
        output=output,
        recording=recording,
        integrals={},
        tried={},
        removed={},
        about=targets,
    )
    integrate_paths([again], methods)
    arrays: dict[str, np.ndarray] = {}
    errors: dict[str, Exception] = {}
    for method in methods:
        try:
            found: MethodOutput = method.explain(again)
            require_finite(method.name, *found.arrays.values())
        except Exception as error:  # of this method alone
            errors[method.name] = error
        else:
            arrays |= found.arrays
    return arrays, errors


def scores_of(arrays: Mapping[str, np.ndarray], target: Target) -> Found:
    """Return every token score that there is for ``target``, by method and layer."""
    return token_scores(arrays, target) | rows(arrays, target, target) | layered(arrays, target)


def sizes(scores: Found) -> Found:
    return {key: np.abs(values) for key, values in scores.items()}


def alike(own: Found, others: Found, method: str, content: np.ndarray) -> float | None:
    """Return the rank correlation of a method's two scores, the mean over its layers."""
    found = [
        spearman(scores[content], others[key][content])
        for key, scores in own.items()
        if key[0] == method and key in others
    ]
    known = [value for value in found if value is not None]
    return float(np.mean(known)) if known else None
