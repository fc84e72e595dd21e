"""Data files: checked in one pass from beginning to end, and read again when they are needed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Literal

from reportgen.errors import ReportgenError
from reportgen.spec.arrow_folder import arrow_files
from reportgen.spec.cells import as_cells
from reportgen.spec.columnar import read_arrow, read_parquet
from reportgen.spec.entries import INPUT_FIELDS, FileInput
from reportgen.spec.lazy import LazySequence
from reportgen.spec.messages import MOST_NAMES, nearest, suggest
from reportgen.spec.paths import MissingFileError, locate, require, require_inside
from reportgen.spec.problem import Problem, SpecPath, quoted
from reportgen.spec.rows import Columns, ReadingError, Row, read_csv, read_jsonl
from reportgen.spec.selection import Drawn, Where, at_places, remaining
from reportgen.spec.slice_columns import SliceValues
from reportgen.spec.surrogates import writable

MAX_PROBLEMS = 10
"""Bad rows reported per data file; after that the file itself is probably the wrong one."""

KEPT_ROWS, KEPT_CHARACTERS = 2_000, 10_000_000
"""Up to how many inputs a data file's are kept in memory, and not read again."""

Reader = Callable[[Path, str, Columns], Iterator[Row]]

READERS: dict[str, Reader] = {".csv": read_csv, ".jsonl": read_jsonl, ".parquet": read_parquet}
"""How each kind of data file is read, by the end of its name."""


class DataFile(LazySequence[Row]):
    """The rows of a data file that are inputs, in its order; each iteration reads them again.

    ``len()`` tells how many there are, ``groups`` some of the groups that they name. Raises
    ``ReportgenError`` where the file is no longer the one that was checked.
    """

    def __init__(self, entry: FileInput, path: Path, reader: Reader) -> None:
        self.entry = entry
        self.groups: set[str] = set()
        self._path = path
        self._reader = reader
        self._fields = {
            name: column
            for name in (*INPUT_FIELDS, "label", "group", "rationale")
            if (column := getattr(entry, name)) is not None
        }
        self._state = self._look()
        self._rows: dict[int, Row] | None = {}  # kept while they are few
        self._places: Collection[int] | None = None  # of a sample, among the rows that remain
        self._amount = 0

    def __len__(self) -> int:
        return self._amount

    def __iter__(self) -> Iterator[Row]:
        if self._rows is not None:
            yield from self._rows.values()
            return
        self._require_same()
        amount = 0
        rows = remaining(self.entry, self._read(self._columns()), Where(self.entry.where))
        try:
            for row in rows if self._places is None else at_places(rows, self._places):
                row = as_cells(row, self._fields, self.entry.slices or ())
                if row.problem:
                    raise self._changed()
                amount += 1
                yield row
        except (ReadingError, OSError) as error:
            raise self._changed() from error
        self._require_same()
        if amount != self._amount:
            raise self._changed()

    def check(self, sought: Collection[str] = ()) -> list[Problem]:
        """Read the file once and return what is wrong; ``sought`` are groups to be looked for.

        All rows that ``where`` leaves are checked, also those that a sample leaves out. Raises
        ``OSError`` or ``ReportgenError`` where the file cannot be read at all.
        """
        entry, columns, where = self.entry, self._columns(), Where(self.entry.where)
        drawn = None if entry.sample is None else Drawn(entry.sample)
        slices = SliceValues(entry)
        groups: dict[int, str] = {}  # of the rows of a sample
        problems: list[Problem] = []
        bad = characters = 0
        rows = remaining(entry, self._read(columns), where)
        for place in count():
            try:
                row = next(rows, None)
            except ReadingError as stop:
                row = Row(stop.place, problem=stop.message, hint=stop.hint)
            if row is None:
                break
            row = as_cells(row, self._fields, entry.slices or ())
            if row.problem:
                bad += 1
                if bad <= MAX_PROBLEMS:
                    problems.append(
                        Problem(("file",), row.problem, row.hint, place=writable(row.place))
                    )
                continue
            self._amount += 1
            slices.see(row)
            group = row.cells.get("group")
            if drawn is not None:
                taken, out = drawn.offer(place)
                if out is not None:
                    groups.pop(out, None)
                    if self._rows is not None:
                        self._rows.pop(out)
                if not taken:
                    continue
                if group:
                    groups[place] = group
            elif group and (group in sought or len(self.groups) < MOST_NAMES):
                self.groups.add(group)
            if self._rows is not None:
                self._rows[place] = row
                characters += sum(map(len, row.cells.values()))
                if len(self._rows) > KEPT_ROWS or characters > KEPT_CHARACTERS:
                    self._rows = None
        if columns.known and columns.missing:
            return self._no_columns(columns)
        if not self._amount and not problems:
            empty = Problem(("file",), f"{entry.file} has no rows")
            return [where.nothing(entry.file) if where.seen_any else empty]
        problems += slices.problems()
        if bad > MAX_PROBLEMS:
            more = f"{bad - MAX_PROBLEMS} more rows of {entry.file} cannot be read"
            problems.append(Problem(("file",), more))
        if drawn is not None:
            self.groups.update(groups.values())
            self._places = drawn.places()
            self._amount = len(self._places)
            if self._rows is not None:
                self._rows = dict(sorted(self._rows.items()))
        return problems

    def _columns(self) -> Columns:
        also = (*(self.entry.where or ()), *(self.entry.slices or ()))
        return Columns((*self._fields.values(), *also))

    def _read(self, columns: Columns) -> Iterator[Row]:
        return self._reader(self._path, self.entry.file, columns)

    def _no_columns(self, columns: Columns) -> list[Problem]:
        named: list[tuple[SpecPath, str]] = [
            ((name,), column) for name, column in self._fields.items()
        ]
        named += [(("where", column), column) for column in self.entry.where or ()]
        named += [(("slices", i), column) for i, column in enumerate(self.entry.slices or ())]
        return [
            Problem(
                path,
                f"{self.entry.file} has no column {quoted(column)}",
                _column_hint(column, columns.known),
            )
            for path, column in named
            if column in columns.missing
        ]

    def _look(self) -> tuple[tuple[Path, int, int], ...]:
        """Return what tells this file from what it may become: sizes and times."""
        files = [self._path]
        if self._reader is read_arrow:
            files = arrow_files(self._path, self.entry.file)
        found = ((file, file.stat()) for file in files)
        return tuple((file, state.st_size, state.st_mtime_ns) for file, state in found)

    def _require_same(self) -> None:
        try:
            same = self._look() == self._state
        except (OSError, ReportgenError) as error:
            raise self._changed("is no longer as it was") from error
        if not same:
            raise self._changed()

    def _changed(self, what: str = "has changed") -> ReportgenError:
        hint = "run the same command again; what is done is kept"
        return ReportgenError(f"the file {what} since it was checked", self.entry.file, hint)


