"""Rows of csv and jsonl files, each with its place, read one after the other within limits."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from reportgen.spec.problem import describe, quoted
from reportgen.spec.rationale import Spans

LONGEST_LINE = 10_000_000
"""Characters of a line; the longest text that a model reads is far shorter."""

MOST_COLUMNS = 1000
"""Columns that are remembered, for a message about one that there is not."""


class ReadingError(Exception):
    """A data file is not read further than ``place``."""

    def __init__(self, place: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.place = place
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Row:
    """One row of a data file: its cells by column and its rationale, or what is wrong with it.

    Once it is an input, its cells are by input field, and ``columns`` has those to slice by.
    """

    place: str
    cells: dict[str, Any] = field(default_factory=dict)
    rationale: Spans = field(default_factory=dict)
    problem: str = ""
    hint: str | Callable[[], str] = ""
    columns: dict[str, str] = field(default_factory=dict)


class Columns:
    """The columns that are read of a data file, those it lacks, and the first of those it has."""

    def __init__(self, wanted: Iterable[str]) -> None:
        self.wanted = frozenset(wanted)
        self.missing = set(self.wanted)
        self.known: dict[str, None] = {}

    def see(self, names: Iterable[str]) -> None:
        """Note the columns that a file, or a row of it, has."""
        if not self.missing:
            return
        self.missing.difference_update(names)
        if self.missing and len(self.known) < MOST_COLUMNS:
            self.known |= dict.fromkeys(names)


def _lines(file: TextIO, name: str) -> Iterator[str]:
    """Yield lines of a file opened with ``surrogateescape``, which marks what is not UTF-8."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            message = f"the line has more than {LONGEST_LINE:,} characters"
            raise ReadingError(f"{name}:{number}", message)
        if not line.isascii() and re.search(r"[\udc80-\udcff]", line):
            raise ReadingError(f"{name}:{number}", "not UTF-8 text", "save the file as UTF-8")
        if "\0" in line:
            message = "not text: it holds a NUL character"
            raise ReadingError(f"{name}:{number}", message, "save the file as UTF-8")
        yield line


# The csv module, not pandas: it keeps the line of each row, and the texts "NA" and "null".
def read_csv(path: Path, name: str, columns: Columns) -> Iterator[Row]:
    """Yield the rows of a csv file; none where its header lacks a column."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = csv.reader(_lines(file, name), strict=True)
        try:
            header = next(lines, [])
            require_different(header, f"{name}:1")
            columns.see(header)
            if header and columns.missing:
                return
            start = lines.line_num + 1
            for cells in lines:
                place, start = f"{name}:{start}", lines.line_num + 1
                if not cells:
                    continue
                if len(cells) != len(header):
                    message = f"expected {len(header)} cells as in the header, found {len(cells)}"
                    yield Row(place, problem=message, hint="quote cells that contain a comma")
                else:
                    yield Row(place, dict(zip(header, cells, strict=True)))
        except csv.Error as error:
            yield Row(f"{name}:{lines.line_num}", problem=f"not valid CSV: {error}")


def read_jsonl(path: Path, name: str, columns: Columns) -> Iterator[Row]:
    """Yield the rows of a jsonl file, of which each has columns of its own."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        for number, line in enumerate(_lines(file, name), start=1):
            place = f"{name}:{number}"
            if not line.strip():
                continue
            try:
                cells = json.loads(line.rstrip(), parse_constant=_no_number)
            except json.JSONDecodeError as error:
                yield Row(f"{place}:{error.colno}", problem=f"not valid JSON: {error.msg}")
                continue
            except RecursionError:
                yield Row(place, problem="not valid JSON: it is nested too deeply")
                continue
            except ValueError as error:  # also of whole numbers of thousands of digits
                yield Row(place, problem=f"not valid JSON: {error}")
                continue
            if isinstance(cells, dict):
                columns.see(cells)
                yield Row(place, cells)
            else:
                message = f"expected an object ({{...}}) on each line, found {describe(cells)}"
                yield Row(place, problem=message)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number; write null where there is none")


def require_different(columns: list[str], place: str) -> None:
    """Raise ``ReadingError`` where a column is there twice."""
    seen: set[str] = set()
    for column in columns:
        if column in seen:
            raise ReadingError(place, f"the column {quoted(column)} is there twice")
        seen.add(column)
