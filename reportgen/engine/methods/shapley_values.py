"""Shapley values of units."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reportgen.engine.methods.removal_method import RemovalMethod
from reportgen.engine.removal.output_games import OutputGames
from reportgen.methods import shapley_values as described


class ShapleyValues(RemovalMethod):
    """Shapley 1953; for models Lundberg and Lee 2017, arXiv:1705.07874.

    Arrays: ``shapley_values/TARGET`` (n,), signed, in logits, adding up to F(x) - F(no units);
    ``shapley_values_error/TARGET`` (n,), their standard errors, each unit's spread like its score.
    """

    name = described.ShapleyValues.name
    settings: described.ShapleyValues

    def scores(self, games: OutputGames, seed: int) -> Mapping[str, np.ndarray]:
        found = games.logit.shapley_estimate(self.settings.max_evaluations, seed)
        errors = np.nan_to_num(found.standard_errors, nan=0.0)
        return {self.name: found.values, f"{self.name}_error": errors}
