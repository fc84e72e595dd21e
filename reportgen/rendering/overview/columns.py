"""What is known of the inputs beside their texts, as columns by which their table is filtered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reportgen.results.model import JobEntry

MOST_COLUMNS = 20
"""Columns that can be filtered by."""

CHOSEN_FROM = 50
"""Values up to which one is chosen from a list; of more, one is typed."""

SUGGESTED = 200
"""Values that are suggested while one is typed."""


@dataclass(frozen=True)
class Column:
    """A column and its values, those of most inputs first; ``counts`` are of inputs."""

    name: str
    values: tuple[str, ...]
    counts: tuple[int, ...]

    @property
    def typed(self) -> bool:
        return len(self.values) > CHOSEN_FROM

    @property
    def suggested(self) -> tuple[tuple[str, int], ...]:
        """Values with their counts: all where one is chosen from a list, else those first."""
        last = SUGGESTED if self.typed else None
        return tuple(zip(self.values, self.counts, strict=True))[:last]


Codes = tuple[int, ...]
"""Of an input, the place of its value among those of each column; -1 where it has none."""


@dataclass(frozen=True)
class InputColumns:
    """The columns of a run's inputs, and the codes of each input by its position."""

    columns: tuple[Column, ...]
    codes: Mapping[int, Codes]

    def of(self, position: int) -> Codes:
        return self.codes.get(position, ())


def input_columns(entries: Iterable[JobEntry]) -> InputColumns:
    """Gather the columns that tell inputs apart, in the order in which they were met."""
    inputs: dict[int, Mapping[str, str]] = {}
    for entry in entries:
        inputs.setdefault(entry.input, entry.columns)
    counted: dict[str, Counter[str]] = {}
    for held in inputs.values():
        for name, value in held.items():
            if value:
                counted.setdefault(name, Counter())[value] += 1
    telling = [
        Column(name, *zip(*counts.most_common(), strict=True))
        for name, counts in counted.items()
        if len(counts) > 1 or counts.total() < len(inputs)
    ][:MOST_COLUMNS]
    if not telling:
        return InputColumns((), {})
    places = [(c.name, {value: i for i, value in enumerate(c.values)}) for c in telling]
    shared: dict[Codes, Codes] = {}
    codes = {}
    for position, held in inputs.items():
        row = tuple(place.get(held.get(name, ""), -1) for name, place in places)
        codes[position] = shared.setdefault(row, row)
    return InputColumns(tuple(telling), codes)
