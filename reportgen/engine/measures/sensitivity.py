"""Sensitivity: how far scores change when the word embeddings are moved a little."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from reportgen.engine.measures.parameter_randomization import (
    explain_again,
    from_same_baseline,
    scores_of,
)
from reportgen.engine.measures.random_logit import Found
from reportgen.engine.methods import MethodImplementation, PredictionContext
from reportgen.engine.models.perturbed_model import PerturbedModel
from reportgen.engine.run_paths import RANDOM_TARGETS
from reportgen.methods import known
from reportgen.results.model import Sensitivity, Target


@dataclass(frozen=True)
class Perturbed:
    """What was measured; ``errors`` by method: why it could not explain what is near the input."""

    rows: tuple[Sensitivity, ...]
    errors: Mapping[str, Exception]


def sensitivity(
    context: PredictionContext,
    methods: Sequence[MethodImplementation],
    arrays: Mapping[str, np.ndarray],
    targets: Sequence[Target],
    samples: int,
    radius: float,
) -> Perturbed:
    """Return the largest relative change of every method's token scores by noise on embeddings.

    Yeh et al. 2019, arXiv:1901.09392: the largest ||scores(x + noise) - scores(x)|| / ||scores(x)||
    of ``samples``, each number of the word embeddings (special tokens' too) moved by up to
    ``radius``. ``methods`` are those that gave ``arrays``; the norm is over all tokens, and over
    the layers where a method has scores at each. The first ``targets`` are explained. Methods keep
    their settings: with few points on a path it would be the error of the quadrature that is
    measured. Those that remove words do not look at their embeddings, and are left out.
    """
    explained = tuple(targets[:RANDOM_TARGETS])
    scored = {key[0] for target in explained for key in scores_of(arrays, target)}
    left = {
        method.name: from_same_baseline(method, context)
        for method in methods
        if method.name in scored and not known(method.name).from_removals
    }
    errors: dict[str, Exception] = {}
    largest: dict[tuple[str, str], float | None] = {}
    for noise in draw_noise(context, samples, radius) if left else ():
        loaded = PerturbedModel.of(context.loaded, context.encoding.ids, noise)
        left = {name: method for name, method in left.items() if name not in errors}
        moved, failed = explain_again(
            replace(context, loaded=loaded), list(left.values()), explained
        )
        errors |= failed
        for target in explained:
            own, other = scores_of(arrays, target), scores_of(moved, target)
            for name in dict.fromkeys(key[0] for key in own if key in other):
                change = relative_change(own, other, name)
                before = largest.get((name, target.name))
                if before is None or (change is not None and change > before):
                    largest[name, target.name] = change
    return Perturbed(
        tuple(
            Sensitivity(method=name, target=target, value=value)
            for (name, target), value in largest.items()
            if name not in errors
        ),
        errors,
    )


def draw_noise(context: PredictionContext, samples: int, radius: float) -> torch.Tensor:
    """Draw noise (samples, n, d), each number uniform within ``radius`` of 0."""
    words = context.loaded.embed(context.encoding.ids)
    generator = torch.Generator().manual_seed(context.seed)
    drawn = torch.empty(samples, *words.shape)
    return drawn.uniform_(-radius, radius, generator=generator).to(words.device)


def relative_change(own: Found, other: Found, method: str) -> float | None:
    """Return the norm of the change of a method's scores by that of the scores, if they have one.

    Scores of all layers are one vector.
    """
    before, after = (
        np.concatenate([found[key] for key in own if key[0] == method]).astype(float)
        for found in (own, other)
    )
    size = float(np.linalg.norm(before))
    return float(np.linalg.norm(after - before)) / size if size > 0 else None
