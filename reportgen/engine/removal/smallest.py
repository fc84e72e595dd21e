"""The fewest units whose removal, or whose company, decides the answer."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import numpy as np

from reportgen.engine.removal.orders import sets_of_size
from reportgen.engine.removal.set_values import SetValues

ENUMERATED_SIZE = 3
"""Sets of up to so many units are all tried, where there are many units."""

WIDTH = 10
"""Sets of one size that the search for larger ones goes on with."""


@dataclass(frozen=True)
class SmallestSet:
    """A set of units that does what was asked, as small as was found.

    ``units`` are their indices in order, ``None`` where no set was found that does it; ``value``
    is v there. ``exact`` says that no smaller set does it (or none at all), and ``ruled_out`` up
    to which size all sets were tried and failed: "no three words flip it" (-1: not even the empty
    set).
    """

    units: tuple[int, ...] | None
    value: float | None
    exact: bool
    ruled_out: int


@dataclass(frozen=True)
class Goal:
    """What is asked of sets of chosen units: to flip when removed, or to suffice when kept."""

    threshold: float
    keep: bool

    def removed(self, chosen: np.ndarray) -> np.ndarray:
        """Return which units are removed where ``chosen`` are chosen, both (batch, n)."""
        return ~chosen if self.keep else chosen

    def met(self, values: np.ndarray) -> np.ndarray:
        """Return where v is on the right side of the threshold."""
        return values >= self.threshold if self.keep else values < self.threshold

    def better(self, values: np.ndarray) -> np.ndarray:
        """Return an order of values (batch,) from the one that meets the goal best."""
        return np.argsort(-values if self.keep else values, kind="stable")


def smallest_set(game: SetValues, goal: Goal, exact_up_to: int, budget: int) -> SmallestSet:
    """Try all sets by size, then look for one that is as small as can be found."""
    n = game.n
    left = budget

    def values(chosen: np.ndarray) -> np.ndarray | None:
        """Return v of the chosen sets; ``None`` where they are more than may be looked at."""
        nonlocal left
        sets = goal.removed(chosen)
        if len(sets) > left or game.unknown(sets).sum() > game.evaluations_left:
            return None
        left -= len(sets)
        return game.values(sets)

    # Every size as a whole, so that what is said of a size is true of all its sets.
    ruled_out, level, ranked = -1, np.zeros((1, n), bool), np.arange(n)
    for size in range(n + 1 if n <= exact_up_to else min(ENUMERATED_SIZE, n) + 1):
        chosen = sets_of_size(n, size) if comb(n, size) <= left else None
        found = None if chosen is None else values(chosen)
        if chosen is None or found is None:
            break
        order = goal.better(found)
        if goal.met(found[order[:1]]).any():
            return result(chosen[order[0]], found[order[0]], size - 1)
        ruled_out, level = size, chosen[order[:WIDTH]]
        if size == 1:
            ranked = order
    if ruled_out == n:
        return SmallestSet(None, None, True, n)

    best, value = None, np.nan

    # The units that do most alone, as many as it takes.
    chosen = np.argsort(ranked) < np.arange(ruled_out + 1, n + 1)[:, None]
    found = values(chosen)
    if found is not None and goal.met(found).any():
        first = goal.met(found).argmax()
        best, value = chosen[first], found[first]

    # The best sets of one size, each with one unit more.
    for _ in range(ruled_out + 1, n if best is None else int(best.sum())):
        row, unit = np.nonzero(~level)
        grown = level[row]
        grown[np.arange(len(row)), unit] = True
        grown = np.array(list(dict(zip(game.keys(grown), grown, strict=True)).values()))
        found = values(grown)
        if found is None:
            break
        order = goal.better(found)
        level = grown[order[:WIDTH]]
        if goal.met(found[order[:1]]).any():
            best, value = level[0], found[order[0]]
            break

    # Without what turns out not to be needed.
    while best is not None and best.sum() > ruled_out + 1:
        fewer = best & ~np.eye(n, dtype=bool)[best]
        found = values(fewer)
        if found is None:
            break
        place = goal.better(found)[0]
        if not goal.met(found[[place]]).any():
            break
        best, value = fewer[place], found[place]
    return result(best, value, ruled_out)


def result(chosen: np.ndarray | None, value: float, ruled_out: int) -> SmallestSet:
    """Return the chosen units as a result; exact where all smaller sets were ruled out."""
    if chosen is None:
        return SmallestSet(None, None, False, ruled_out)
    units = tuple(np.flatnonzero(chosen).tolist())
    return SmallestSet(units, float(value), len(units) == ruled_out + 1, ruled_out)
