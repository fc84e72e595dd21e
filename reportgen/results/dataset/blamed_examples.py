"""The training examples that return most often among those behind wrong predictions."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from reportgen.results.training import InfluentialExample, TrainingInfluence


@dataclass(frozen=True)
class BlamedExample:
    """A training example, and the rows of the observations that it worked against."""

    example: InfluentialExample
    rows: tuple[int, ...]


@dataclass(frozen=True)
class BlamedExamples:
    """The training examples most against the expected labels of wrong inputs, by how often.

    Of each of the ``inputs`` the first ``kept`` were looked at, of ``examples`` in the file;
    ``returning`` has every one of those, the most frequent first, then the first by mean rank.
    """

    inputs: int
    kept: int
    examples: int
    returning: tuple[BlamedExample, ...]

    @cached_property
    def least(self) -> int:
        """Among how many inputs' first an example has to be to count.

        Two, or as many as it takes that a random ranking has no more than one such example.
        """
        least = 2
        while self._random(least) > 1:
            least += 1
        return least

    @property
    def by_chance(self) -> float:
        """How many examples are there that often in a random ranking, on average."""
        return self._random(self.least)

    @property
    def repeated(self) -> int:
        """How many examples are there that often."""
        return sum(len(one.rows) >= self.least for one in self.returning)

    def _random(self, least: int) -> float:
        """The number of inputs that an example is among the first of is binomial."""
        share = min(1.0, self.kept / self.examples)
        times = range(least, self.inputs + 1)
        return self.examples * math.fsum(binomial(self.inputs, n, share) for n in times)


def binomial(trials: int, times: int, share: float) -> float:
    """Return how probable it is that something of this probability happens so many times."""
    if share == 1.0:
        return float(times == trials)
    log = math.lgamma(trials + 1) - math.lgamma(times + 1) - math.lgamma(trials - times + 1)
    return math.exp(log + times * math.log(share) + (trials - times) * math.log1p(-share))


class Blame:
    """Gathers the examples most against the labels of wrong inputs."""

    def __init__(self) -> None:
        self._rows: dict[int, list[int]] = defaultdict(list)
        self._ranks: dict[int, int] = defaultdict(int)
        self._known: dict[int, InfluentialExample] = {}
        self._inputs = self._kept = self._examples = 0

    def see(self, row: int, found: TrainingInfluence) -> None:
        """Add a wrong input, the ``row``-th that is observed."""
        self._inputs += 1
        self._kept = max(self._kept, len(found.opponents))
        self._examples = found.examples
        for rank, one in enumerate(found.opponents):
            self._rows[one.row].append(row)
            self._ranks[one.row] += rank
            self._known.setdefault(one.row, one)

    def examples(self) -> BlamedExamples | None:
        """Return what was gathered; ``None`` of so few that nothing can return but by chance."""
        if not self._known:
            return None

        def place(row: int) -> tuple[int, float, int]:
            times = len(self._rows[row])
            return -times, self._ranks[row] / times, row

        found = BlamedExamples(
            self._inputs,
            self._kept,
            self._examples,
            tuple(
                BlamedExample(self._known[row], tuple(self._rows[row]))
                for row in sorted(self._rows, key=place)
            ),
        )
        return found if found.least <= found.inputs else None
