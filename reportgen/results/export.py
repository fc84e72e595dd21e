"""The tables of a run as files for other tools: Parquet, CSV or JSON, with where they come from.

Text is never altered. CSV has no types and no lists: a missing value is an empty cell, and a list
is JSON in one cell; ``run.json`` tells the type of every column.
"""

from __future__ import annotations

import io
import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from reportgen.results.files import atomic, write_atomic
from reportgen.results.removal import Faithfulness
from reportgen.results.tables import Results

if TYPE_CHECKING:
    import pandas as pd

Format = Literal["parquet", "csv", "json"]
Kind = Literal["text", "integer", "number", "flag", "numbers", "texts", "integers"]

TABLES = (
    *("jobs", "predictions", "tokens", "words", "convergence", "agreement"),
    *("heads", "random_logit", "plausibility", "sanity"),
    *("removals", "faithfulness", "removal_curves", "checks", "slices"),
)
"""The methods of ``Results`` that return a table."""

OF_ALL = ("checks", "slices")
"""The tables that are of all results together; the rows of the others are each of one."""

RUN = "run.json"
"""The file beside the tables that tells where they come from."""

KINDS: dict[str, Kind] = {
    "input": "integer",
    "seconds": "number",
    "probability": "number",
    "per_token": "number",
    "correct": "flag",
    "index": "integer",
    "start": "integer",
    "end": "integer",
    "score": "number",
    "f_input": "number",
    "f_baseline": "number",
    "delta": "number",
    "gap": "number",
    "steps": "integer",
    "tokens": "integer",
    "converged": "flag",
    "layer_gaps": "numbers",
    "layer": "integer",
    "head": "integer",
    "k": "integer",
    "value": "number",
    "auprc": "number",
    "token_f1": "number",
    "iou": "number",
    "chance": "number",
    "marked": "integer",
    "effect": "number",
    "attribution": "number",
    "units": "integer",
    "words": "texts",
    "exact": "flag",
    "ruled_out": "integer",
    "ascending": "flag",
    "removed": "integer",
    "output": "number",
    "low": "number",
    "high": "number",
    **dict.fromkeys(Faithfulness.model_fields.keys() - {"method"}, "number"),
    "count": "integer",
    **dict.fromkeys(("accuracy", "difference", "diff_low", "diff_high"), "number"),
    **dict.fromkeys(("p", "q", "confidence"), "number"),
    "models": "texts",
    "inputs": "integers",
}
"""What columns hold, by name; all others hold text."""

DTYPES = {"text": "object", "integer": "Int64", "number": "float64", "flag": "boolean"}


def export(results: Results, folder: Path, format: Format) -> tuple[Path, ...]:
    """Write each table of a run as ``folder/NAME.FORMAT``, and ``run.json`` beside them.

    A large run is written part by part, so that its tables need not fit into memory. Raises
    ``ResultsError`` where a result file cannot be read; then no table is written.
    """
    writers: dict[str, TableWriter] = {}
    with ExitStack() as files:
        for name in TABLES:
            file = files.enter_context(atomic(folder / f"{name}.{format}"))
            writers[name] = WRITERS[format](file)
        for part in results.parts():
            for name in TABLES:
                if name not in OF_ALL:
                    writers[name].add(typed(getattr(part, name)()))
        for name in OF_ALL:
            writers[name].add(typed(getattr(results, name)()))
        for writer in writers.values():
            writer.end()
    write_atomic(folder / RUN, as_json(provenance(results, writers, format)))
    return (*(folder / f"{name}.{format}" for name in TABLES), folder / RUN)


def kind(column: str) -> Kind:
    return KINDS.get(column, "text")


def typed(table: pd.DataFrame) -> pd.DataFrame:
    """Give each column its type, whatever is missing in it: a table's types never vary."""
    for name in table.columns:
        if kind(name) in LISTS:
            table[name] = table[name].map(list)
    return table.astype({name: DTYPES.get(kind(name), "object") for name in table.columns})


class TableWriter(ABC):
    """Writes a table to a file, some rows after the others; ``rows`` counts them."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.rows = 0
        self.columns: tuple[str, ...] = ()

    def add(self, table: pd.DataFrame) -> None:
        """Add the rows of a table, whose types were given."""
        self.columns = tuple(table.columns)
        self.write(table)
        self.rows += len(table)

    @abstractmethod
    def write(self, table: pd.DataFrame) -> None:
        """Write the rows of a table."""

    @abstractmethod
    def end(self) -> None:
        """Write what ends the file."""


class ParquetWriter(TableWriter):
    """A row group for each part."""

    _writer: Any = None

    def write(self, table: pd.DataFrame) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._writer is None:
            types = {
                "text": pa.string(),
                "integer": pa.int64(),
                "number": pa.float64(),
                "flag": pa.bool_(),
                "numbers": pa.list_(pa.float64()),
                "texts": pa.list_(pa.string()),
                "integers": pa.list_(pa.int64()),
            }
            schema = pa.schema([(name, types[kind(name)]) for name in table.columns])
            self._writer = pq.ParquetWriter(self.file, schema)
        schema = self._writer.schema
        rows = pa.Table.from_pandas(table, schema=schema, preserve_index=False)
        self._writer.write_table(rows)

    def end(self) -> None:
        self._writer.close()


class CsvWriter(TableWriter):
    """Text in quotes, so that commas, quotes and line breaks come back as they were."""

    def write(self, table: pd.DataFrame) -> None:
        self.file.write(csv(table, header=self.file.tell() == 0))

    def end(self) -> None:
        """Write nothing: each row is ended."""


class JsonWriter(TableWriter):
    """One list of objects."""

    def write(self, table: pd.DataFrame) -> None:
        for place, row in enumerate(table.to_dict("records"), start=self.rows):
            text = json.dumps(finite(row), indent=1, ensure_ascii=False, allow_nan=False)
            lines = text.replace("\n", "\n ")  # of the layout alone: in texts they are escaped
            self.file.write(f"{',' if place else '['}\n {lines}".encode())

    def end(self) -> None:
        self.file.write(b"\n]\n" if self.rows else b"[]\n")


def csv(table: pd.DataFrame, *, header: bool = True) -> bytes:
    """Return a table as CSV."""
    import csv

    lists = {
        name: [json.dumps(finite(values), ensure_ascii=False) for values in table[name]]
        for name in table.columns
        if kind(name) in LISTS
    }
    stream = io.StringIO()
    quoting: Literal[2] = csv.QUOTE_NONNUMERIC
    table.assign(**lists).to_csv(
        stream, index=False, header=header, quoting=quoting, lineterminator="\n"
    )
    return stream.getvalue().encode()


def finite(value: Any) -> Any:
    """Replace what JSON has no word for (missing, not a number, infinite) by ``None``."""
    import pandas as pd

    if isinstance(value, dict):
        return {name: finite(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [finite(inner) for inner in value]
    if value is pd.NA or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value


def as_json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def provenance(
    results: Results, tables: Mapping[str, TableWriter], format: Format
) -> dict[str, Any]:
    """Say what the tables are of, with the hashes and versions that make them again."""
    return results.manifest.model_dump(mode="json", exclude={"jobs", "places"}) | {
        "tables": {
            name: {
                "file": f"{name}.{format}",
                "rows": table.rows,
                "columns": {column: kind(column) for column in table.columns},
            }
            for name, table in tables.items()
        }
    }


LISTS = ("numbers", "texts", "integers")

WRITERS: dict[Format, type[TableWriter]] = {
    "parquet": ParquetWriter,
    "csv": CsvWriter,
    "json": JsonWriter,
}
"""How each format is written."""
