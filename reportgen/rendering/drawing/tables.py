"""Tables of written numbers, plain or coloured."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Rows of text under named columns; the first column names the row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def narrowed(self, most: int) -> tuple[Table, ...]:
        """Return it as tables of at most ``most`` columns, each with the names of the rows."""
        starts = range(1, len(self.columns), most - 1)
        return tuple(
            Table(
                (self.columns[0], *self.columns[start : start + most - 1]),
                tuple((row[0], *row[start : start + most - 1]) for row in self.rows),
            )
            for start in starts
        )


@dataclass(frozen=True)
class Heat:
    """A table whose cells are (shade, written number): what is strong is seen at once."""

    corner: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
