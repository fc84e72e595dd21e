"""The best order of removal that a search finds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reportgen.engine.methods.removal_method import RemovalMethod
from reportgen.engine.removal.game import SWAPS
from reportgen.engine.removal.orders import beam_search, climb
from reportgen.engine.removal.output_games import OutputGames
from reportgen.engine.removal.units import Units
from reportgen.methods import best_order as described


class BestOrder(RemovalMethod):
    """The upper bound of Edin et al. 2025, arXiv:2408.08137, by beam search and swaps.

    Array ``best_order/TARGET`` (n,): n for the unit that is removed first, 1 for the last. The
    order is of the probability (of the output in regression), as that of AOPC is.
    """

    name = described.BestOrder.name
    settings: described.BestOrder

    def scores(self, games: OutputGames, seed: int) -> Mapping[str, np.ndarray]:
        game = games.probability
        alone = np.argsort(-game.leave_one_out() - game.keep_only(), kind="stable")
        starts = [beam_search(game, 1, self.settings.beam).units, alone]
        found = [climb(game, 1, units, SWAPS) for units in starts]
        order = max(found, key=lambda one: one.aopc).units
        return {self.name: len(order) - np.argsort(order).astype(float)}

    def evaluations_needed(self, n: int) -> int:
        beam = self.settings.beam * sum(n - size for size in range(1, n - 1))
        return min(2**n, 2 + 2 * n + beam + 2 * SWAPS)

    def over_tokens(self, scores: np.ndarray, units: Units, tokens: int) -> np.ndarray:
        found = np.zeros(tokens, np.float32)
        for (first, last), score in zip(units, scores, strict=True):
            found[first:last] = score
        return found
