"""Each word's embedding times its gradient."""

from __future__ import annotations

from torch import Tensor

from reportgen.engine.methods.gradients import GradientMethod, TargetLogit, of_captum
from reportgen.methods import input_x_gradient as described


class InputXGradient(GradientMethod):
    """Shrikumar, Greenside, Shcherbina and Kundaje 2016, arXiv:1605.01713, on word embeddings.

    Array: ``input_x_gradient/TARGET`` (n,), the sum over features of x dF/dx; signed, in logits.
    """

    name = described.InputXGradient.name
    settings: described.InputXGradient

    def scores(self, logit: TargetLogit) -> Tensor:
        (products,) = of_captum("InputXGradient", logit).attribute(logit.input)
        return products.float().sum(dim=-1)
