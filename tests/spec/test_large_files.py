"""Data files of any size: checked in one pass, then read row by row, and never held whole."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from reportgen.errors import ReportgenError
from reportgen.spec import data_file
from reportgen.spec.data_file import KEPT_ROWS
from reportgen.spec.inputs import Input, expand_inputs
from reportgen.spec.loader import load_spec

MANY = KEPT_ROWS + 500


def spec(file: str, **settings) -> dict:
    return {
        "models": [{"id": "v1", "path": "org/name"}],
        "inputs": [{"text": "First."}, {"file": file, "text": "review"} | settings],
        "methods": ["attention"],
    }


def write(folder: Path, name: str, amount: int = MANY) -> None:
    rows = [{"review": f"Film {number}.", "even": number % 2 == 0} for number in range(amount)]
    if name.endswith(".csv"):
        lines = [f"Film {number}.,{str(row['even']).lower()}" for number, row in enumerate(rows)]
        (folder / name).write_text("\n".join(["review,even", *lines, ""]))
    elif name.endswith(".jsonl"):
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif name.endswith(".parquet"):
        table = pyarrow.Table.from_pylist(rows)
        pyarrow.parquet.write_table(table, folder / name, row_group_size=700)
    else:
        table = pyarrow.Table.from_pylist(rows)
        (folder / name).mkdir()
        with pyarrow.ipc.new_stream(folder / name / "data.arrow", table.schema) as writer:
            writer.write_table(table, max_chunksize=1000)
        state = {"_data_files": [{"filename": "data.arrow"}]}
        (folder / name / "state.json").write_text(json.dumps(state))


@pytest.fixture
def rows_read(monkeypatch):
    """Count the rows that are read of data files, in all passes together."""
    read = []

    def counting(reader):
        def rows(*args):
            for row in reader(*args):
                read.append(row.place)
                yield row

        return rows

    for kind, reader in data_file.READERS.items():
        monkeypatch.setitem(data_file.READERS, kind, counting(reader))
    return read


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet", "films"])
def test_large_files_give_the_same_inputs_in_each_pass(tmp_path, name):
    write(tmp_path, name)
    items = expand_inputs(load_spec(spec(name), base=tmp_path), tmp_path)
    assert len(items) == MANY + 1
    first, second = list(items), list(items)
    assert first == second
    assert [item.index for item in first] == list(range(MANY + 1))
    assert [item.fields["text"] for item in first[1:]] == [f"Film {i}." for i in range(MANY)]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet", "films"])
def test_large_files_are_chosen_from_in_the_same_way_in_each_pass(tmp_path, name):
    write(tmp_path, name, 3 * MANY)
    choice = {"where": {"even": True}, "limit": KEPT_ROWS + 200, "sample": {"n": KEPT_ROWS + 100}}
    items = expand_inputs(load_spec(spec(name, **choice), base=tmp_path), tmp_path)
    texts = [item.fields["text"] for item in items][1:]
    numbers = [int(text.removeprefix("Film ").removesuffix(".")) for text in texts]
    assert len(numbers) == len(items) - 1 == KEPT_ROWS + 100
    assert numbers == sorted(numbers)
    assert all(number % 2 == 0 and number < 2 * (KEPT_ROWS + 200) for number in numbers)
    assert texts == [item.fields["text"] for item in items][1:]


def test_the_same_sample_is_drawn_whether_it_is_kept_or_read_again(tmp_path, monkeypatch):
    write(tmp_path, "a.csv")
    data = spec("a.csv", sample={"n": 50, "seed": 4})
    kept = list(expand_inputs(load_spec(data, base=tmp_path), tmp_path))
    monkeypatch.setattr(data_file, "KEPT_ROWS", 10)
    assert expand_inputs(load_spec(data, base=tmp_path), tmp_path) == kept


def test_inputs_are_one_sequence(tmp_path):
    write(tmp_path, "a.csv")
    data = spec("a.csv")
    data["inputs"].append({"text": "Last."})
    items = expand_inputs(load_spec(data, base=tmp_path), tmp_path)
    every = list(items)
    assert items[0] == Input(0, {"text": "First."}, None, None, "inputs[0]")
    assert items[-1] == Input(MANY + 1, {"text": "Last."}, None, None, "inputs[2]", entry=2)
    assert items[2] == Input(2, {"text": "Film 1."}, None, None, "a.csv:3", entry=1)
    assert items[5:9] == tuple(every[5:9])
    assert items[9:5:-2] == tuple(every[9:5:-2])
    assert items[5:5] == ()
    assert items == every
    assert items != every[1:]
    assert every[7] in items
    with pytest.raises(IndexError):
        items[MANY + 2]


def test_the_first_inputs_of_a_large_file_are_there_without_reading_it_to_its_end(
    tmp_path, rows_read
):
    write(tmp_path, "a.csv", 100_000)
    items = expand_inputs(load_spec(spec("a.csv"), base=tmp_path), tmp_path)
    assert len(rows_read) == 100_000
    rows_read.clear()
    assert [item.index for item in items[:4]] == [0, 1, 2, 3]
    assert len(rows_read) == 3


def test_a_small_sample_of_a_large_file_is_kept_and_the_file_read_once(tmp_path, rows_read):
    write(tmp_path, "a.csv")
    data = spec("a.csv", sample={"n": 3})
    items = expand_inputs(load_spec(data, base=tmp_path), tmp_path)
    assert len(list(items)) == len(list(items)) == 4
    assert len(rows_read) == MANY


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet", "films"])
def test_a_file_that_has_changed_since_it_was_checked_is_an_error(tmp_path, name):
    write(tmp_path, name)
    items = expand_inputs(load_spec(spec(name), base=tmp_path), tmp_path)
    file = tmp_path / name if name != "films" else tmp_path / name / "data.arrow"
    found = file.stat()
    os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns + 10**9))
    expected = (
        f"{name}: the file has changed since it was checked\n"
        "  run the same command again; what is done is kept"
    )
    with pytest.raises(ReportgenError) as caught:
        list(items)
    assert str(caught.value) == expected
    file.unlink()
    with pytest.raises(ReportgenError) as caught:
        list(items)
    assert str(caught.value) == expected.replace("has changed", "is no longer as it was")


def test_a_file_that_grows_while_it_is_read_is_an_error(tmp_path):
    write(tmp_path, "a.csv")
    items = iter(expand_inputs(load_spec(spec("a.csv"), base=tmp_path), tmp_path))
    assert next(items).index == 0
    assert next(items).index == 1
    with (tmp_path / "a.csv").open("a") as file:
        file.write("One more.,true\n")
    with pytest.raises(ReportgenError, match="changed since it was checked"):
        list(items)


def test_a_small_file_that_changes_is_explained_as_it_was_checked(tmp_path):
    write(tmp_path, "a.csv", 3)
    items = expand_inputs(load_spec(spec("a.csv"), base=tmp_path), tmp_path)
    (tmp_path / "a.csv").unlink()
    assert [item.fields["text"] for item in items] == ["First.", "Film 0.", "Film 1.", "Film 2."]


def test_the_last_row_of_a_large_file_is_checked_too(tmp_path, command, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "a.jsonl")
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write('{"review": ["x"]}\n')
    (tmp_path / "audit.yaml").write_text(json.dumps(spec("a.jsonl")))
    assert command("validate", "audit.yaml") == (
        1,
        "",
        f"error: a.jsonl:{MANY + 1}: expected text in column 'review', found a list\n",
    )
