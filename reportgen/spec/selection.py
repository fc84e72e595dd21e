"""Which rows of a data file are inputs: those of ``where``, the first ones, some at random."""

from __future__ import annotations

import heapq
import json
from array import array
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from random import Random
from typing import Any

from reportgen.spec.entries import FileInput, Sample
from reportgen.spec.messages import MOST_NAMES, nearest
from reportgen.spec.problem import Problem, quoted, shortened
from reportgen.spec.rows import Row

FEW_VALUES = 10
"""Values of a column that are told where none of them is asked for."""


def as_value(cell: Any) -> str:
    """Return a cell as ``where`` compares it: text as it is, all else as JSON writes it."""
    if isinstance(cell, str):
        return cell
    return "" if cell is None else json.dumps(cell, ensure_ascii=False, default=str)


class Where:
    """The rows that have certain values; the values seen are kept until the first such row."""

    def __init__(self, wanted: dict[str, list[str]] | None) -> None:
        self._wanted = {column: frozenset(values) for column, values in (wanted or {}).items()}
        self._seen: dict[str, dict[str, None]] | None = {column: {} for column in self._wanted}

    @property
    def seen_any(self) -> bool:
        """Whether there are rows, and none of them has the values."""
        return any((self._seen or {}).values())

    def keep(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Yield the rows that have the values, and those that cannot be read."""
        for row in rows:
            if row.problem or self._has(row.cells):
                yield row

    def _has(self, cells: dict[str, Any]) -> bool:
        wanted = all(as_value(cells.get(name)) in ok for name, ok in self._wanted.items())
        if wanted:
            self._seen = None
        elif self._seen is not None:
            for column, seen in self._seen.items():
                if len(seen) < MOST_NAMES:
                    seen.setdefault(as_value(cells.get(column)))
        return wanted

    def nothing(self, file: str) -> Problem:
        """Say that no row of ``file`` has the values, and which there are."""
        asked = " and ".join(
            f"{shortened(column)}: {' or '.join(sorted(map(quoted, values)))}"
            for column, values in self._wanted.items()
        )
        found = [
            f"{shortened(column)} has {_listed(list(seen))}{_near(self._wanted[column], seen)}"
            for column, seen in (self._seen or {}).items()
        ]
        return Problem(("where",), f"no row of {file} has {asked}", "; ".join(found))


def _listed(values: list[str]) -> str:
    more = ", ..." if len(values) > FEW_VALUES else ""
    return ", ".join(map(quoted, values[:FEW_VALUES])) + more


def _near(wanted: frozenset[str], seen: Collection[str]) -> str:
    (name, *others) = wanted
    near = "" if others or name in seen else nearest(name, seen)
    return f" ({near})" if near else ""


class Drawn:
    """A sample of rows that are told one after the other, in memory for the sample alone.

    Each row draws a number from the seed's series, and the ``n`` smallest win. So a larger ``n``
    keeps the rows of a smaller one, and rows that are added at the end move few.
    """

    def __init__(self, sample: Sample) -> None:
        self._sample = sample
        self._random = Random(sample.seed)
        self._best: list[tuple[float, int]] = []  # a heap, the largest number first: negated

    def offer(self, place: int) -> tuple[bool, int | None]:
        """Tell whether the row at ``place`` is among the best so far, and which one is no more."""
        number = -self._random.random()
        if len(self._best) < self._sample.n:
            heapq.heappush(self._best, (number, place))
            return True, None
        if number <= self._best[0][0]:
            return False, None
        return True, heapq.heapreplace(self._best, (number, place))[1]

    def places(self) -> array[int]:
        """Return the places of the sample, in the order of the file."""
        return array("q", sorted(place for _, place in self._best))


def at_places(rows: Iterable[Row], places: Iterable[int]) -> Iterator[Row]:
    """Yield the rows at ``places``, which rise, and read no further than the last."""
    rows, at = iter(rows), 0
    for place in places:
        yield from islice(rows, place - at, place - at + 1)
        at = place + 1


def remaining(entry: FileInput, rows: Iterable[Row], where: Where) -> Iterator[Row]:
    """Yield the rows that a sample is drawn from: those of ``where``, up to ``limit``."""
    kept = where.keep(rows) if entry.where else iter(rows)
    return kept if entry.limit is None else _first(kept, entry.limit)


def _first(rows: Iterator[Row], limit: int) -> Iterator[Row]:
    for number, row in enumerate(rows, start=1):  # islice takes no number of any size
        yield row
        if number >= limit:
            return
