"""From ``inputs:`` to a flat list: entries written in the spec, and rows of data files."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from reportgen.errors import ReportgenError, SpecError
from reportgen.spec.entries import INPUT_FIELDS, FileInput, InlineInput
from reportgen.spec.messages import describe, nearest, suggest
from reportgen.spec.models import Spec
from reportgen.spec.source import Problem

MAX_PROBLEMS = 10
"""Bad rows reported per data file; after that the file itself is probably the wrong one."""


@dataclass(frozen=True)
class Input:
    """One input after files are expanded; ``index`` is its position in the spec.

    ``where`` is ``audit.yaml:12:5 inputs[1]`` or ``reviews.csv:3``, ``entry`` the position of
    its entry in the spec. A cell of a data file may be empty; the engine then raises
    ``InputError`` for that input alone.
    """

    index: int
    fields: dict[str, str]
    expect: str | None
    models: tuple[str, ...] | None
    where: str
    methods: tuple[str, ...] | None = None
    group: str | None = None
    entry: int = 0


@dataclass(frozen=True)
class Row:
    """One row of a data file: its cells by column, or what is wrong with it."""

    place: str
    cells: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    hint: str = ""


def expand_inputs(spec: Spec, base: Path) -> tuple[Input, ...]:
    """Return all inputs in order, data files read relative to ``base``.

    Raises ``SpecError`` for data files that are missing or damaged.
    """
    inputs: list[Input] = []
    errors: list[ReportgenError] = []
    for position, entry in enumerate(spec.inputs):
        where = spec.where("inputs", position)
        models = tuple(entry.models) if entry.models is not None else None
        methods = tuple(entry.methods) if entry.methods is not None else None
        if isinstance(entry, InlineInput):
            fields = entry.model_dump(include=set(INPUT_FIELDS), exclude_none=True)
            more = {"group": entry.group, "entry": position}
            inputs.append(Input(len(inputs), fields, entry.expect, models, where, methods, **more))
            continue
        rows, problems = read_file(entry, base)
        for row in rows:
            expect = row.cells.pop("label", None) or None
            more = {"group": row.cells.pop("group", None) or None, "entry": position}
            cells, at = row.cells, row.place
            inputs.append(Input(len(inputs), cells, expect, models, at, methods, **more))
        errors += [
            ReportgenError(problem.message, problem.place or where, problem.hint)
            for problem in problems
        ]
    if errors:
        raise SpecError(errors)
    return tuple(inputs)


def read_file(entry: FileInput, base: Path) -> tuple[list[Row], list[Problem]]:
    """Read a data file: rows with their cells named by input field, and all that is wrong.

    The problems' paths are relative to the entry: ``("text",)`` for a column there is not.
    """
    path = base / Path(entry.file).expanduser()
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        message = f"expected a {', '.join(READERS)} file, found {entry.file!r}"
        return [], [Problem(("file",), message, "the file name says how it is read")]
    if not path.is_file():
        names = [found.name for found in path.parent.glob("*") if found.suffix in READERS]
        hint = nearest(path.name, names) or "files are looked for relative to the spec"
        return [], [Problem(("file",), f"no such file: {entry.file}", hint)]
    try:
        raw = list(islice(reader(path, entry.file), entry.limit))
    except UnicodeDecodeError:
        message = f"{entry.file} is not UTF-8 text"
        return [], [Problem(("file",), message, "save it as UTF-8")]
    except OSError as error:
        return [], [Problem(("file",), f"{entry.file} cannot be read: {error}")]
    if not raw:
        return [], [Problem(("file",), f"{entry.file} has no rows")]
    return _select(entry, raw)


def _select(entry: FileInput, raw: list[Row]) -> tuple[list[Row], list[Problem]]:
    """Pick the named columns out of ``raw`` rows."""
    columns = {
        name: column
        for name in (*INPUT_FIELDS, "label", "group")
        if (column := getattr(entry, name)) is not None
    }
    known = list(dict.fromkeys(name for row in raw for name in row.cells))
    missing = {name: column for name, column in columns.items() if column not in known}
    if known and missing:
        split = len(known) == 1 and any(mark in known[0] for mark in ";\t|")
        return [], [
            Problem(
                (name,),
                f"{entry.file} has no column {column!r}",
                "separate columns with commas" if split else suggest(column, known, "its columns"),
            )
            for name, column in missing.items()
        ]
    rows = [_row(row, columns) for row in raw]
    bad = [row for row in rows if row.problem]
    problems = [Problem(("file",), row.problem, row.hint, place=row.place) for row in bad]
    if len(bad) > MAX_PROBLEMS:
        more = len(bad) - MAX_PROBLEMS
        note = Problem(("file",), f"{more} more rows of {entry.file} cannot be read")
        problems = [*problems[:MAX_PROBLEMS], note]
    return rows, problems


def _row(row: Row, columns: dict[str, str]) -> Row:
    if row.problem:
        return row
    cells = {}
    for name, column in columns.items():
        value = row.cells.get(column)
        if value is None:
            cells[name] = ""
        elif isinstance(value, str):
            cells[name] = value
        elif isinstance(value, (bool, int, float)):
            cells[name] = json.dumps(value)
        else:
            message = f"expected text in column {column!r}, found {describe(value)}"
            return Row(row.place, problem=message)
    return Row(row.place, cells)


# The csv module, not pandas: it keeps the line of each row, and the texts "NA" and "null".
def _read_csv(path: Path, name: str) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, strict=True)
        try:
            header = next(lines, [])
            twice = next((column for column in header if header.count(column) > 1), None)
            if twice is not None:
                yield Row(f"{name}:1", problem=f"the column {twice!r} is there twice")
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


def _read_jsonl(path: Path, name: str) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            place = f"{name}:{number}"
            if not line.strip():
                continue
            try:
                cells = json.loads(line.rstrip())
            except json.JSONDecodeError as error:
                yield Row(f"{place}:{error.colno}", problem=f"not valid JSON: {error.msg}")
                continue
            except RecursionError:
                yield Row(place, problem="not valid JSON: it is nested too deeply")
                continue
            if isinstance(cells, dict):
                yield Row(place, cells)
            else:
                message = f"expected an object ({{...}}) on each line, found {describe(cells)}"
                yield Row(place, problem=message)


def _read_parquet(path: Path, name: str) -> Iterator[Row]:
    import pyarrow
    import pyarrow.parquet

    try:
        number = 0
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=1024):
                for cells in batch.to_pylist():
                    number += 1
                    yield Row(f"{name} row {number}", cells)
    except pyarrow.ArrowException as error:
        yield Row(name, problem=f"not a readable parquet file: {error}")


READERS: dict[str, Callable[[Path, str], Iterator[Row]]] = {
    ".csv": _read_csv,
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
}
"""How each kind of data file is read, by the end of its name."""
