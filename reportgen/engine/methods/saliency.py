"""The length of the gradient with respect to each word."""

from __future__ import annotations

from torch import Tensor

from reportgen.engine.methods.gradients import GradientMethod, TargetLogit, of_captum
from reportgen.methods import saliency as described


class Saliency(GradientMethod):
    """Simonyan, Vedaldi and Zisserman 2014, arXiv:1312.6034, on word embeddings.

    Array: ``saliency/TARGET`` (n,), the L2 norm over features of dF/dx, as Atanasova et al. 2020,
    arXiv:2009.13295, have it for text. Never negative.
    """

    name = described.Saliency.name
    settings: described.Saliency

    def scores(self, logit: TargetLogit) -> Tensor:
        (gradient,) = of_captum("Saliency", logit).attribute(logit.input, abs=False)
        return gradient.float().norm(dim=-1)
