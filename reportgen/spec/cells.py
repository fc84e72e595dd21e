"""Cells of data files as texts of inputs: what each may be, and what is wrong with it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

from pydantic import ValidationError

from reportgen.spec.chat import as_text
from reportgen.spec.entries import INPUT_FIELDS
from reportgen.spec.messages import translate
from reportgen.spec.problem import Problem, describe, quoted
from reportgen.spec.rationale_spans import CellError, find_rationale, read_cell
from reportgen.spec.rows import Row
from reportgen.spec.source import SpecSource
from reportgen.spec.surrogates import HALF_HINT, join_surrogates, whole


def as_cells(row: Row, columns: dict[str, str], slices: Sequence[str] = ()) -> Row:
    """Keep the cells of a row that ``columns`` names for input fields, and ``slices``, as text."""
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
                return _half(row.place, column)
            continue
        found = _text(row.place, column, value)
        if isinstance(found, Row):
            return found
        cells[name] = found
    known = {}
    for column in slices:
        found = _text(row.place, column, row.cells.get(column))
        if isinstance(found, Row):
            return found
        if found:
            known[column] = sys.intern(found)  # the same few values stand in all rows
    if (why := columns.get("rationale")) is None:
        return Row(row.place, cells, columns=known)
    return replace(_marked(row.place, cells, why, row.cells.get(why)), columns=known)


def _text(place: str, column: str, value: Any) -> str | Row:
    """Return a cell as text, or the row that says what is wrong with it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value if whole(value) is not None else _half(place, column)
    if isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value)):
        return json.dumps(value)
    message = f"expected text in column {quoted(column)}, found {describe(value)}"
    return Row(place, problem=message)


def _half(place: str, column: str) -> Row:
    message = f"column {quoted(column)} holds half a character (a lone surrogate)"
    return Row(place, problem=message, hint=HALF_HINT)


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
