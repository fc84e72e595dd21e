"""Removing each unit, or each window of units, alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reportgen.engine.methods.removal_method import RemovalMethod
from reportgen.engine.removal.output_games import OutputGames
from reportgen.methods import occlusion as described


class Occlusion(RemovalMethod):
    """Zeiler and Fergus 2014, arXiv:1311.2901, for text.

    Array ``occlusion/TARGET`` (n,), signed, in logits: of a unit F(x) - F(x without it), the mean
    over the windows of ``window`` units that it lies in.
    """

    name = described.Occlusion.name
    settings: described.Occlusion

    def scores(self, games: OutputGames, seed: int) -> Mapping[str, np.ndarray]:
        n = games.outputs.n
        width = min(self.settings.window, n)
        starts = np.arange(n - width + 1)[:, None]
        windows = (np.arange(n) >= starts) & (np.arange(n) < starts + width)
        whole, *without = games.logit.values(np.vstack([np.zeros((1, n), bool), windows]))
        drops = whole - np.array(without)
        return {self.name: drops @ windows / windows.sum(0)}

    def evaluations_needed(self, n: int) -> int:
        return n - min(self.settings.window, n) + 2
