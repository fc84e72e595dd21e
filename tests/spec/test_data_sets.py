"""Folders that `save_to_disk` of the datasets library wrote, read as inputs."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow
import pytest

from reportgen.errors import SpecError
from reportgen.spec.inputs import expand_inputs
from reportgen.spec.loader import load_spec

TABLE = pyarrow.table(
    {
        "review": [f"Film {number}." for number in range(1, 8)],
        "sentiment": [0, 1, 1, 0, 1, 0, 0],
        "picture": [b"\x89PNG"] * 7,
    }
)


def save(folder: Path, table: pyarrow.Table = TABLE, parts: int = 2) -> None:
    """Write what ``Dataset.save_to_disk`` writes."""
    folder.mkdir(parents=True)
    size = -(-len(table) // parts)
    names = [f"data-{part:05}-of-{parts:05}.arrow" for part in range(parts)]
    for part, name in enumerate(names):
        with pyarrow.ipc.new_stream(folder / name, table.schema) as writer:
            writer.write_table(table.slice(part * size, size), max_chunksize=3)
    (folder / "dataset_info.json").write_text(json.dumps({"features": {}, "splits": None}))
    state = {"_data_files": [{"filename": name} for name in names], "_split": "train"}
    (folder / "state.json").write_text(json.dumps(state))


@pytest.fixture
def validate(command, tmp_path, monkeypatch):
    """Return what ``reportgen validate`` says of a spec with inputs from ``file``."""
    monkeypatch.chdir(tmp_path)

    def run(file: str, more: str = "") -> tuple[int, str]:
        (tmp_path / "audit.yaml").write_text(
            "models: [{id: v1, path: org/name}]\nmethods: [attention]\n"
            f"inputs:\n  - {{file: {file}, text: review, label: sentiment{more}}}\n"
        )
        code, printed, errors = command("validate", "audit.yaml")
        return code, errors if code else printed

    return run


def test_rows_of_all_files_of_a_data_set_are_inputs(validate, tmp_path):
    save(tmp_path / "sets" / "films")
    assert validate("sets/films") == (0, "audit.yaml: valid (1 model, 7 inputs, 1 method)\n")
    spec = load_spec(tmp_path / "audit.yaml")
    items = expand_inputs(spec, tmp_path)
    assert [(item.fields["text"], item.expect) for item in items][2:5] == [
        ("Film 3.", "1"),
        ("Film 4.", "0"),
        ("Film 5.", "1"),
    ]
    assert items[4].where == "sets/films row 5"


def test_rows_of_a_data_set_are_chosen_as_those_of_a_file(validate, tmp_path):
    save(tmp_path / "films")
    assert validate("films", ", where: {sentiment: 0}, limit: 3")[0] == 0
    items = expand_inputs(load_spec(tmp_path / "audit.yaml"), tmp_path)
    assert [item.where for item in items] == ["films row 1", "films row 4", "films row 6"]


@pytest.mark.parametrize("kind", [pyarrow.large_string(), pyarrow.dictionary("int32", "string")])
def test_texts_of_any_arrow_type_are_read(validate, tmp_path, kind):
    column = TABLE["review"].cast(kind) if kind == pyarrow.large_string() else None
    column = TABLE["review"].dictionary_encode() if column is None else column
    save(tmp_path / "films", TABLE.set_column(0, "review", column).combine_chunks(), parts=1)
    assert validate("films") == (0, "audit.yaml: valid (1 model, 7 inputs, 1 method)\n")


def test_splits_of_a_data_set_are_named_one_by_one(validate, tmp_path):
    for split in ("train", "test"):
        save(tmp_path / "films" / split)
    (tmp_path / "films" / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    assert validate("films") == (
        1,
        "error: audit.yaml:4:12 inputs[0].file: films holds a data set in several splits, each a "
        "folder of its own\n  name one: films/train, films/test\n",
    )
    assert validate("films/test")[0] == 0


def test_a_folder_that_is_no_data_set_is_told(validate, tmp_path):
    (tmp_path / "films").mkdir()
    assert validate("films") == (
        1,
        "error: audit.yaml:4:12 inputs[0].file: films is no folder of a data set: it has no "
        "state.json\n  name a file, or a folder that save_to_disk of the datasets library wrote\n",
    )
    assert validate("filns") == (
        1,
        "error: audit.yaml:4:12 inputs[0].file: no such folder: filns\n  did you mean 'films'?\n",
    )
    assert validate("films/data-00000-of-00001.arrow") == (
        1,
        "error: audit.yaml:4:12 inputs[0].file: expected a .csv, .jsonl, .parquet file, found "
        "'films/data-00000-of-00001.arrow'\n"
        "  a data set is named by its folder, the one that save_to_disk wrote\n",
    )


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("{", "state.json cannot be read: Expecting property name enclosed in double quotes"),
        ("{}", "films/state.json names no Arrow files\n  write it again: dataset.save_to_disk"),
        (
            '{"_data_files": [{"filename": "../secret.arrow"}]}',
            "films/state.json names what is no file of its folder",
        ),
        ('{"_data_files": ["x"]}', "films/state.json names what is no file of its folder"),
        (
            '{"_data_files": [{"filename": "gone.arrow"}]}',
            "films has no file 'gone.arrow', which its state.json names",
        ),
        (
            '{"_data_files": [{"filename": "a"}], "_indices_data_files": [{"filename": "b"}]}',
            "films holds a choice of rows that is not written out",
        ),
    ],
)
def test_a_folder_that_names_other_files_than_its_own_is_refused(
    validate, tmp_path, state, expected
):
    save(tmp_path / "films")
    (tmp_path / "secret.arrow").write_bytes(b"x")
    (tmp_path / "films" / "state.json").write_text(state)
    code, errors = validate("films")
    assert code == 1
    assert errors.startswith(f"error: audit.yaml:4:12 inputs[0].file: {expected}")


def test_a_data_set_that_links_lead_out_of_is_refused(validate, tmp_path_factory, tmp_path):
    outside = tmp_path_factory.mktemp("outside")
    save(outside / "films", parts=1)
    save(tmp_path / "films", parts=1)
    inner = tmp_path / "films" / "data-00000-of-00001.arrow"
    inner.unlink()
    inner.symlink_to(outside / "films" / inner.name)
    assert validate("films") == (
        1,
        f"error: audit.yaml:4:12 inputs[0].file: films/{inner.name} is a link that leads out of "
        "the spec's folder\n  allow it with --allow-outside, or copy what it leads to\n",
    )


def test_a_damaged_data_set_is_a_problem_never_a_crash(tmp_path):
    save(tmp_path / "films", TABLE.select(["review", "sentiment"]), parts=1)
    path = tmp_path / "films" / "data-00000-of-00001.arrow"
    data = path.read_bytes()
    spec = {
        "models": [{"id": "v1", "path": "org/name"}],
        "inputs": [{"file": "films", "text": "review", "label": "sentiment"}],
        "methods": ["attention"],
    }
    refused = 0
    for position in range(0, len(data), 5):
        for damaged in (data[:position] + b"\xee" + data[position + 1 :], data[:position]):
            path.write_bytes(damaged)
            try:
                items = list(expand_inputs(load_spec(spec, base=tmp_path), tmp_path))
            except SpecError:
                refused += 1
            else:
                assert len(items) <= 7
    assert refused > len(data) // 10


def test_files_of_one_data_set_have_the_same_columns(validate, tmp_path):
    save(tmp_path / "films")
    other = TABLE.rename_columns(["text", "sentiment", "picture"])
    with pyarrow.ipc.new_stream(
        tmp_path / "films" / "data-00001-of-00002.arrow", other.schema
    ) as writer:
        writer.write_table(other)
    assert validate("films") == (
        1,
        "error: films: data-00001-of-00002.arrow has other columns than "
        "data-00000-of-00002.arrow\n  save the data set again with save_to_disk\n",
    )
