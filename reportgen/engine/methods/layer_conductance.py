"""Layer conductance: what every layer carries of an output, token by token."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from reportgen.engine.methods.path_method import PathMethod
from reportgen.engine.path.integral import Integral
from reportgen.engine.path.node_values import Needs
from reportgen.methods import layer_conductance as described


class LayerConductance(PathMethod):
    """Dhamdhere, Sundararajan and Yan 2018, arXiv:1805.12233.

    For target F and the output h (n x d) of a layer, while the words move from the baseline
    (a = 0) to the input (a = 1), token i is attributed

        sum_c integral_0^1 dF/dh_ic(a) * dh_ic/da da,

    signed and in logits. Every layer cuts the model in two, so at every layer that adds up to
    F(x) - F(x') over all tokens.

    Arrays: ``layer_conductance/TARGET`` (L, n); ``layer_conductance_features/TARGET``
    (L, n, d), the same before it is summed over features.
    """

    name = described.LayerConductance.name
    settings: described.LayerConductance
    needs = Needs(layers=True)
    judged = slice(1, None)

    def scores(self, found: Integral, row: int) -> Mapping[str, Tensor]:
        assert found.layers is not None  # as needs has it
        features = found.layers[row]
        return {self.name: features.double().sum(-1), f"{self.name}_features": features}
