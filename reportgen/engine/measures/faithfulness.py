"""How far each method's scores foretell what removing units does to the output."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from reportgen.engine.removal.orders import prefixes
from reportgen.engine.removal.output_games import OutputGames
from reportgen.engine.removal.units import Units
from reportgen.methods import preferred
from reportgen.results.model import Target
from reportgen.results.ranks import spearman
from reportgen.results.removal import RANDOM, Faithfulness, RemovalCurve
from reportgen.results.scores import by_layer

BINS = (0.01, 0.05, 0.1, 0.2, 0.5)
"""Shares of the units that ERASER removes or keeps (DeYoung et al. 2020)."""

LOG_ODDS_SHARE = 0.2

RANDOM_PAIRS = 10
"""Random orders of removal, each with its reverse."""

EXACT_BOUNDS = 8
"""Units up to which all 2^n sets are evaluated for the bounds; climbing comes very near."""

Order = tuple[str, np.ndarray]
"""The name of a method and the scores (n,) of units by which they are removed."""


def unit_scores(
    arrays: Mapping[str, np.ndarray], target: Target, units: Units
) -> dict[str, np.ndarray]:
    """Return the scores (n,) of units for a target by method, as far as they are finite.

    Of methods with a score for each token those, otherwise the mean over layers of what a token
    has at each: the row the target is read from of maps that know no output, what a token receives
    of those that do. A unit has the sum of its tokens' scores, or their mean.
    """
    found = {}
    for method in preferred():
        tokens: np.ndarray | None = None
        adds_up = True
        if method.score:
            tokens = arrays.get(method.score.of(target.name))
            adds_up = method.score.adds_up
        elif array := method.by_layer:
            stored = arrays.get(array.of(target.name))
            if stored is not None:
                tokens = by_layer(array, stored, target.read_at).mean(0)
        if tokens is None:
            continue
        sums = np.array([tokens[first:last].sum() for first, last in units], float)
        sizes = np.array([last - first for first, last in units])
        found[method.name] = sums if adds_up else sums / sizes
    return found


def evaluations_needed(n: int, methods: int) -> int:
    """Return how many sets the measures of so many methods evaluate of n units, at most.

    None, all, each alone and all but each; the others of each method's two orders, of the random
    ones, and of the two that bounds climb from. Swaps are not counted: they end with the budget.
    """
    return 2 + 2 * n + 2 * max(n - 3, 0) * (methods + RANDOM_PAIRS + 1)


class Measured:
    """The measures of all methods on one output; ``scores`` (n,) of units by method.

    What asks the model is found at once: a cached property would hold its lock while it waits in
    a round, and the other inputs of the round wait for that lock.
    """

    def __init__(self, games: OutputGames, scores: Mapping[str, np.ndarray], seed: int) -> None:
        self.games = games
        self.scores = scores
        self.n = games.outputs.n
        self.game = games.probability
        self.random_orders = random_orders(self.n, seed)
        ranked = [sign * one for one in scores.values() for sign in (1, -1)]
        ranked += [ranks(order) for order in self.random_orders]
        orders = [np.argsort(-one, kind="stable") for one in ranked]
        self.game.values(np.vstack([prefixes(order) for order in orders]))  # many in one pass
        for one in ranked:
            self.game.aopc(one)
        self.bounds = self.game.bounds(beam=0, exact_up_to=EXACT_BOUNDS)
        self.effects = games.logit.leave_one_out()
        self._sets = np.vstack([prefixes(order) for order in self.random_orders])
        start, *found = games.logit.values(np.vstack([np.zeros((1, self.n), bool), self._sets]))
        self._changes = start - np.array(found)

    def measures(self) -> Iterator[Faithfulness]:
        """Yield the measures of each method, then those of random orders."""
        for name, scores in self.scores.items():
            yield self._measure(name, scores)
        drawn = [self._measure(RANDOM, ranks(order)) for order in self.random_orders]
        means: dict[str, float | None] = {}
        for field in Faithfulness.model_fields:
            if field != "method":
                known = [v for one in drawn if (v := getattr(one, field)) is not None]
                means[field] = float(np.mean(known)) if known else None
        yield Faithfulness.model_validate({"method": RANDOM} | means)

    def curves(self) -> Iterator[RemovalCurve]:
        """Yield the outputs along each method's order, the bounds' and the random ones'."""
        for ascending in (False, True):
            sign = -1 if ascending else 1
            for name, scores in self.scores.items():
                order = np.argsort(-sign * scores, kind="stable")
                yield RemovalCurve(order=name, ascending=ascending, values=self._along(order))
        found = self.bounds
        for name, one in (("best", found.best), ("worst", found.worst)):
            yield RemovalCurve(order=name, values=self._along(one.units))
        drawn = np.array([self._along(order) for order in self.random_orders])
        yield RemovalCurve(
            order=RANDOM,
            values=tuple(drawn.mean(0).tolist()),
            low=tuple(drawn.min(0).tolist()),
            high=tuple(drawn.max(0).tolist()),
        )

    def _along(self, order: np.ndarray) -> tuple[float, ...]:
        none, every = np.zeros((1, self.n), bool), np.ones((1, self.n), bool)
        return tuple(self.game.values(np.vstack([none, prefixes(order), every])).tolist())

    def _measure(self, name: str, scores: np.ndarray) -> Faithfulness:
        order = np.argsort(-scores, kind="stable")
        aopc = self.game.aopc(scores)
        rising = self.game.aopc(-scores)
        values = np.array(self._along(order))
        start = values[0]
        without = np.array([values[count_of(share, self.n)] for share in BINS])
        alone = self.game.values(
            np.array([rank_of(order) >= count_of(share, self.n) for share in BINS])
        )
        return Faithfulness(
            method=name,
            normalized_comprehensiveness=self._normalized(aopc),
            normalized_sufficiency=self._normalized(rising),
            aopc_comprehensiveness=aopc,
            aopc_sufficiency=rising,
            comprehensiveness=float(np.mean(start - without)),
            sufficiency=float(np.mean(start - alone)),
            log_odds=self._log_odds(start, values[count_of(LOG_ODDS_SHARE, self.n)]),
            leave_one_out=spearman(scores, self.effects),
            monotonicity=float(np.mean(values[:-1] >= values[1:])),
            infidelity=self._infidelity(scores),
        )

    def _normalized(self, aopc: float) -> float | None:
        worst, best = self.bounds
        return (aopc - worst) / (best - worst) if best - worst > 1e-9 else None

    def _log_odds(self, start: float, without: float) -> float | None:
        if self.games.outputs.loaded.task.distribution == "none" or min(start, without) <= 0:
            return None
        return math.log(without) - math.log(start)

    def _infidelity(self, scores: np.ndarray) -> float | None:
        changes = self._changes
        total = float(changes @ changes)
        if total == 0:
            return None
        sums = self._sets @ scores
        size = float(sums @ sums)
        factor = float(sums @ changes) / size if size > 0 else 0.0
        missed = factor * sums - changes
        return float(missed @ missed) / total


def random_orders(n: int, seed: int) -> list[np.ndarray]:
    """Return random orders of n units, each beside its reverse."""
    random = np.random.default_rng((seed, n))
    drawn = [random.permutation(n) for _ in range(RANDOM_PAIRS)]
    return [order for one in drawn for order in (one, one[::-1])]


def count_of(share: float, n: int) -> int:
    """Return how many of n units a share is, rounded up."""
    return math.ceil(share * n)


def ranks(order: Sequence[int] | np.ndarray) -> np.ndarray:
    """Return scores (n,) that put units in this order, the first the highest."""
    return len(order) - 1.0 - rank_of(order)


def rank_of(order: Sequence[int] | np.ndarray) -> np.ndarray:
    """Return the place of each unit in an order of units, (n,)."""
    places = np.empty(len(order), int)
    places[np.asarray(order)] = np.arange(len(order))
    return places