def read_file(
    entry: FileInput,
    base: Path,
    sought: Collection[str] = (),
    *,
    allow_outside: bool = False,
) -> tuple[DataFile | None, list[Problem]]:
    """Check a data file: its rows with their cells named by input field, and all that is wrong.

    The problems' paths are relative to the entry: ``("text",)`` for a column there is not.
    ``sought`` are groups that are looked for.
    """
    noun: Literal["file", "folder"] = "file"
    reader = READERS.get(Path(entry.file).suffix.lower())
    try:
        if reader is None:
            if Path(entry.file).suffix and not locate(entry.file, base).is_dir():
                message = f"expected a {', '.join(READERS)} file, found {quoted(entry.file)}"
                return None, [Problem(("file",), message, _kind_hint(entry.file))]
            reader, noun = read_arrow, "folder"
        path = require(entry.file, base, noun, allow_outside=allow_outside)
        if noun == "folder" and not allow_outside:
            require_inside(path, base)
        found = DataFile(entry, path, reader)
        return found, found.check(sought)
    except MissingFileError as error:
        return None, [Problem(("file",), error.message, partial(_file_hint, entry.file, base))]
    except ReportgenError as error:
        return None, [Problem(("file",), error.message, error.hint)]
    except OSError as error:
        return None, [Problem(("file",), f"{entry.file} cannot be read: {error.strerror}")]


def _kind_hint(file: str) -> str:
    if Path(file).suffix == ".arrow":
        return "a data set is named by its folder, the one that save_to_disk wrote"
    return "the file name says how it is read"


def _file_hint(file: str, base: Path) -> str:
    path = locate(file, base)
    names = (one.name for one in path.parent.glob("*") if one.suffix in READERS or one.is_dir())
    return nearest(path.name, names) or "files are looked for relative to the spec"


def _column_hint(column: str, known: Collection[str]) -> str:
    split = len(known) == 1 and any(mark in next(iter(known)) for mark in ";\t|")
    return (
        "separate columns with commas"
        if split
        else suggest(column, map(writable, known), "its columns")
    )
