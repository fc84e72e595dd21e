"""Rows of parquet files and of the Arrow files of a data set, unpacked a few at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reportgen.spec.arrow_folder import arrow_files
from reportgen.spec.rows import Columns, ReadingError, Row, require_different

if TYPE_CHECKING:
    import pyarrow

LARGEST_DATA = 200_000_000
"""Bytes that are packed together, and characters that any file may unpack to."""

EXPANSION = 100
"""Characters that a larger file may unpack to, for each of its bytes."""

BATCH = 64
"""Rows that are unpacked together, if each can be as long as all of their column is packed."""

UNPACKED = 1_000_000_000
"""Bytes that these may take: a text that many rows share is there once in a file."""

UNREADABLE = (OSError, ValueError, OverflowError, RecursionError, KeyError, NotImplementedError)
"""What reading a damaged file raises, beside ``pyarrow.ArrowException``."""


def read_parquet(path: Path, name: str, columns: Columns) -> Iterator[Row]:
    """Yield the rows of a parquet file, with the wanted cells; none where it lacks a column."""
    import pyarrow.parquet

    try:
        metadata = pyarrow.parquet.read_metadata(path)
        names = metadata.schema.to_arrow_schema().names
        require_different(names, name)
        columns.see(names)
        if columns.missing:
            return
        parts = [metadata.schema.column(index) for index in range(metadata.num_columns)]
        read = [
            index for index, one in enumerate(parts) if _root(one.path, names) in columns.wanted
        ]
        longest = 0
        for index in range(metadata.num_row_groups):
            group = metadata.row_group(index)
            size = sum(group.column(part).total_uncompressed_size for part in read)
            if size > LARGEST_DATA:
                message = f"{size:,} bytes are packed together; at most {LARGEST_DATA:,} are read"
                raise ReadingError(name, message, "write it with smaller row groups")
            longest = max(longest, size)
        with pyarrow.parquet.ParquetFile(path) as file:
            wanted = [column for column in names if column in columns.wanted]
            # Threads would read ahead, and keep what they allocated.
            batches = file.iter_batches(_rows(longest), columns=wanted, use_threads=False)
            yield from _unpacked(batches, name, path.stat().st_size, "parquet file")
    except (pyarrow.ArrowException, *UNREADABLE) as error:
        yield Row(name, problem=f"not a readable parquet file: {error}")


def read_arrow(path: Path, name: str, columns: Columns) -> Iterator[Row]:
    """Yield the rows of a folder with a data set, with the wanted cells, file after file."""
    files = arrow_files(path, name)
    size = sum(file.stat().st_size for file in files)
    yield from _unpacked(_arrow_batches(files, name, columns), name, size, "data set")


def _arrow_batches(files: list[Path], name: str, columns: Columns) -> Iterator[pyarrow.RecordBatch]:
    import pyarrow.ipc

    first: list[str] | None = None
    for file in files:
        with pyarrow.memory_map(str(file)) as source, pyarrow.ipc.open_stream(source) as reader:
            names = reader.schema.names
            if first is None:
                require_different(names, name)
                columns.see(names)
                first = names
            if columns.missing:
                return
            if names != first:
                message = f"{file.name} has other columns than {files[0].name}"
                raise ReadingError(name, message, "save the data set again with save_to_disk")
            wanted = [column for column in names if column in columns.wanted]
            for batch in reader:
                batch = batch.select(wanted)
                batch.validate(full=True)  # offsets of a damaged file may point anywhere
                yield batch


def _unpacked(
    batches: Iterable[pyarrow.RecordBatch], name: str, size: int, noun: str
) -> Iterator[Row]:
    """Yield rows of batches, not many more than a file of ``size`` bytes can mean to hold."""
    import pyarrow

    most = max(LARGEST_DATA, EXPANSION * size)
    number, left = 0, most
    try:
        for batch in batches:
            names = batch.schema.names
            rows = _rows(batch.get_total_buffer_size())
            parts = (batch.slice(start, rows) for start in range(0, batch.num_rows, rows))
            for values in chain.from_iterable(map(_values, parts)):
                number += 1
                left -= max(1, sum(map(_length, values)))
                place = f"{name} row {number}"
                if left < 0:
                    message = f"the {noun} unpacks to more than {most:,} characters"
                    raise ReadingError(place, message, "set limit: to read only the first rows")
                yield Row(place, dict(zip(names, values, strict=True)))
    except (pyarrow.ArrowException, *UNREADABLE) as error:
        yield Row(f"{name} row {number + 1}", problem=f"not a readable {noun}: {error}")


def _values(batch: pyarrow.RecordBatch) -> Iterator[tuple[Any, ...]]:
    """Yield the values of each row, up to the one that has none which Python can hold."""
    import pyarrow

    try:
        columns = [column.to_pylist() for column in batch.columns]
    except (pyarrow.ArrowException, *UNREADABLE):
        columns = None
    if columns is not None:
        yield from zip(*columns, strict=True)
        return
    for index in range(batch.num_rows):
        yield tuple(column[index].as_py() for column in batch.columns)


def _rows(packed: int) -> int:
    """Return how many rows are unpacked together of columns of ``packed`` bytes."""
    return max(1, min(BATCH, UNPACKED // max(1, packed)))


def _length(value: Any) -> int:
    """Count the characters of a cell, those of lists and mappings inside it too."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum(map(_length, value))
    if isinstance(value, dict):
        return sum(map(_length, value.values()))
    return 1


def _root(path: str, names: list[str]) -> str:
    """Return the column that a part of a parquet file belongs to: that of ``chat.list.element``."""
    return next((name for name in names if path == name or path.startswith(f"{name}.")), path)
