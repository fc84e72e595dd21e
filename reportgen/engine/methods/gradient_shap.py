"""The change from a baseline times the gradient at random points in between."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from reportgen.engine.methods.base import PredictionContext
from reportgen.engine.methods.gradients import NoisyMethod, TargetLogit, baseline_path, of_captum
from reportgen.engine.path.embedding_path import EmbeddingPath
from reportgen.methods import gradient_shap as described
from reportgen.results.model import Target


class GradientShap(NoisyMethod):
    """Lundberg and Lee 2017, arXiv:1705.07874, as captum samples it, on word embeddings.

    Array: ``gradient_shap/TARGET`` (n,), the mean of (x + e - x') dF/dx over noise e and random
    points between x' and x + e, summed over features; signed, in logits. What is the same at the
    baseline and in the input gets no noise, and no score.
    """

    name = described.GradientShap.name
    settings: described.GradientShap

    def path(self, context: PredictionContext, targets: Sequence[Target]) -> EmbeddingPath:
        return baseline_path(context, self.settings, targets)

    def scores(self, logit: TargetLogit, path: EmbeddingPath | None) -> Tensor:
        assert path is not None
        (words,) = path.embeddings
        (products,) = of_captum("GradientShap", logit).attribute(
            logit.input,
            baselines=words.baseline[None].float(),
            n_samples=self.settings.samples,
            stdevs=self.deviation(logit),
        )
        return products.float().sum(dim=-1)
