"""From ``inputs:`` to a flat list: entries written in the spec, and rows of data files."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from reportgen.errors import ReportgenError, SpecError
from reportgen.spec.chat import as_text
from reportgen.spec.entries import INPUT_FIELDS, FileInput, InlineInput
from reportgen.spec.messages import MOST_NAMES, nearest, suggest, translate
from reportgen.spec.models import Spec
from reportgen.spec.paths import MissingFileError, locate, require
from reportgen.spec.problem import Problem, describe, quoted
from reportgen.spec.rationale import Spans
from reportgen.spec.rationale_spans import CellError, find_rationale, read_cell
from reportgen.spec.rows import READERS, Allowance, ReadingError, Row
from reportgen.spec.source import SpecSource
from reportgen.spec.surrogates import HALF_HINT, join_surrogates, whole, writable

MAX_PROBLEMS = 10
"""Bad rows reported per data file; after that the file itself is probably the wrong one."""


@dataclass(frozen=True)
class Input:
    """One input after files are expanded; ``index`` is its position in the spec.

    ``where`` is ``audit.yaml:12:5 inputs[1]`` or ``reviews.csv:3``, ``entry`` the position of
    its entry in the spec, ``rationale`` what people marked. A cell of a data file may be empty;
    the engine then raises ``InputError`` for that input alone.
    """

    index: int
    fields: dict[str, str]
    expect: str | None
    models: tuple[str, ...] | None
    where: str
    methods: tuple[str, ...] | None = None
    group: str | None = None
    entry: int = 0
    rationale: Spans = field(default_factory=dict)


def expand_inputs(spec: Spec, base: Path) -> tuple[Input, ...]:
    """Return all inputs in order; files that were not read with the spec are, below ``base``.

    Raises ``SpecError`` for data files that are missing or damaged.
    """
    inputs: list[Input] = []
    errors: list[ReportgenError] = []
    allowance = Allowance()
    for position, entry in enumerate(spec.inputs):
        where = spec.where("inputs", position)
        models = tuple(entry.models) if entry.models is not None else None
        methods = tuple(entry.methods) if entry.methods is not None else None
        if isinstance(entry, InlineInput):
            fields = own_fields(entry)
            marked, wrong = find_rationale(entry.rationale or (), fields)
            errors += [
                ReportgenError(
                    problem.message, f"{where}.rationale[{problem.path[0]}]", problem.advice
                )
                for problem in wrong
            ]
            about = (fields, entry.expect, models, where, methods, entry.group, position, marked)
            inputs.append(Input(len(inputs), *about))
            continue
        problems: list[Problem] = []
        if position in spec.rows and base == spec.base:
            rows = spec.rows[position]
        else:
            outside = spec.allow_outside
            rows, problems = read_file(entry, base, allowance, allow_outside=outside)
        for row in rows:
            fields = {name: cell for name, cell in row.cells.items() if name in INPUT_FIELDS}
            expect, group = (row.cells.get(name) or None for name in ("label", "group"))
            marked = row.rationale
            about = (fields, expect, models, row.place, methods, group, position, marked)
            inputs.append(Input(len(inputs), *about))
        errors += [
            ReportgenError(problem.message, problem.place or where, problem.advice)
            for problem in problems
        ]
    if errors:
        raise SpecError(errors)
    return tuple(inputs)


def own_fields(entry: InlineInput) -> dict[str, str]:
    """Return the texts of an input that is written in the spec, messages as one."""
    fields = entry.model_dump(include=set(INPUT_FIELDS), exclude_none=True)
    if entry.messages is not None:
        fields["messages"] = as_text(entry.messages)
    return fields


def read_file(
    entry: FileInput,
    base: Path,
    allowance: Allowance | None = None,
    *,
    allow_outside: bool = False,
) -> tuple[list[Row], list[Problem]]:
    """Read a data file: rows with their cells named by input field, and all that is wrong.

    The problems' paths are relative to the entry: ``("text",)`` for a column there is not.
    ``allowance`` is what may be read of it, where other data files were read before.
    """
    reader = READERS.get(Path(entry.file).suffix.lower())
    if reader is None:
        message = f"expected a {', '.join(READERS)} file, found {quoted(entry.file)}"
        return [], [Problem(("file",), message, "the file name says how it is read")]
    try:
        path = require(entry.file, base, "file", allow_outside=allow_outside)
    except MissingFileError as error:
        return [], [Problem(("file",), error.message, partial(_file_hint, entry.file, base))]
    except ReportgenError as error:
        return [], [Problem(("file",), error.message, error.hint)]
    allowance = Allowance() if allowance is None else allowance
    columns = {
        name: column
        for name in (*INPUT_FIELDS, "label", "group", "rationale")
        if (column := getattr(entry, name)) is not None
    }
    rows: list[Row] = []
    known: dict[str, None] = {}
    missing = set(columns.values())
    try:
        for row in islice(reader(path, entry.file, allowance), _limit(entry)):
            allowance.take(row.place, rows=1)
            missing -= row.cells.keys()
            if missing and len(known) < MOST_NAMES:
                known |= dict.fromkeys(row.cells)
            rows.append(_row(row, columns))
    except ReadingError as stop:
        rows.append(Row(stop.place, problem=stop.message, hint=stop.hint))
    except OSError as error:
        return [], [Problem(("file",), f"{entry.file} cannot be read: {error.strerror}")]
    if not rows:
        return [], [Problem(("file",), f"{entry.file} has no rows")]
    if known and missing:
        return [], [
            Problem((name,), f"{entry.file} has no column {quoted(column)}", _hint(column, known))
            for name, column in columns.items()
            if column in missing
        ]
    return rows, _problems(entry.file, rows)


def _limit(entry: FileInput) -> int | None:
    return None if entry.limit is None else min(entry.limit, sys.maxsize)


def _file_hint(file: str, base: Path) -> str:
    path = locate(file, base)
    names = (found.name for found in path.parent.glob("*") if found.suffix in READERS)
    return nearest(path.name, names) or "files are looked for relative to the spec"


def _hint(column: str, known: dict[str, None]) -> str:
    split = len(known) == 1 and any(mark in next(iter(known)) for mark in ";\t|")
    return (
        "separate columns with commas"
        if split
        else suggest(column, map(writable, known), "its columns")
    )


def _problems(file: str, rows: list[Row]) -> list[Problem]:
    """Return what is wrong with rows, the first of many."""
    bad = [row for row in rows if row.problem]
    problems = [
        Problem(("file",), row.problem, row.hint, place=row.place) for row in bad[:MAX_PROBLEMS]
    ]
    if len(bad) > MAX_PROBLEMS:
        more = f"{len(bad) - MAX_PROBLEMS} more rows of {file} cannot be read"
        problems.append(Problem(("file",), more))
    return problems


def _row(row: Row, columns: dict[str, str]) -> Row:
    """Keep the named cells of a row, as text."""
    if row.problem:
        return row
    cells = {}
    for name, column in columns.items():
        value = row.cells.get(column)
        if name == "rationale":
            continue  # read when the texts are
        if name == "messages":
            halves: list[Problem] = []
            value = join_surrogates(value, halves)
            try:
                cells[name] = as_text(value)
            except ValidationError as error:
                return _no_messages(row.place, column, value, error)
            if halves:
                message = f"column {quoted(column)} holds half a character (a lone surrogate)"
                return Row(row.place, problem=message, hint=HALF_HINT)
        elif value is None:
            cells[name] = ""
        elif isinstance(value, str) and whole(value) is not None:
            cells[name] = value
        elif isinstance(value, str):
            message = f"column {quoted(column)} holds half a character (a lone surrogate)"
            return Row(row.place, problem=message, hint=HALF_HINT)
        elif isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value)):
            cells[name] = json.dumps(value)
        else:
            message = f"expected text in column {quoted(column)}, found {describe(value)}"
            return Row(row.place, problem=message)
    if (why := columns.get("rationale")) is None:
        return Row(row.place, cells)
    return _marked(row.place, cells, why, row.cells.get(why))


def _marked(place: str, cells: dict[str, Any], column: str, value: Any) -> Row:
    """Return a row with its rationale, which a cell that is empty has none of."""
    if value in (None, ""):
        return Row(place, cells)
    fields = {name: text for name, text in cells.items() if name in INPUT_FIELDS}
    try:
        rationale, problems = find_rationale(read_cell(value), fields)
    except CellError as error:
        return Row(place, problem=f"column {quoted(column)}: {error.message}", hint=error.hint)
    if problems:
        first = problems[0]
        message = f"column {quoted(column)}: {first.message}"
        return Row(place, problem=message, hint=first.hint)
    return Row(place, cells, rationale)


def _no_messages(place: str, column: str, value: Any, error: ValidationError) -> Row:
    """Say why a cell is no list of messages: the first thing that is wrong with it."""
    first = translate(error, SpecSource(value))[0]
    which = (
        f", message {first.path[0] + 1}" if first.path and isinstance(first.path[0], int) else ""
    )
    key = f", {first.path[1]}" if len(first.path) > 1 else ""
    message = f"column {quoted(column)}{which}{key}: {first.message}"
    hint = first.advice if first.path else 'a list of {"role": "user", "content": "..."}, in jsonl'
    return Row(place, problem=message, hint=hint)
