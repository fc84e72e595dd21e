"""How much the gradient with respect to each word varies with noise."""

from __future__ import annotations

from torch import Tensor

from reportgen.engine.methods.gradients import NoisyMethod, TargetLogit, through_noise
from reportgen.engine.path.embedding_path import EmbeddingPath
from reportgen.methods import vargrad as described


class VarGrad(NoisyMethod):
    """Adebayo, Gilmer, Goodfellow and Kim 2018, arXiv:1810.03307, on word embeddings.

    Array: ``vargrad/TARGET`` (n,), the variance of the gradient over noise, summed over features;
    never negative. Special tokens get noise as all others do.
    """

    name = described.VarGrad.name
    settings: described.VarGrad

    def scores(self, logit: TargetLogit, path: EmbeddingPath | None) -> Tensor:
        variance = through_noise("vargrad", logit, self.settings.samples, self.deviation(logit))
        return variance.float().clamp(min=0).sum(dim=-1)  # a mean of squares less a square
