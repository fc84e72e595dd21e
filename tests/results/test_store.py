"""Result files: whole or absent, refused when newer, complaints that say what to do."""

from __future__ import annotations

import json
import os
import threading
from functools import cached_property

import numpy as np
import pytest
from pydantic import ValidationError

import fakes
from reportgen.errors import ReportgenError, ResultsError
from reportgen.results import files
from reportgen.results.checked import Checked
from reportgen.results.files import write_atomic
from reportgen.results.model import FORMAT, Convergence
from reportgen.results.store import Store


def test_a_result_comes_back_as_it_was_written(tmp_path):
    store = Store(tmp_path)
    header, arrays = fakes.classified("Hello out there")
    store.write(header, arrays)
    assert store.read_header(header.job) == header
    assert store.array_names(header.job) == sorted(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(store.read_array(header.job, name), array)


def test_only_successful_results_count_as_there(tmp_path):
    store = Store(tmp_path)
    done, arrays = fakes.classified("Hello")
    failed, _ = fakes.failed()
    store.write(done, arrays)
    store.write(failed, {})
    assert store.has(done.job)
    assert not store.has(failed.job)
    assert not store.has("never-run")


def test_results_of_no_more_use_are_removed_and_nothing_else(tmp_path):
    run = fakes.write_run(
        tmp_path, [fakes.classified("Hello", "1" * 32), fakes.classified("Bye", "2" * 32)]
    )
    (run / "results" / "notes.txt").write_text("mine")
    store = Store(run / "results")
    assert store.prune({"1" * 32, "3" * 32}) == 1
    names = sorted(path.name for path in store.folder.iterdir())
    assert names == [f"{'1' * 32}.safetensors", "manifest.json", "notes.txt"]


def test_an_interrupted_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    write_atomic(path, b"old")

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_damaged_file_is_not_a_result(tmp_path):
    store = Store(tmp_path)
    header, arrays = fakes.classified("Hello")
    path = store.write(header, arrays)
    path.write_bytes(path.read_bytes()[:100])
    assert not store.has(header.job)
    with pytest.raises(ResultsError, match="damaged") as caught:
        store.read_header(header.job)
    assert caught.value.where == str(path)


def test_a_newer_format_is_refused(tmp_path):
    fakes.write_run(tmp_path, [fakes.classified("Hello")])
    path = tmp_path / "results" / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"format": FORMAT + 1, "a field from later": 1}))
    with pytest.raises(ResultsError, match=f"format {FORMAT + 1} is not known") as caught:
        Store(tmp_path / "results").read_manifest()
    assert "upgrade" in caught.value.hint


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', "not json"])
def test_a_damaged_manifest_says_where(tmp_path, text):
    path = tmp_path / "manifest.json"
    path.write_text(text)
    with pytest.raises(ResultsError) as caught:
        Store(tmp_path).read_manifest()
    assert caught.value.where == str(path)
    assert caught.value.hint


def test_a_folder_without_results_says_how_to_make_them(tmp_path):
    with pytest.raises(ResultsError, match="no results here") as caught:
        Store(tmp_path).read_manifest()
    assert "reportgen build" in caught.value.hint


def test_an_unknown_array_names_those_there_are(tmp_path):
    store = Store(tmp_path)
    header, arrays = fakes.classified("Hello")
    store.write(header, arrays)
    with pytest.raises(ResultsError, match="no array 'atention'") as caught:
        store.read_array(header.job, "atention")
    assert "attention_norm" in caught.value.hint


def test_records_refuse_numbers_that_are_not_finite():
    row = fakes.classified("Hello")[0].convergence[0].model_dump()
    with pytest.raises(ValidationError, match="finite"):
        Convergence(**row | {"delta": float("nan")})


def test_a_link_stays_and_leads_to_what_was_written(tmp_path):
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    write_atomic(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_pipe_is_written_to_and_stays_one(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    got: list[bytes] = []
    reader.start()
    write_atomic(pipe, b"through")
    reader.join(timeout=30)
    assert got == [b"through"]
    assert pipe.is_fifo()


def test_folders_and_files_in_the_way_are_named(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportgenError, match="expected a file, found a folder"):
        write_atomic(tmp_path / "folder", b"")
    with pytest.raises(ReportgenError, match="expected a folder, found a file"):
        write_atomic(tmp_path / "file" / "report.html", b"")


@pytest.mark.parametrize("data", [b"\xff\xfe", b"[" * 100_000])
def test_a_manifest_that_is_no_text_or_too_deep_is_damaged(tmp_path, data):
    (tmp_path / "manifest.json").write_bytes(data)
    with pytest.raises(ResultsError, match="damaged"):
        Store(tmp_path).read_manifest()


def test_what_is_noted_of_files_is_not_read_again_for_each_that_is_written(tmp_path, monkeypatch):
    read = []
    known = cached_property(lambda self: read.append(1) or {})
    known.__set_name__(Checked, "_known")
    monkeypatch.setattr(Checked, "_known", known)
    store = Store(tmp_path)
    store.note_files()
    for number in range(5):
        store.write(*fakes.classified("Good.", f"{number}" * 32))
    assert read == []
    assert [store.has(f"{number}" * 32) for number in range(6)] == [True] * 5 + [False]
    assert len(read) == 1
