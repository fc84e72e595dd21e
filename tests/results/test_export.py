"""Exported tables come back as they were, from every format."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory_runs import Said, memory_run
from reportgen.errors import ResultsError
from reportgen.results.export import KINDS, TABLES, JsonWriter, csv, export, typed
from reportgen.results.tables import Results

HOSTILE = [
    "=1+1",
    "+49",
    "-x",
    "@SUM(A1)",
    '"quoted", and a comma',
    "two\nlines",
    "two\r\nlines",
    "a\rb",
    "null",
    "NA",
    "nan",
    "007",
    "1e5",
    "True",
    " spaces ",
    "\t",
    "<script>alert(1)</script>",
    "שלום 界 👩\u200d👩",
    "\\",
]

CHECKS = [
    {"prediction": {"equals": "expect"}},
    {"top_words": {"k": 2, "contain": HOSTILE[:2], "severity": "warn"}},
    {"convergence": {"max": 0.01}},
]


def hostile_run():
    words = tuple(HOSTILE)
    scores = tuple(np.linspace(-1, 1, len(words)) / 3)
    inputs = [
        Said(text, label=text, expect=text, words=words, scores=scores, gap=1 / 3)
        for text in HOSTILE
    ]
    inputs += [Said("", error="nothing\nthere"), Said("no path", words=("a",), scores=(2.0,))]
    return memory_run({HOSTILE[0]: inputs, HOSTILE[4]: inputs[:3]}, checks=CHECKS)


def tables(run: Results) -> dict[str, pd.DataFrame]:
    return {name: getattr(run, name)() for name in TABLES}


def as_json(table: pd.DataFrame) -> bytes:
    writer = JsonWriter(file := io.BytesIO())
    writer.add(table)
    writer.end()
    return file.getvalue()


def read(folder, name: str) -> pd.DataFrame:
    """Read a table as the documentation says."""
    about = json.loads((folder / "run.json").read_text(encoding="utf-8"))["tables"][name]
    file, columns = folder / about["file"], about["columns"]
    if file.suffix == ".parquet":
        return pq.read_table(file).to_pandas()
    if file.suffix == ".json":
        return pd.DataFrame(json.loads(file.read_text(encoding="utf-8")), columns=list(columns))
    text = [column for column, kind in columns.items() if kind == "text"]
    missing = {column: [""] for column in columns if column not in text}
    table = pd.read_csv(
        file, keep_default_na=False, na_values=missing, dtype=dict.fromkeys(text, str)
    )
    for column, kind in columns.items():
        if kind in ("numbers", "texts", "integers"):
            table[column] = table[column].map(json.loads)
    return table


def same(one: object, other: object) -> bool:
    if isinstance(one, tuple):
        return list(one) == list(other)
    missing = [value is None or value is pd.NA or value != value for value in (one, other)]
    if any(missing):
        return all(missing) or "" in (one, other)  # CSV cannot tell them apart
    return one == other


@pytest.mark.parametrize("format", ["parquet", "csv", "json"])
@pytest.mark.parametrize("which", ["hostile", "complete", "sample"])
def test_every_table_comes_back_as_it_was(format, which, tmp_path, request):
    run = hostile_run() if which == "hostile" else request.getfixturevalue(which)
    paths = export(run, tmp_path, format)
    assert [path.name for path in paths] == [*(f"{name}.{format}" for name in TABLES), "run.json"]
    for name, table in tables(run).items():
        back = read(tmp_path, name)
        assert list(back.columns) == list(table.columns)
        assert len(back) == len(table)
        for column in table.columns:
            pairs = zip(table[column], back[column], strict=True)
            assert all(same(one, other) for one, other in pairs), (name, column)


@pytest.mark.parametrize("format", ["parquet", "csv", "json"])
def test_a_large_run_is_exported_part_by_part(format, tmp_path, complete, monkeypatch):
    export(complete, tmp_path / "whole", format)
    for module in ("stored_run", "found"):
        monkeypatch.setattr(f"reportgen.results.{module}.LARGE_RUN", 3)
    jobs = len(complete.manifest.jobs)
    large = Results(complete.store.folder)
    assert [len(part.manifest.jobs) for part in large.parts()][:2] == [3, 3]
    assert sum(len(part.manifest.jobs) for part in large.parts()) == jobs
    export(large, tmp_path / "parts", format)
    for name in (*TABLES, "run"):
        file = f"{name}.{'json' if name == 'run' else format}"
        whole, parts = ((tmp_path / which / file) for which in ("whole", "parts"))
        if format == "parquet" and name != "run":
            assert pq.read_table(whole).equals(pq.read_table(parts))
        else:
            assert whole.read_bytes() == parts.read_bytes()


def test_a_run_that_cannot_be_read_leaves_no_table(tmp_path, complete, monkeypatch):
    def unreadable(self):
        raise ResultsError("damaged")

    monkeypatch.setattr(Results, "words", unreadable)
    with pytest.raises(ResultsError):
        export(complete, tmp_path, "csv")
    assert list(tmp_path.iterdir()) == []


@settings(
    derandomize=True,
    deadline=None,
    max_examples=80,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.one_of(st.text(max_size=20), st.sampled_from(HOSTILE)), min_size=1, max_size=5))
def test_any_text_comes_back_from_csv_and_json(tmp_path, texts):
    table = typed(pd.DataFrame({"word": texts, "score": [1 / 3] * len(texts)}))
    file = tmp_path / "table.csv"
    file.write_bytes(csv(table))
    back = pd.read_csv(file, keep_default_na=False, dtype={"word": str})
    assert list(back["word"]) == texts
    assert list(back["score"]) == [1 / 3] * len(texts)
    assert [row["word"] for row in json.loads(as_json(table))] == texts


def test_types_do_not_depend_on_what_is_missing(tmp_path, complete):
    empty = memory_run({"m": [Said("", error="empty")]})
    for run, folder in ((empty, tmp_path / "empty"), (complete, tmp_path / "complete")):
        export(run, folder, "parquet")
    for name in TABLES:
        schemas = [
            pq.read_schema(tmp_path / which / f"{name}.parquet").remove_metadata()
            for which in ("empty", "complete")
        ]
        assert schemas[0] == schemas[1], name


def test_all_typed_columns_are_columns(complete):
    held = {column for table in tables(complete).values() for column in table.columns}
    assert set(KINDS) <= held


def test_what_json_has_no_word_for_is_null(tmp_path):
    table = pd.DataFrame({"score": [float("nan"), float("inf"), 0.1], "k": [None, 1, 2]})
    assert json.loads(as_json(typed(table))) == [
        {"score": None, "k": None},
        {"score": None, "k": 1},
        {"score": 0.1, "k": 2},
    ]


def test_checks_are_a_table(tmp_path):
    table = hostile_run().checks()
    assert set(table["status"]) == {"passed", "failed", "error", "warning", "skipped"}
    first = table.iloc[0]
    assert (first["what"], first["expected"], first["found"]) == ("prediction", "=1+1", "=1+1")
    assert json.loads(table[table["check"] == "top_words"].iloc[0]["expected"]) == HOSTILE[:2]
    assert table[table["check"] == "convergence"].iloc[0]["found"] == str(1 / 3)


def test_where_the_tables_come_from_stands_beside_them(tmp_path, sample):
    export(sample, tmp_path, "csv")
    about = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    manifest = sample.manifest
    for name in ("title", "created", "reportgen", "libraries", "spec_sha256", "spec", "seed"):
        assert about[name] == getattr(manifest, name)
    assert [info["weights_sha256"] for info in about["models"]] == ["1" * 64] * 2
    assert about["tables"]["words"]["rows"] == len(sample.words())
    assert about["tables"]["convergence"]["columns"]["layer_gaps"] == "numbers"
