"""Columns of a data file to slice by: what their values may be, and that they are few."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.spec.entries import INPUT_FIELDS, LONGEST_VALUE, FileInput
from reportgen.spec.problem import Problem, quoted
from reportgen.spec.rows import Row
from reportgen.spec.surrogates import writable

MOST_VALUES = 200
"""Different values of a column to slice by: with more, a slice is hardly more than an input."""

MOST_COUNTED = 10_000
"""Up to how many values are told apart, of a column that has too many."""


class SliceValues:
    """The values that the columns of ``slices`` have in the rows that were seen."""

    def __init__(self, entry: FileInput) -> None:
        self._entry = entry
        self._values: dict[str, set[str]] = {column: set() for column in entry.slices or ()}
        self._long: dict[str, tuple[str, int]] = {}  # where, and how long

    def see(self, row: Row) -> None:
        """Note the values of a row."""
        for column, value in row.columns.items():
            if len(value) > LONGEST_VALUE:
                self._long.setdefault(column, (row.place, len(value)))
            elif len(held := self._values[column]) <= MOST_COUNTED:
                held.add(value)

    def problems(self) -> Iterator[Problem]:
        """Yield what makes columns unfit: texts of the input, long values, too many of them."""
        entry, seen = self._entry, set()
        texts = {getattr(entry, name): name for name in INPUT_FIELDS}
        for index, column in enumerate(entry.slices or ()):
            path, name = ("slices", index), quoted(column)
            if column in seen:
                yield Problem(path, f"the column {name} is named twice", "keep one")
            elif column in texts:
                yield Problem(
                    path,
                    f"the column {name} is the input's {texts[column]}",
                    "slices are columns beside the texts: a source, a group, a language",
                )
            elif column in self._long:
                place, length = self._long[column]
                yield Problem(
                    path,
                    f"a value to slice by has at most {LONGEST_VALUE} characters, "
                    f"found {length:,} in column {name}",
                    "name a column of short values: a source, a group, a language",
                    place=writable(place),
                )
            elif len(self._values[column]) > MOST_VALUES:
                found = len(self._values[column])
                many = f"more than {MOST_COUNTED:,}" if found > MOST_COUNTED else f"{found:,}"
                yield Problem(
                    path,
                    f"a column to slice by has at most {MOST_VALUES} different values, "
                    f"found {many} in column {name} of {entry.file}",
                    "name one with fewer, or group its values in another column: years as decades",
                )
            seen.add(column)
