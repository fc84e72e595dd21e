"""The removal game of one input: units, and the output when a set of them is removed."""

from __future__ import annotations

import numpy as np

from reportgen.engine.removal.orders import (
    Bounds,
    RemovalOrder,
    beam_search,
    climb,
    exhaust,
    measure_order,
    search_evaluations,
)
from reportgen.engine.removal.set_values import SetValues, Value
from reportgen.engine.removal.shapley import ShapleyEstimate, estimate_shapley
from reportgen.engine.removal.smallest import Goal, SmallestSet, smallest_set
from reportgen.errors import ReportgenError

EXACT_UNITS = 12
"""Of so many units all 2^n sets are evaluated where bounds or smallest sets are asked for."""

BEAM = 10
SWAPS = 200
"""New evaluations of a climb by swaps of neighbours."""

LOOKED_AT = 20_000
"""Sets that a search for the smallest looks at."""


class RemovalGame(SetValues):
    """What removing units does to an output: attribution and its measures from one cache.

    ``n`` is the number of units (words, tokens, sentences); ``value`` takes sets of them, booleans
    (batch, n) where ``True`` is removed, and returns the explained output of each, finite floats
    (batch,): a probability, a logit. It is called once for each set that is needed, with as many
    at once as can be, and has to be deterministic, as the game is. Scores, drops and AOPC are in
    the unit of ``value``; v({}) is the output of the whole input.

    ``max_evaluations`` is the most sets that may ever be evaluated. What certainly needs more
    raises ``ReportgenError``, which says how many, and evaluates none; so do fewer than n + 2, n
    below 1, and a ``value`` that returns anything else.
    """

    def __init__(self, n: int, value: Value, *, max_evaluations: int | None = None) -> None:
        super().__init__(n, value, max_evaluations=max_evaluations)
        self._worst: RemovalOrder | None = None
        self._best: RemovalOrder | None = None
        self._exact = False
        self._searched = -1  # the widest beam so far

    def leave_one_out(self) -> np.ndarray:
        """Return v({}) - v({i}) of each unit i, (n,). Takes n + 1 evaluations."""
        start, *found = self.values(np.vstack([self._none(), np.eye(self.n, dtype=bool)]))
        return start - np.array(found)

    def keep_only(self) -> np.ndarray:
        """Return v(all but i) - v(all) of each unit i, (n,). Takes n + 1 evaluations."""
        end, *found = self.values(~np.vstack([self._none(), np.eye(self.n, dtype=bool)]))
        return np.array(found) - end

    def shapley(self, max_evaluations: int = 200, seed: int = 0) -> np.ndarray:
        """Return the Shapley value of each unit, (n,): see ``shapley_estimate``."""
        return self.shapley_estimate(max_evaluations, seed).values

    def shapley_estimate(self, max_evaluations: int = 200, seed: int = 0) -> ShapleyEstimate:
        """Return the Shapley value of each unit with its standard error, both (n,).

        The mean over all orders of removal of v(before) - v(before and the unit); values add up
        to v({}) - v(all). Exact where ``max_evaluations`` is 2^n or more; otherwise the mean over
        strata by the number of units removed before (Maleki et al. 2013; Castro et al. 2017),
        of which the first and the last are exact and the others are sampled by antithetic
        permutations (Mitchell et al. 2022). ``max_evaluations`` counts the sets that the values
        rest on, in the cache or not, so that they depend on the ``seed`` alone. Raises
        ``ReportgenError`` where it is below n + 2, or where the game's own limit is passed.
        """
        return estimate_shapley(self, max_evaluations, seed)

    def aopc(self, scores: np.ndarray) -> float:
        """Return the area over the curve of v while units are removed by falling ``scores`` (n,).

        1/n sum over k = 1 .. n - 1 of v({}) - v(the first k), ties in the order of units: ERASER's
        comprehensiveness at every length (DeYoung et al. 2020). Of ``-scores``, least important
        first, it is sufficiency. Takes n evaluations. An order outside of bounds that were found
        moves them. Raises ``ReportgenError`` where scores are not n finite numbers.
        """
        scores = np.asarray(scores, np.float64)
        if scores.shape != (self.n,) or not np.isfinite(scores).all():
            raise ReportgenError(
                f"expected a finite score for each of {self.n} units, found {scores.size} of "
                f"shape {scores.shape}, {int((~np.isfinite(scores)).sum())} not finite"
            )
        order = measure_order(self, np.argsort(-scores, kind="stable"))
        if not self._exact:
            self._see(order)
        return order.aopc

    def normalized_aopc(self, scores: np.ndarray) -> float:
        """Return (AOPC - worst) / (best - worst): 0 is the worst order of removal, 1 the best.

        Comparable between texts and models, as the plain one is not (Edin et al. 2025). The bounds
        are those sought so far, ``bounds()`` where none were; NaN where all orders are equal.
        """
        found = self.aopc(scores)
        worst, best = self.bounds() if self._searched < 0 else self._bounds()
        return (found - worst) / (best - worst) if best > worst else np.nan

    def bounds(
        self, beam: int = BEAM, *, swaps: int = SWAPS, exact_up_to: int = EXACT_UNITS
    ) -> Bounds:
        """Return the AOPC of the worst and of the best order of removal.

        Exact, by dynamic programming over sets (Edin et al. 2025), up to ``exact_up_to`` units and
        while ``max_evaluations`` lets all sets be evaluated. Otherwise the most extreme of: a beam
        search of width ``beam`` (0 leaves it out); leave-one-out plus keep-only scores and the best
        found so far, improved by swaps of neighbours with at most ``swaps`` new evaluations
        each; and every order that ``aopc`` was asked about. Raises ``ReportgenError`` where a beam
        might pass the game's ``max_evaluations``; swaps end there.
        """
        if not self._exact and self.n <= exact_up_to and self._affords_all():
            self._worst, self._best = exhaust(self, -1), exhaust(self, 1)
            self._exact, self._searched = True, beam
        if not self._exact and self._searched < beam:
            self._search(beam, swaps)
            self._searched = beam
        return self._bounds()

    def smallest_flip(
        self,
        threshold: float = 0.5,
        *,
        max_evaluations: int = LOOKED_AT,
        exact_up_to: int = EXACT_UNITS,
    ) -> SmallestSet:
        """Return the fewest units whose removal brings v below ``threshold``.

        For a classifier of two classes that is the probability of the predicted one below 0.5;
        for more classes play the game of the margin, predicted class less the best other one,
        with ``threshold=0``. Of sets of one size the one with the lowest v. All sets are tried, up
        to size 3 where there are more than ``exact_up_to`` units, size by size while a whole one
        fits ``max_evaluations`` (sets looked at, in the cache or not). Beyond that it is the best
        that was found, and the result says so.
        """
        goal = Goal(threshold, keep=False)
        return smallest_set(self, goal, exact_up_to, max_evaluations)

    def smallest_sufficient(
        self,
        threshold: float = 0.5,
        *,
        max_evaluations: int = LOOKED_AT,
        exact_up_to: int = EXACT_UNITS,
    ) -> SmallestSet:
        """Return the fewest units with which alone v is at least ``threshold``.

        ``value`` of the result is v where all others are removed; the rest as in
        ``smallest_flip``.
        """
        goal = Goal(threshold, keep=True)
        return smallest_set(self, goal, exact_up_to, max_evaluations)

    def _none(self) -> np.ndarray:
        return np.zeros((1, self.n), bool)

    def _affords_all(self) -> bool:
        return 2**self.n - self.evaluations <= self.evaluations_left

    def _search(self, beam: int, swaps: int) -> None:
        needed = search_evaluations(self.n, beam)
        if needed > self.evaluations_left and not self._affords_all():
            raise ReportgenError(
                f"bounds with a beam of {beam} may take {needed:,} evaluations of {self.n} units, "
                f"and {self.evaluations_left:,} are left of max_evaluations: "
                f"{self.max_evaluations:,}",
                hint=f"without a beam (beam=0) they take {search_evaluations(self.n, 0):,}, and "
                "swaps as far as evaluations last",
            )
        scores = self.leave_one_out() + self.keep_only()
        starts = {sign: np.argsort(-sign * scores, kind="stable") for sign in (1, -1)}
        for sign, units in starts.items():
            self._see(measure_order(self, units))
            if beam > 0:
                self._see(beam_search(self, sign, beam))
        for sign, units in starts.items():
            self._see(climb(self, sign, units, swaps))
        for sign, seen in ((1, self._best), (-1, self._worst)):
            if seen is not None and not np.array_equal(seen.units, starts[sign]):
                self._see(climb(self, sign, seen.units, swaps))

    def _see(self, order: RemovalOrder) -> None:
        if self._worst is None or order.aopc < self._worst.aopc:
            self._worst = order
        if self._best is None or order.aopc > self._best.aopc:
            self._best = order

    def _bounds(self) -> Bounds:
        assert self._worst is not None
        assert self._best is not None
        return Bounds(self._worst, self._best, self._exact)
