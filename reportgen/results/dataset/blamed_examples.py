"""The training examples that return most often among those behind wrong predictions."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

from reportgen.results.training import InfluentialExample, TrainingInfluence

CHANCE = 0.05
"""How probable it is, at most, that a random ranking has any example as often as it can be told."""


@dataclass(frozen=True)
class BlamedExample:
    """A training example, and the rows of the observations that it worked against."""

    example: InfluentialExample
    rows: tuple[int, ...]


@dataclass(frozen=True)
class BlamedExamples:
    """The training examples most against the expected labels of wrong inputs, by how often.

    Of each of the ``inputs`` the first ``kept`` were looked at, of ``examples`` in the file;
    ``returning`` has every one of those, the most frequent first.
    """

    inputs: int
    kept: int
    examples: int
    returning: tuple[BlamedExample, ...]

    @property
    def expected(self) -> float:
        """Among how many inputs' first an example is by a random ranking."""
        return self.inputs * min(1.0, self.kept / self.examples)

    @property
    def by_chance(self) -> int:
        """As often as a random ranking has its most frequent one, nineteen times of twenty.

        The number of inputs that an example is among the first of is binomial; of all examples
        together none is above this with a probability of .95 (Bonferroni).
        """
        share = min(1.0, self.kept / self.examples)
        if share == 1.0:
            return self.inputs
        above, most = 1.0, 0
        while most < self.inputs:
            above -= binomial(self.inputs, most, share)
            if above * self.examples <= CHANCE:
                return most
            most += 1
        return most


def binomial(trials: int, times: int, share: float) -> float:
    """Return how probable it is that something of this probability happens so many times."""
    log = math.lgamma(trials + 1) - math.lgamma(times + 1) - math.lgamma(trials - times + 1)
    return math.exp(log + times * math.log(share) + (trials - times) * math.log1p(-share))


class Blame:
    """Gathers the examples most against the labels of wrong inputs."""

    def __init__(self) -> None:
        self._rows: dict[int, list[int]] = defaultdict(list)
        self._known: dict[int, InfluentialExample] = {}
        self._inputs = self._kept = self._examples = 0

    def see(self, row: int, found: TrainingInfluence) -> None:
        """Add a wrong input, the ``row``-th that is observed."""
        self._inputs += 1
        self._kept = max(self._kept, len(found.opponents))
        self._examples = found.examples
        for one in found.opponents:
            self._rows[one.row].append(row)
            self._known.setdefault(one.row, one)

    def examples(self) -> BlamedExamples | None:
        """Return what was gathered; ``None`` where no example was."""
        if not self._known:
            return None
        order = sorted(self._rows, key=lambda row: (-len(self._rows[row]), row))
        return BlamedExamples(
            self._inputs,
            self._kept,
            self._examples,
            tuple(BlamedExample(self._known[row], tuple(self._rows[row])) for row in order),
        )
