"""Orders in which units are removed: their AOPC, and the worst and best order there is."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from reportgen.engine.removal.set_values import SetValues

TINY = 1e-12
"""A swap has to gain more than this: what rounding gains would go back and forth for ever."""


@dataclass(frozen=True, eq=False)
class RemovalOrder:
    """One order of all units, (n,) ints, the first to be removed first, and its AOPC."""

    aopc: float
    units: np.ndarray


class Bounds(tuple[float, float]):
    """The AOPC of the worst and of the best order, as a pair, and the orders themselves.

    ``exact`` says that no order is outside of them. Otherwise they are the worst and the best
    that were found, and an order that is seen later may move them.
    """

    worst: RemovalOrder
    best: RemovalOrder
    exact: bool

    def __new__(cls, worst: RemovalOrder, best: RemovalOrder, exact: bool) -> Bounds:
        """Make the pair of both AOPC."""
        pair = super().__new__(cls, (worst.aopc, best.aopc))
        pair.worst, pair.best, pair.exact = worst, best, exact
        return pair


def prefixes(units: np.ndarray) -> np.ndarray:
    """Return the sets (n - 1, n) of the first 1 .. n - 1 units of an order."""
    n = len(units)
    rank = np.empty(n, int)
    rank[units] = np.arange(n)
    return rank < np.arange(1, n)[:, None]


def measure_order(game: SetValues, units: np.ndarray) -> RemovalOrder:
    """Return an order with its AOPC, 1/n sum over k = 1 .. n - 1 of v({}) - v(first k)."""
    start, *values = game.values(np.vstack([np.zeros((1, game.n), bool), prefixes(units)]))
    return RemovalOrder(float(np.sum(start - np.array(values)) / game.n), units)


def all_sets(n: int) -> np.ndarray:
    """Return all sets (2^n, n); set number s has unit i where bit i of s is 1."""
    return (np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(bool)


def sets_of_size(n: int, size: int) -> np.ndarray:
    """Return all sets of ``size`` units, (n over size, n), in lexicographic order."""
    members = np.array(list(combinations(range(n), size)), int).reshape(comb(n, size), size)
    sets = np.zeros((len(members), n), bool)
    np.put_along_axis(sets, members, True, axis=1)
    return sets


def exhaust(game: SetValues, sign: int) -> RemovalOrder:
    """Return the order with the highest (``sign`` 1) or lowest (-1) AOPC of all.

    Dynamic programming: the best way to remove a set ends with one of its units, before which
    the rest was removed in the best way. n 2^n steps instead of n! orders.
    """
    n = game.n
    sets = all_sets(n)
    values = sign * game.values(sets)
    drops = values[0] - values
    drops[-1] = 0  # that all are removed does not count
    total = np.zeros(1 << n)
    last = np.zeros(1 << n, int)
    sizes = sets.sum(1)
    for size in range(1, n + 1):
        (level,) = np.nonzero(sizes == size)
        before = np.where(sets[level], total[level[:, None] & ~(1 << np.arange(n))], -np.inf)
        last[level] = before.argmax(1)
        total[level] = before.max(1) + drops[level]
    units, left = [], (1 << n) - 1
    while left:
        units.append(last[left])
        left &= ~(1 << int(last[left]))
    return measure_order(game, np.array(units[::-1]))


def search_evaluations(n: int, beam: int) -> int:
    """Return how many sets the searches for the worst and the best order evaluate at most.

    Nothing and all removed, each unit alone, all but each, the rest of two orders to climb from,
    and the beams' own. Swaps are not counted: they end where evaluations do.
    """
    return 2 + 2 * n + 2 * max(n - 3, 0) + 2 * sum(beam * (n - size) for size in range(1, n - 2))


def beam_search(game: SetValues, sign: int, beam: int) -> RemovalOrder:
    """Return the best order (the worst for ``sign`` -1) that a beam search finds.

    Of the ways to remove k units, the ``beam`` with the highest sum of drops so far are gone on
    with; of several ways to remove the same set only the best.
    """
    n = game.n
    sets, ways, totals = np.zeros((1, n), bool), np.zeros((1, 0), int), np.zeros(1)
    for _ in range(n - 1):
        row, unit = np.nonzero(~sets)
        grown = sets[row]
        grown[np.arange(len(row)), unit] = True
        sums = totals[row] - sign * game.values(grown)
        best: dict[bytes, int] = {}
        keys = game.keys(grown)
        for place in np.argsort(-sums, kind="stable"):
            best.setdefault(keys[place], place)
        kept = list(best.values())[:beam]
        sets, totals = grown[kept], sums[kept]
        ways = np.column_stack([ways[row[kept]], unit[kept]])
    return measure_order(game, np.append(ways[0], np.flatnonzero(~sets[0])))


def climb(game: SetValues, sign: int, units: np.ndarray, swaps: int) -> RemovalOrder:
    """Improve an order by swaps of neighbours while they help.

    A swap changes the one set between the two: with ``swaps`` new evaluations at most, all swaps
    are tried in turns, and those that help most are made. Those that do not touch add up.
    """
    n = game.n
    units = units.copy()
    spent = game.evaluations + min(swaps, game.evaluations_left)
    places = np.arange(n - 1)
    while True:
        now = prefixes(units)
        swapped = now.copy()
        swapped[places, units[:-1]] = False
        swapped[places, units[1:]] = True
        new = game.unknown(swapped)
        tried = ~new | (np.cumsum(new) <= spent - game.evaluations)
        gains = np.zeros(n - 1)
        gains[tried] = sign * (game.values(now[tried]) - game.values(swapped[tried]))
        made = np.zeros(n + 1, bool)  # a place before and one behind
        for place in np.argsort(-gains, kind="stable"):
            if gains[place] > TINY and not made[[place, place + 2]].any():
                made[place + 1] = True
                units[[place, place + 1]] = units[[place + 1, place]]
        if not made.any():
            return measure_order(game, units)
