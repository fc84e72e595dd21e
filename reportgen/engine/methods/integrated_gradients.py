"""Integrated gradients on the words, or on what the embedding layer makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from reportgen.engine.methods.path_method import PathMethod
from reportgen.engine.path.embedding_path import PathKind
from reportgen.engine.path.integral import Integral
from reportgen.methods import integrated_gradients as described
from reportgen.results.model import Target


class IntegratedGradients(PathMethod):
    """Sundararajan, Taly and Yan 2017, arXiv:1703.01365.

    For target F, input embeddings x and baseline x' (both n x d), token i is attributed

        sum_c (x - x')_ic * integral_0^1 dF/dx_ic (x' + a (x - x')) da,

    signed and in logits; over all tokens that adds up to F(x) - F(x').

    ``sequential``: Enguehard 2023, arXiv:2305.15853. Token i alone moves, from x with x'_i in place
    of x_i; its score adds up to what F changes by on that path of its own, and all of them
    together to nothing in particular.

    Arrays: ``integrated_gradients/TARGET`` (n,), before any normalisation, and
    ``integrated_gradients_coarse/TARGET`` (n,), the same from half as many nodes: how much the
    scores depend on the steps.
    """

    name = described.IntegratedGradients.name
    settings: described.IntegratedGradients
    judged = slice(1)

    @property
    def path_kind(self) -> PathKind:
        # The notebooks' path is of what the embedding layer returns.
        return "embeddings" if self.settings.notebook_compatible else self.settings.interpolate

    def scores(self, found: Integral, row: int) -> Mapping[str, Tensor]:
        (scores,) = found.embeddings.values()
        coarse = {f"{self.name}_coarse": scores[row] for scores in found.coarse.values()}
        return {self.name: scores[row]} | coarse

    def warnings(
        self, found: Integral, rows: Sequence[int], targets: Sequence[Target]
    ) -> tuple[str, ...]:
        """Warn where dividing by the sum of the scores would blow them up."""
        if self.settings.normalize != "sum":
            return ()
        (scores,) = found.embeddings.values()
        return tuple(
            f"The scores for {target.name} nearly cancel out, so as shares of their sum "
            "(normalize: sum) they are very large; use normalize: l2 or none."
            for row, target in zip(rows, targets, strict=True)
            if scores[row].sum().abs() < 1e-3 * scores[row].abs().sum()
        )
