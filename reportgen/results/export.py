"""The tables of a run as files for other tools: Parquet, CSV or JSON, with where they come from.

Text is never altered. CSV has no types and no lists: a missing value is an empty cell, and a list
is JSON in one cell; ``run.json`` tells the type of every column.
"""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from reportgen.results.files import write_atomic
from reportgen.results.removal import Faithfulness
from reportgen.results.tables import Results

if TYPE_CHECKING:
    import pandas as pd

Format = Literal["parquet", "csv", "json"]
Kind = Literal["text", "integer", "number", "flag", "numbers", "texts", "integers"]

TABLES = (
    *("jobs", "predictions", "tokens", "words", "convergence", "agreement"),
    *("heads", "random_logit", "plausibility", "sanity"),
    *("removals", "faithfulness", "removal_curves", "checks"),
)
"""The methods of ``Results`` that return a table."""

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
    "models": "texts",
    "inputs": "integers",
}
"""What columns hold, by name; all others hold text."""

DTYPES = {"text": "object", "integer": "Int64", "number": "float64", "flag": "boolean"}


def export(results: Results, folder: Path, format: Format) -> tuple[Path, ...]:
    """Write each table of a run as ``folder/NAME.FORMAT``, and ``run.json`` beside them.

    Raises ``ResultsError`` where a result file cannot be read.
    """
    tables = {name: getattr(results, name)() for name in TABLES}
    paths = []
    for name, table in tables.items():
        paths.append(folder / f"{name}.{format}")
        write_atomic(paths[-1], WRITERS[format](typed(table)))
    paths.append(folder / RUN)
    write_atomic(paths[-1], as_json(provenance(results, tables, format)))
    return tuple(paths)


def kind(column: str) -> Kind:
    return KINDS.get(column, "text")


def typed(table: pd.DataFrame) -> pd.DataFrame:
    """Give each column its type, whatever is missing in it: a table's types never vary."""
    for name in table.columns:
        if kind(name) in LISTS:
            table[name] = table[name].map(list)
    return table.astype({name: DTYPES.get(kind(name), "object") for name in table.columns})


def parquet(table: pd.DataFrame) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

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
    stream = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pandas(table, schema=schema, preserve_index=False), stream)
    return stream.getvalue().to_pybytes()


def csv(table: pd.DataFrame) -> bytes:
    """Write text in quotes, so that commas, quotes and line breaks come back as they were."""
    import csv

    lists = {
        name: [json.dumps(finite(values), ensure_ascii=False) for values in table[name]]
        for name in table.columns
        if kind(name) in LISTS
    }
    stream = io.StringIO()
    quoting: Literal[2] = csv.QUOTE_NONNUMERIC
    table.assign(**lists).to_csv(stream, index=False, quoting=quoting, lineterminator="\n")
    return stream.getvalue().encode()


def json_records(table: pd.DataFrame) -> bytes:
    return as_json([finite(row) for row in table.to_dict("records")])


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


def provenance(results: Results, tables: dict[str, pd.DataFrame], format: Format) -> dict[str, Any]:
    """Say what the tables are of, with the hashes and versions that make them again."""
    return results.manifest.model_dump(mode="json", exclude={"jobs", "places"}) | {
        "tables": {
            name: {
                "file": f"{name}.{format}",
                "rows": len(table),
                "columns": {column: kind(column) for column in table.columns},
            }
            for name, table in tables.items()
        }
    }


LISTS = ("numbers", "texts", "integers")

WRITERS = {"parquet": parquet, "csv": csv, "json": json_records}
"""How each format is written."""
