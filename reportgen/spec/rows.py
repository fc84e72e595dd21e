"""Rows of csv, jsonl and parquet files, each with its place, read within limits."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from reportgen.spec.problem import describe, quoted
from reportgen.spec.rationale import Spans

LONGEST_LINE = 10_000_000
"""Characters of a line; the longest text that a model reads is far shorter."""

LARGEST_DATA = 200_000_000
"""Characters read of all data files of a spec, so that they fit into memory and are read in
seconds."""

MOST_ROWS = 1_000_000
"""Rows read of all data files of a spec; each is explained by each model."""

BATCH = 64
"""Rows of a parquet file that are unpacked together."""


class ReadingError(Exception):
    """A data file is not read further than ``place``."""

    def __init__(self, place: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.place = place
        self.message = message
        self.hint = hint


@dataclass
class Allowance:
    """What may still be read of a spec's data files."""

    characters: int = LARGEST_DATA
    rows: int = MOST_ROWS

    def take(self, place: str, characters: int = 0, rows: int = 0) -> None:
        """Count what is read at ``place``; raises ``ReadingError`` where it is too much."""
        self.characters -= characters
        self.rows -= rows
        if self.characters < 0 or self.rows < 0:
            most = f"{LARGEST_DATA:,} characters" if self.rows >= 0 else f"{MOST_ROWS:,} rows"
            message = f"the data files of the spec have more than {most}"
            raise ReadingError(place, message, "set limit: to read only the first rows")


@dataclass(frozen=True)
class Row:
    """One row of a data file: its cells by column and its rationale, or what is wrong with it."""

    place: str
    cells: dict[str, Any] = field(default_factory=dict)
    rationale: Spans = field(default_factory=dict)
    problem: str = ""
    hint: str | Callable[[], str] = ""


def _lines(file: TextIO, name: str, allowance: Allowance) -> Iterator[str]:
    """Yield lines of a file opened with ``surrogateescape``, which marks what is not UTF-8."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        place = f"{name}:{number}"
        if len(line) > LONGEST_LINE:
            raise ReadingError(place, f"the line has more than {LONGEST_LINE:,} characters")
        allowance.take(place, len(line))
        if not line.isascii() and re.search(r"[\udc80-\udcff]", line):
            raise ReadingError(place, "not UTF-8 text", "save the file as UTF-8")
        if "\0" in line:
            raise ReadingError(
                place, "not text: it holds a NUL character", "save the file as UTF-8"
            )
        yield line


# The csv module, not pandas: it keeps the line of each row, and the texts "NA" and "null".
def _read_csv(path: Path, name: str, allowance: Allowance) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = csv.reader(_lines(file, name, allowance), strict=True)
        try:
            header = next(lines, [])
            _require_different(header, f"{name}:1")
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


def _read_jsonl(path: Path, name: str, allowance: Allowance) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        for number, line in enumerate(_lines(file, name, allowance), start=1):
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
                yield Row(place, cells)
            else:
                message = f"expected an object ({{...}}) on each line, found {describe(cells)}"
                yield Row(place, problem=message)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number; write null where there is none")


def _read_parquet(path: Path, name: str, allowance: Allowance) -> Iterator[Row]:
    import pyarrow
    import pyarrow.parquet

    number = 0
    try:
        metadata = pyarrow.parquet.read_metadata(path)
        for index in range(metadata.num_row_groups):
            size = metadata.row_group(index).total_byte_size
            if size > LARGEST_DATA:
                message = f"{size:,} bytes are packed together; at most {LARGEST_DATA:,} are read"
                raise ReadingError(name, message, "write it with smaller row groups")
        _require_different(metadata.schema.to_arrow_schema().names, name)
        # A dictionary keeps a long text that many rows share once, as the file does.
        columns = [metadata.schema.column(index) for index in range(metadata.num_columns)]
        texts = [one.path for one in columns if one.physical_type == "BYTE_ARRAY"]
        with pyarrow.parquet.ParquetFile(path, read_dictionary=texts) as file:
            for batch in file.iter_batches(batch_size=BATCH):
                for index in range(batch.num_rows):
                    number += 1
                    place = f"{name} row {number}"
                    cells = {
                        column: values[index].as_py()
                        for column, values in zip(batch.column_names, batch.columns, strict=True)
                    }
                    length = sum(len(cell) for cell in cells.values() if isinstance(cell, str))
                    allowance.take(place, length)
                    yield Row(place, cells)
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError, RecursionError) as error:
        place = f"{name} row {number}" if number else name
        yield Row(place, problem=f"not a readable parquet file: {error}")


def _require_different(columns: list[str], place: str) -> None:
    seen: set[str] = set()
    for column in columns:
        if column in seen:
            raise ReadingError(place, f"the column {quoted(column)} is there twice")
        seen.add(column)


Reader = Callable[[Path, str, Allowance], Iterator[Row]]

READERS: dict[str, Reader] = {
    ".csv": _read_csv,
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
}
"""How each kind of data file is read, by the end of its name."""
