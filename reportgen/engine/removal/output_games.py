"""The games of one output: the same removals, seen as probability, logit and lead."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from reportgen.engine.removal.game import RemovalGame
from reportgen.engine.removal.outputs import RemovedOutputs


@dataclass(frozen=True, eq=False)
class OutputGames:
    """The games of one target of ``outputs``, or of several that make up one answer.

    ``numbers`` are those of the targets. Of several the probability is the product, the "logit" the
    log of that, and the lead that of the least sure. What one game evaluates the others know.
    ``searched``: the most sets that the lead is looked up of.
    """

    outputs: RemovedOutputs
    numbers: tuple[int, ...]
    searched: int | None = None

    @cached_property
    def probability(self) -> RemovalGame:
        """Of what measures are made of: the probability, in regression the output."""
        return RemovalGame(self.outputs.n, self._probabilities)

    @cached_property
    def logit(self) -> RemovalGame:
        """Of what scores are made of."""
        return RemovalGame(self.outputs.n, self._logits)

    @cached_property
    def margin(self) -> RemovalGame:
        """Of the lead, below 0 where the prediction is another."""
        return RemovalGame(self.outputs.n, self._margins, max_evaluations=self.searched)

    def _probabilities(self, sets: np.ndarray) -> np.ndarray:
        return np.prod([self.outputs.probabilities(sets, t) for t in self.numbers], axis=0)

    def _logits(self, sets: np.ndarray) -> np.ndarray:
        if len(self.numbers) == 1:
            return self.outputs.logits(sets, self.numbers[0])
        found = [self.outputs.probabilities(sets, t) for t in self.numbers]
        return np.log(np.maximum(found, np.finfo(float).tiny)).sum(0)

    def _margins(self, sets: np.ndarray) -> np.ndarray:
        return np.min([self.outputs.margins(sets, t) for t in self.numbers], axis=0)
