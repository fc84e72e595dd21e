"""What methods say of other outputs than those that are explained, for the random-logit test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from reportgen.engine.measures.random_logit import random_logit
from reportgen.engine.methods import MethodImplementation, MethodOutput, PredictionContext
from reportgen.engine.methods.path_method import PathMethod
from reportgen.engine.methods.read_positions import located
from reportgen.engine.path.integral import Integral
from reportgen.engine.run_paths import other_targets
from reportgen.jobs import Job
from reportgen.methods import get
from reportgen.methods import random_logit as described
from reportgen.results.model import RandomLogitCorrelation, Target

NO_OTHER = "There is no other output to compare with."


def tests_random_logit(job: Job) -> bool:
    return any(method.name == described.METHOD.name for method in job.methods)


def compare_with_others(
    context: PredictionContext,
    targets: Sequence[Target],
    methods: Sequence[MethodImplementation],
    outputs: Mapping[str, MethodOutput],
    content: np.ndarray,
    before: Sequence[RandomLogitCorrelation] = (),
) -> tuple[RandomLogitCorrelation, ...]:
    """Explain another output, drawn at random, in place of each target, and compare.

    ``outputs``: what all methods found, ``methods`` those of them that are asked again; what the
    others give is in ``before``. ``content``: the positions of the tokens that are compared.
    """
    arrays = {name: array for found in outputs.values() for name, array in found.arrays.items()}
    specific = [method for method in methods if method.name in outputs and is_compared(method)]
    rows: list[RandomLogitCorrelation] = []
    for target, other in other_targets(context, targets or context.targets("predicted")):
        about = replace(context, about=(other,))
        others = {
            name: array
            for method in specific
            if target in outputs[method.name].targets and can_explain(method, about, other)
            for name, array in method.explain(about).arrays.items()
        }
        first, second = located(context, (target, other))
        pair = (target.name, other.name)
        known = {(r.method, r.layer): r.value for r in before if (r.target, r.other) == pair}
        rows += random_logit(arrays, others, first, second, content, known)
    return tuple(rows)


def is_compared(method: MethodImplementation) -> bool:
    """Tell whether a method explains one output, and scores words for it."""
    about = get(method.name)
    return about is not None and about.explains_target and bool(about.score or about.by_layer)


def can_explain(method: MethodImplementation, context: PredictionContext, target: Target) -> bool:
    """Tell whether ``target`` is among the outputs that the method's sweep was asked about."""
    if not isinstance(method, PathMethod):
        return True
    found = context.integrals[method.sweep_settings()]
    return isinstance(found, Integral) and target in found.path.outputs
