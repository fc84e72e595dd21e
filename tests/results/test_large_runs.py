"""Runs of many results: few are held at a time, and none is validated twice."""

from __future__ import annotations

import json
import os

import pytest

import fakes
import reportgen
from reportgen.results import found
from reportgen.results.checked import NOTES
from reportgen.results.store import Store


@pytest.fixture
def many(tmp_path, monkeypatch):
    """A run that counts as large: eight results, of which two are kept at a time."""
    monkeypatch.setattr(found, "LARGE_RUN", 5)
    monkeypatch.setattr(found, "KEPT", 2)
    jobs = [fakes.classified(f"Text {i}.", f"{i}" * 32, position=i) for i in range(8)]
    fakes.write_run(tmp_path, jobs)
    return tmp_path


@pytest.fixture
def validated(monkeypatch):
    """Return the ids of the jobs whose files were validated."""
    ids: list[str] = []
    read = Store.read_with_mark

    def noting(self, job):
        ids.append(job)
        return read(self, job)

    monkeypatch.setattr(Store, "read_with_mark", noting)
    return ids


def test_a_large_run_is_what_a_small_one_is(many, monkeypatch):
    large = reportgen.load(many)
    lazy = large.entries
    assert not isinstance(lazy, tuple)
    monkeypatch.undo()
    small = reportgen.load(many)
    assert tuple(lazy) == small.entries
    assert (len(lazy), lazy[3], lazy[-1]) == (8, small.entries[3], small.entries[-1])
    assert lazy[2:4] == small.entries[2:4]
    assert (large.damaged, large.digest) == (small.damaged, small.digest)
    assert large.predictions().equals(small.predictions())
    with pytest.raises(IndexError):
        lazy[8]


def test_every_file_is_validated_once_and_two_are_kept(many, validated):
    results = reportgen.load(many)
    assert results.damaged == ()
    for _ in range(3):
        assert [result.input for _, result in results.entries] == list(range(8))
    assert results.digest
    assert len(validated) == 8
    assert len(results._found._kept) == 2


def test_a_file_that_changes_after_it_was_validated_is_validated_again(many):
    results = reportgen.load(many)
    assert results.damaged == ()
    path = results.store.path("0" * 32)
    path.write_bytes(path.read_bytes().replace(b"Text 0.", b"Text 9."))
    (_, first), *_ = results.entries
    assert first.status == "error"
    assert "its checksum does not match" in first.error.message
    results.store.path("1" * 32).unlink()
    assert results.entries[1][1].error.message == "the result is missing"
    assert [entry.input for entry, _ in results.damaged] == [0, 1]


def test_a_build_reads_no_file_twice_that_has_not_changed(many, validated):
    store = Store(many / "results")
    store.note_files()
    ids = [f"{i}" * 32 for i in range(8)]
    assert all(map(store.has, ids))
    assert len(validated) == 8
    later = Store(many / "results")
    assert all(map(later.has, ids))
    assert len(validated) == 8
    path = later.path(ids[0])
    data = bytearray(path.read_bytes())
    data[-9] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(1, 1))
    assert not later.has(ids[0])
    later.path(ids[1]).unlink()
    assert not later.has(ids[1])


def test_what_a_build_writes_is_noted_and_what_failed_is_not(tmp_path, validated):
    store = Store(tmp_path)
    store.write(*fakes.classified("Before.", "1" * 32))
    assert [path.name for path in tmp_path.iterdir()] == [f"{'1' * 32}.safetensors"]
    store.note_files()
    store.write(*fakes.classified("Since.", "2" * 32))
    failed, arrays = fakes.failed()
    store.write(failed, arrays)
    noted = [json.loads(line)[0] for line in (tmp_path / NOTES).read_text().split()]
    assert noted == ["2" * 32]
    assert Store(tmp_path).has("2" * 32)
    assert validated == []


@pytest.mark.parametrize(
    "notes", [b"\xff\n[", b'["x"]\n', b"{}\n1\n", b'[{}, 1, 2, "3"]\n', b"[" * 9999]
)
def test_damaged_notes_are_no_notes(tmp_path, validated, notes):
    store = Store(tmp_path)
    store.write(*fakes.classified("Text.", "1" * 32))
    (tmp_path / NOTES).write_bytes(notes)
    assert store.has("1" * 32)
    assert validated == ["1" * 32]
    assert Store(tmp_path).has("1" * 32)
    assert validated == ["1" * 32]
