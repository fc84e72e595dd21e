"""Columns to slice by: named in the spec, read beside the texts of each input."""

from __future__ import annotations

import json

import pyarrow
import pyarrow.parquet
import pytest
from test_data_sets import save

from reportgen.spec.entries import FileInput
from reportgen.spec.inputs import expand_inputs
from reportgen.spec.loader import load_spec

ROWS = [
    {"review": "Good.", "source": "imdb", "year": 1999, "seen": True},
    {"review": "Bad.", "source": "", "year": 2001, "seen": False},
    {"review": "Fine.", "source": None, "year": None, "seen": None},
]

SPEC = """
models: [{id: film, path: org/name}]
inputs:
  - FILE
methods: [saliency]
"""


def columns(folder, entry) -> list[dict[str, str]]:
    spec = load_spec(
        {"models": [{"id": "m", "path": "org/name"}], "inputs": [entry], "methods": ["saliency"]},
        folder,
    )
    return [one.columns for one in expand_inputs(spec, folder)]


def refused(command, folder, entry: str) -> str:
    (folder / "audit.yaml").write_text(SPEC.replace("FILE", entry))
    code, out, err = command("validate", "audit.yaml")
    assert (code, out) == (1, "")
    return err


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "folder"])
def test_columns_of_every_kind_of_file(here, kind):
    name = "reviews" if kind == "folder" else f"reviews.{kind}"
    if kind == "csv":
        lines = "Good.,imdb,1999,true\nBad.,,2001,false\nFine.,,,\n"
        (here / name).write_text("review,source,year,seen\n" + lines)
    elif kind == "jsonl":
        (here / name).write_text("\n".join(map(json.dumps, ROWS)))
    elif kind == "parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), here / name)
    else:
        save(here / name, pyarrow.Table.from_pylist(ROWS))
    entry = {"file": name, "text": "review", "slices": ["year", "source", "seen"]}
    assert columns(here, entry) == [
        {"year": "1999", "source": "imdb", "seen": "true"},
        {"year": "2001", "seen": "false"},
        {},
    ]


def test_rows_that_are_read_again_have_their_columns(here):
    lines = "".join(f"Film {i}.,{i % 3}\n" for i in range(3_000))
    (here / "reviews.csv").write_text("review,source\n" + lines)
    found = columns(here, {"file": "reviews.csv", "text": "review", "slices": ["source"]})
    assert found == [{"source": str(i % 3)} for i in range(3_000)]


def test_columns_of_an_input_of_its_own(here):
    entry = {"text": "Good.", "slices": {"source": "imdb", "year": 1999, "seen": True, "by": ""}}
    assert columns(here, entry) == [{"source": "imdb", "year": "1999", "seen": "true"}]


def test_a_column_that_does_not_exist(command, here):
    (here / "reviews.csv").write_text("review,source\nGood.,imdb\n")
    entry = "{file: reviews.csv, text: review, slices: [sorce, gender]}"
    assert refused(command, here, entry) == (
        "error: audit.yaml:4:48 inputs[0].slices[0]: reviews.csv has no column 'sorce'\n"
        "  did you mean 'source'?\n"
        "error: audit.yaml:4:55 inputs[0].slices[1]: reviews.csv has no column 'gender'\n"
        "  its columns: review, source\n"
    )


def test_a_text_of_the_input_is_no_column_to_slice_by(command, here):
    (here / "reviews.csv").write_text("review,source\nGood.,imdb\n")
    entry = "{file: reviews.csv, text: review, slices: [review, source, source]}"
    assert refused(command, here, entry) == (
        "error: audit.yaml:4:48 inputs[0].slices[0]: the column 'review' is the input's text\n"
        "  slices are columns beside the texts: a source, a group, a language\n"
        "error: audit.yaml:4:64 inputs[0].slices[2]: the column 'source' is named twice\n"
        "  keep one\n"
    )


@pytest.mark.parametrize(
    ("amount", "told"), [(201, "201"), (10_000, "10,000"), (10_500, "more than 10,000")]
)
def test_a_column_of_too_many_values(command, here, amount, told):
    lines = "".join(f"Film {i}.,{i}\n" for i in range(amount))
    (here / "reviews.csv").write_text("review,number\n" + lines)
    entry = "{file: reviews.csv, text: review, slices: [number]}"
    assert refused(command, here, entry) == (
        "error: audit.yaml:4:48 inputs[0].slices[0]: a column to slice by has at most 200 "
        f"different values, found {told} in column 'number' of reviews.csv\n"
        "  name one with fewer, or group its values in another column: years as decades\n"
    )


def test_as_many_values_as_may_be(here):
    lines = "".join(f"Film {i}.,{i % 200}\n" for i in range(1_000))
    (here / "reviews.csv").write_text("review,number\n" + lines)
    assert (
        len(columns(here, {"file": "reviews.csv", "text": "review", "slices": ["number"]})) == 1_000
    )


def test_a_value_that_is_a_text(command, here):
    (here / "reviews.csv").write_text(f"review,note\nGood.,short\nBad.,{'long ' * 50}\n")
    entry = "{file: reviews.csv, text: review, slices: [note]}"
    assert refused(command, here, entry) == (
        "error: reviews.csv:3: a value to slice by has at most 200 characters, "
        "found 250 in column 'note'\n"
        "  name a column of short values: a source, a group, a language\n"
    )


def test_values_that_are_no_texts(command, here):
    (here / "reviews.jsonl").write_text(
        '{"review": "Good.", "source": ["imdb"]}\n{"review": "Bad.", "source": {"name": "imdb"}}\n'
    )
    entry = "{file: reviews.jsonl, text: review, slices: [source]}"
    assert refused(command, here, entry) == (
        "error: reviews.jsonl:1: expected text in column 'source', found a list\n"
        "error: reviews.jsonl:2: expected text in column 'source', found a mapping\n"
    )


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (
            "{text: Good., slices: [source]}",
            "4:27 inputs[0].slices: expected a mapping (column: value), found a list\n"
            "  a file's slices name its columns: [source]; an input's own say {source: film}",
        ),
        (
            "{file: reviews.csv, text: review, slices: {source: imdb}}",
            "4:47 inputs[0].slices: expected a list, found a mapping\n"
            "  a file's slices name its columns: [source]; an input's own say {source: film}",
        ),
        (
            "{text: Good., slices: {source: [imdb]}}",
            "4:36 inputs[0].slices.source: expected text, a number, true or false, found a list",
        ),
    ],
)
def test_slices_of_another_form(command, here, entry, told):
    (here / "reviews.csv").write_text("review,source\nGood.,imdb\n")
    assert refused(command, here, entry) == f"error: audit.yaml:{told}\n"


def test_only_named_columns_are_kept(here):
    (here / "reviews.csv").write_text("review,source\nGood.,imdb\n")
    assert columns(here, {"file": "reviews.csv", "text": "review"}) == [{}]
    assert FileInput(file="a.csv", text="review").slices is None
