"""The predictions of a large run: tables of which a page shows a part at a time.

The index has the first rows as HTML. All rows stand in files beside it, twice: as columns, which
its script loads, searches and shows page by page, and as lists for readers without scripts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from reportgen.rendering.overview.columns import Column
from reportgen.rendering.overview.predictions_table import Cell, PredictionRow, PredictionsTable
from reportgen.rendering.wording.numbers import NBSP
from reportgen.results.model import LARGE_RUN

if TYPE_CHECKING:
    from reportgen.rendering.overview.report import Report

FOLDER = "index"

SHOWN = 100
"""Rows that the index shows at a time."""

LISTED = 500
"""Rows of a list."""

LOADED = 5_000
"""Rows of a file of columns: some hundred kilobytes, which a browser reads within a few frames."""


@dataclass(frozen=True)
class ListPage:
    """Some rows of a table as a page; ``first`` and ``last`` count them from 1.

    ``previous`` and ``next`` are the files of its neighbours, which are in the same folder.
    """

    name: str
    rows: tuple[PredictionRow, ...]
    first: int
    last: int
    previous: str
    next: str


@dataclass(frozen=True)
class PagedTable:
    """A table with its first rows, its lists, and what the script has to know of it."""

    table: PredictionsTable
    number: int
    version: str
    rows: tuple[PredictionRow, ...]
    columns: tuple[Column, ...] = ()

    @cached_property
    def lists(self) -> tuple[ListPage, ...]:
        return tuple(list_pages(self.table.rows, self.number))

    @cached_property
    def data(self) -> dict[str, Any]:
        """What the script has to know: models' answers are at ``PREFIX-NUMBER.html``."""
        table = self.table
        slugs: dict[int, str] = {}
        for row in table.rows:
            for model, cell in enumerate(row.cells):
                if cell is not None and model not in slugs:
                    slugs[model] = cell.anchor.removesuffix(f"-{row.position + 1}")
            if len(slugs) == len(table.models):
                break
        return {
            "rows": len(table.rows),
            "shown": SHOWN,
            "loaded": LOADED,
            "parts": [f"{name}?{self.version}" for name in self.part_names],
            "models": table.models,
            "links": [quote(slugs.get(i, "")) for i in range(len(table.models))],
            "expects": table.expects,
            "compares": table.compares,
            "wordy": table.wordy,
            "columns": [column.name for column in self.columns],
        }

    @property
    def part_names(self) -> list[str]:
        parts = -(-len(self.table.rows) // LOADED)
        return [f"{FOLDER}/{self.number}-part-{i + 1:04}.js" for i in range(parts)]


def page_tables(report: Report) -> tuple[PagedTable, ...]:
    """Cut the tables of a large run into pages; none where the index has room for all rows."""
    if report.filters.total <= LARGE_RUN:
        return ()
    version = report.provenance.digest[:8]  # no browser shows a new index with old columns
    return tuple(
        PagedTable(table, number, version, table.rows[:SHOWN], report.filters.columns)
        for number, table in enumerate(report.predictions_tables, start=1)
    )


def list_pages(rows: Sequence[PredictionRow], number: int) -> Iterator[ListPage]:
    starts = range(0, len(rows), LISTED)
    names = [f"{number}-list-{i + 1:04}.html" for i in range(len(starts))]
    around = zip(["", *names], names, [*names[1:], ""], starts, strict=False)
    for before, name, after, start in around:
        part = tuple(rows[start : start + LISTED])
        yield ListPage(f"{FOLDER}/{name}", part, start + 1, start + len(part), before, after)


def column_files(paged: PagedTable) -> Iterator[tuple[str, str]]:
    """Yield (name, text) of the scripts that hold a table's columns, ``LOADED`` rows each.

    They hand them to ``reportgenRows``: unlike other data, scripts can be read in a page that was
    opened from disk.
    """
    rows = paged.table.rows
    for i, name in enumerate(paged.part_names):
        part, models = rows[i * LOADED : (i + 1) * LOADED], len(paged.table.models)
        columns = make_columns(part, models, paged.columns)
        text = json.dumps(columns, ensure_ascii=False, separators=(",", ":"))
        yield name, f"reportgenRows({json.dumps(name)},{text});\n"


def make_columns(
    rows: Sequence[PredictionRow], models: int, known: Sequence[Column] = ()
) -> dict[str, Any]:
    """Turn rows into columns; those with few different values have these once, and their places.

    ``disagree`` is 1, 0, or -1 where nothing is compared. Cells that are not there have -1 for all
    places.
    """
    return {
        "positions": [row.position for row in rows],
        "texts": [one_line(row.text) for row in rows],
        "colours": [script_colours(row) for row in rows],
        "expected": coded([one_line(row.expected) for row in rows]),
        "disagree": [-1 if row.disagree is None else int(row.disagree) for row in rows],
        "models": [
            {
                "labels": coded([cell and one_line(cell.label) for cell in cells]),
                "confidences": coded([cell and cell.probability for cell in cells]),
                "checks": coded([cell and checks(cell) for cell in cells]),
            }
            for cells in ([row.cells[model] for row in rows] for model in range(models))
        ],
        "columns": [
            coded([None if (code := row.columns[i]) < 0 else column.values[code] for row in rows])
            for i, column in enumerate(known)
        ],
    }


def coded(values: Sequence[Any]) -> dict[str, list]:
    places: dict[Any, int] = {}
    codes = [-1 if value is None else places.setdefault(value, len(places)) for value in values]
    return {"values": list(places), "codes": codes}


def checks(cell: Cell) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return the reasons to look at a cell, and what its checks say: kind and words of each."""
    found = []
    if cell.unreliable:
        found.append((cell.unreliable.kind, f"!{NBSP}{cell.unreliable.text}"))
    if cell.verdict:
        sign = "✓" if cell.verdict.kind == "good" else "✗"
        found.append((cell.verdict.kind, f"{sign}{NBSP}{cell.verdict.text}"))
    if cell.notes:
        found.append(("", cell.notes))
    return cell.why, tuple(found)


def one_line(text: str) -> str:
    """Return the text with spaces for line ends, which HTML shows alike; it stays as long."""
    return text.replace("\n", " ").replace("\r", " ")


def script_colours(row: PredictionRow) -> str:
    """Return the row's colours by UTF-16 units, as scripts count."""
    if not row.colours or row.text.isascii() or max(row.text) <= "\uffff":
        return row.colours
    pieces = (piece for piece in row.coloured if piece.text)
    return " ".join(f"{units(one.gap)} {units(one.text)} {one.shade}" for one in pieces)


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
