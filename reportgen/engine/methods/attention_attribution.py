"""Attribution of attention: which looks moved an output."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from reportgen.engine.methods.path_method import PathMethod
from reportgen.engine.path.integral import Integral
from reportgen.engine.path.node_values import Needs
from reportgen.methods import attention_attribution as described


class AttentionAttribution(PathMethod):
    """Conductance (Dhamdhere, Sundararajan and Yan 2018, arXiv:1805.12233) of attention.

    For target F and the attention A (H x n x n) of a layer, while the words move from the
    baseline to the input, the look of query i at key j by head h is attributed

        integral_0^1 dF/dA_hij(a) * dA_hij/da da,

    signed and in logits. A layer's maps do not add up to F(x) - F(x'): what moves through the
    values and past the attention is not in them. (Captum's SQuAD notebook computes the same
    with a rule that leaves out both ends; ATTATTR, arXiv:2004.11207, scales one layer's
    attention from 0 instead.)

    Arrays: ``attention_attribution/TARGET`` (L, H, n, n), row = query, column = key;
    ``attention_attribution_norm/TARGET`` (L, n, n), the L2 norm over heads.
    """

    name = described.AttentionAttribution.name
    settings: described.AttentionAttribution
    needs = Needs(attention=True)
    judged = slice(1, None)

    def scores(self, found: Integral, row: int) -> Mapping[str, Tensor]:
        assert found.attention is not None  # as needs has it
        maps = found.attention[row]
        return {self.name: maps, f"{self.name}_norm": maps.norm(dim=1)}
