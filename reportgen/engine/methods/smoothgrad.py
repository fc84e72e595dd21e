"""The gradient with respect to each word, averaged over noise."""

from __future__ import annotations

from torch import Tensor

from reportgen.engine.methods.gradients import NoisyMethod, TargetLogit, through_noise
from reportgen.engine.path.embedding_path import EmbeddingPath
from reportgen.methods import smoothgrad as described


class SmoothGrad(NoisyMethod):
    """Smilkov, Thorat, Kim, Viégas and Wattenberg 2017, arXiv:1706.03825, on word embeddings.

    Array: ``smoothgrad/TARGET`` (n,), the L2 norm over features of the mean gradient over noise;
    never negative. Special tokens get noise as all others do.
    """

    name = described.SmoothGrad.name
    settings: described.SmoothGrad

    def scores(self, logit: TargetLogit, path: EmbeddingPath | None) -> Tensor:
        mean = through_noise("smoothgrad", logit, self.settings.samples, self.deviation(logit))
        return mean.float().norm(dim=-1)
