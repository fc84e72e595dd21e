"""LIME."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reportgen.engine.methods.removal_method import RemovalMethod
from reportgen.engine.removal.output_games import OutputGames
from reportgen.engine.removal.regressions import lime
from reportgen.methods import lime as described


class Lime(RemovalMethod):
    """Ribeiro, Singh and Guestrin 2016, arXiv:1602.04938.

    Array ``lime/TARGET`` (n,): coefficients in logits; see ``removal.regressions.lime``.
    """

    name = described.Lime.name
    settings: described.Lime

    def scores(self, games: OutputGames, seed: int) -> Mapping[str, np.ndarray]:
        return {self.name: lime(games.logit, self.settings.max_evaluations, seed)}
