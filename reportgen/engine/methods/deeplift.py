"""Differences from a baseline, carried back through the model by DeepLIFT's rescale rule."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn
from transformers.activations import ACT2CLS

from reportgen.engine.methods.base import (
    MethodImplementation,
    MethodOutput,
    NotApplicable,
    PredictionContext,
)
from reportgen.engine.methods.gradients import TargetLogit, array, baseline_path, of_captum
from reportgen.engine.path.embedding_path import EmbeddingPath
from reportgen.engine.path.integral import SMALLEST_CHANGE
from reportgen.engine.path.node_values import outputs_at
from reportgen.methods import deeplift as described

ROUNDING = 1e-6
"""A difference that is smaller, of what an activation function is given, is none."""

ALLOWED = 0.01
"""Share of the change of the output that scores may miss without a word."""


class DeepLift(MethodImplementation):
    """Shrikumar, Greenside and Kundaje 2017, arXiv:1704.02685, the rescale rule as captum has it.

    Array: ``deeplift/TARGET`` (n,), the sum over features of (x - x') times the multipliers;
    signed, in logits. The rule is for activation functions that are modules; all else passes on
    its gradient at the input, so that the scores miss the change of the output by what attention
    and normalisation do beyond that. A warning has the number.
    """

    name = described.DeepLift.name
    settings: described.DeepLift

    def explain(self, context: PredictionContext) -> MethodOutput:
        loaded = context.loaded
        targets = context.targets(self.settings.target)
        path = baseline_path(context, self.settings, targets)
        changes = outputs_at(loaded, path, 1.0) - outputs_at(loaded, path, 0.0)
        arrays, told = {}, {}
        with loaded.attention("sdpa"):
            for target, change in zip(targets, changes.tolist(), strict=True):
                scores = deeplift(TargetLogit(loaded, context.encoding, target), path)
                arrays[f"{self.name}/{target.name}"] = array(scores)
                total = scores.double().sum().item()
                gap = abs(total - change) / max(abs(change), SMALLEST_CHANGE)
                told[gap] = (
                    f"The scores of {described.METHOD.title} for {target.name} add up to "
                    f"{total:+.3g}, where the output changed by {change:+.3g} from the baseline: "
                    f"they miss {gap:.0%} of that."
                )
        worst = max(told, default=0.0)
        missed = (told[worst],) if worst > ALLOWED else ()
        return MethodOutput(arrays, targets, warnings=missed, path=path)


def deeplift(logit: TargetLogit, path: EmbeddingPath) -> Tensor:
    """Return the scores (n,); raise ``NotApplicable`` where captum has no rule for the model."""
    (words,) = path.embeddings
    try:
        with activations_of_transformers(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it hooks modules
            (products,) = of_captum("DeepLift", logit, eps=ROUNDING).attribute(
                logit.input, baselines=words.baseline[None].float()
            )
    except RuntimeError as error:
        if "used more than once" not in str(error):
            raise
        raise NotApplicable(
            "Its layers share one activation function, which captum's DeepLIFT cannot tell apart."
        ) from error
    return products.float().sum(dim=-1)


@contextmanager
def activations_of_transformers() -> Iterator[None]:
    """Let captum use its rescale rule for the activation functions that transformers has.

    It knows those of torch alone, by their class. All of these work on each number by itself.
    """
    from captum.attr._core import deep_lift

    rules = deep_lift.SUPPORTED_NON_LINEAR
    classes = [entry[0] if isinstance(entry, tuple) else entry for entry in ACT2CLS.values()]
    added = {kind for kind in (*classes, nn.GELU) if kind not in rules}
    rules.update(dict.fromkeys(added, deep_lift.nonlinear))
    try:
        yield
    finally:
        for kind in added:
            del rules[kind]
