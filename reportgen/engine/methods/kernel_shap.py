"""KernelSHAP."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reportgen.engine.methods.removal_method import RemovalMethod
from reportgen.engine.removal.output_games import OutputGames
from reportgen.engine.removal.regressions import kernel_shap
from reportgen.methods import kernel_shap as described


class KernelShap(RemovalMethod):
    """Lundberg and Lee 2017, arXiv:1705.07874.

    Array ``kernel_shap/TARGET`` (n,), in logits, adding up to F(x) - F(no units); see
    ``removal.regressions.kernel_shap``.
    """

    name = described.KernelShap.name
    settings: described.KernelShap

    def scores(self, games: OutputGames, seed: int) -> Mapping[str, np.ndarray]:
        return {self.name: kernel_shap(games.logit, self.settings.max_evaluations, seed)}

    def evaluations_needed(self, n: int) -> int:
        return 2 * n + 2  # fewer equations than coefficients otherwise
