"""Numbers of many inputs in few bytes each."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, TypeVar

import numpy as np

Name = TypeVar("Name", bound=Hashable)


class NamedNumbers(Generic[Name]):
    """Numbers by name, of one input after another: 12 bytes for each."""

    def __init__(self) -> None:
        self._names: dict[Name, int] = {}
        self._places, self._values = array("I"), array("d")
        self._ends = array("Q")

    def __len__(self) -> int:
        """Return how many inputs there are."""
        return len(self._ends)

    def add(self, numbers: Iterable[tuple[Name, float]]) -> None:
        """Add what one input has."""
        for name, value in numbers:
            self._places.append(self._names.setdefault(name, len(self._names)))
            self._values.append(value)
        self._ends.append(len(self._values))

    def each(self) -> Iterator[list[tuple[Name, float]]]:
        """Yield what each input has, in the order in which it was given."""
        names = list(self._names)
        start = 0
        for end in self._ends:
            places, values = self._places[start:end], self._values[start:end]
            yield [(names[place], value) for place, value in zip(places, values, strict=True)]
            start = end

    def by_name(self) -> dict[Name, np.ndarray]:
        """Return the numbers of each name, by input; names in the order in which they came."""
        if not self._names:
            return {}
        places, values = np.array(self._places), np.array(self._values)
        order = np.argsort(places, kind="stable")
        ends = np.cumsum(np.bincount(places, minlength=len(self._names)))
        return dict(zip(self._names, np.split(values[order], ends[:-1]), strict=True))
