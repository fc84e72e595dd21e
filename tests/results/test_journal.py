"""Runs that have not ended: what their journal tells, however it was left."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

import fakes
import reportgen
from reportgen.errors import ReportgenError, ResultsError
from reportgen.results.journal import Journal, read_journals, read_run, sweep_journals
from reportgen.results.location import is_url
from reportgen.results.store import Store

IDS = [digit * 32 for digit in "123"]


def unfinished(folder: Path, *, sealed: bool = False, created: str | None = None) -> Store:
    """A run of three jobs, two of which are done and in the journal that was left."""
    jobs = [fakes.classified(f"Text {i}.", job, position=i) for i, job in enumerate(IDS)]
    fakes.write_run(folder, jobs)
    store = Store(folder / "results")
    manifest = store.read_manifest()
    if not sealed:
        (store.folder / "manifest.json").unlink()
    if created:
        manifest = manifest.model_copy(update={"created": created})
    journal = Journal(store)
    journal.begin(manifest.model_copy(update={"planned": 3, "jobs": ()}))
    for entry in manifest.jobs[:2]:
        journal.add_job(entry)
    journal.close()
    return store


def journal_of(store: Store) -> Path:
    (path,) = store.folder.glob("journal-*.jsonl")
    return path


def test_a_run_that_was_killed_is_what_there_is_of_it(tmp_path):
    store = unfinished(tmp_path)
    results = reportgen.load(tmp_path)
    assert results.manifest.planned == 3
    assert [entry.id for entry in results.manifest.jobs] == IDS[:2]
    assert results.damaged == ()
    assert list(results.jobs()["status"]) == ["done", "done"]
    assert results.digest == reportgen.load(store.folder).digest


@pytest.mark.parametrize("command_line", ["render RUN --out OUT", "digest RUN", "check RUN"])
def test_commands_read_a_run_that_was_killed(tmp_path, command, command_line):
    jobs = [fakes.classified("Text.", IDS[0])]
    fakes.checked_run(tmp_path / "run", jobs, [{"prediction": {"equals": "POSITIVE"}}])
    store = Store(tmp_path / "run" / "results")
    manifest = store.read_manifest()
    journal = Journal(store)
    journal.begin(manifest.model_copy(update={"planned": 5}))
    for entry in manifest.jobs:
        journal.add_job(entry)
    journal.close()
    (store.folder / "manifest.json").unlink()
    places = {"RUN": str(tmp_path / "run"), "OUT": str(tmp_path / "out")}
    code, _, said = command(*(places.get(word, word) for word in command_line.split()))
    assert code == 0
    told = "Unfinished: 1 of 5 results is there; the rest has not been computed yet."
    assert said.startswith(f"note: {tmp_path / 'run'}: {told}\n")


def test_a_run_without_any_result_is_a_run(tmp_path):
    store = unfinished(tmp_path)
    path = journal_of(store)
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    results = reportgen.load(tmp_path)
    assert (results.manifest.planned, results.manifest.jobs) == (3, ())
    assert results.entries == ()


def test_a_journal_that_is_torn_anywhere_tells_what_is_whole(tmp_path):
    store = unfinished(tmp_path)
    path = journal_of(store)
    data = path.read_bytes()
    lines = data.splitlines(keepends=True)
    first, second = len(lines[0]), len(lines[0]) + len(lines[1])
    for end in (*range(0, first, 97), *range(first - 2, len(data) + 1)):
        path.write_bytes(data[:end])
        if end < first - 1:  # the end of a line may be missing
            with pytest.raises(ResultsError, match="no results here"):
                read_run(store)
            continue
        expected = IDS[: (end >= second - 1) + (end >= len(data) - 1)]
        assert [entry.id for entry in read_run(store).manifest.jobs] == expected, end


def test_a_damaged_line_is_ignored_and_the_others_are_not(tmp_path):
    store = unfinished(tmp_path)
    path = journal_of(store)
    data, rng = path.read_bytes(), random.Random(5)
    head = data.index(b"\n") + 1
    whole = read_run(store).manifest.jobs
    for _ in range(300):
        damaged = bytearray(data)
        damaged[rng.randrange(head, len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        assert all(entry in whole for entry in read_run(store).manifest.jobs)
    for _ in range(200):
        damaged = bytearray(data)
        for _ in range(3):
            damaged[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(damaged)
        for journal in read_journals(store):
            assert all(entry in whole for entry in journal.manifest.jobs)


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 100, b"[" * 100_000, b'{"manifest": 1}', b"[1]\n{}\n", b"\xff\xfe\n", b"1e999"],
)
def test_a_file_that_only_has_the_name_of_a_journal_is_none(tmp_path, data):
    store = unfinished(tmp_path, sealed=True)
    journal_of(store).write_bytes(data)
    assert read_run(store).manifest == store.read_manifest()


def test_links_and_devices_are_no_journals(tmp_path):
    store = unfinished(tmp_path)
    path = journal_of(store)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ResultsError, match="no results here"):
        reportgen.load(tmp_path)
    (store.folder / "journal-0123456789abcdef.jsonl").mkdir()
    with pytest.raises(ResultsError, match="no results here"):
        reportgen.load(tmp_path)


def test_a_journal_goes_on_from_the_manifest_that_was_there(tmp_path):
    store = unfinished(tmp_path, sealed=True)
    found = read_run(store)
    assert (found.manifest.planned, len(found.manifest.jobs)) == (3, 3)  # one of them from before
    assert found.sealed == store.read_manifest()


def test_a_journal_of_before_the_manifest_says_nothing(tmp_path):
    store = unfinished(tmp_path, sealed=True, created="2099-01-01T00:00:00Z")
    later = store.read_manifest().model_copy(update={"title": "Built since", "spec_sha256": "9"})
    store.write_manifest(later)
    assert read_run(store).manifest == later
    assert reportgen.load(tmp_path).manifest_sha256 == store.manifest_sha256()


def test_a_job_of_another_model_with_the_same_name_is_not_taken_over(tmp_path):
    store = unfinished(tmp_path, sealed=True)
    manifest = store.read_manifest()
    other = manifest.models[0].model_copy(update={"weights_sha256": "9" * 64})
    journal = Journal(store)
    about = {"planned": 3, "models": (other,), "jobs": (), "created": "2099-01-01T00:00:00Z"}
    journal.begin(manifest.model_copy(update=about))
    journal.close()
    assert read_run(store).manifest.jobs == ()


def test_journals_that_nobody_writes_are_removed_and_others_are_not(tmp_path):
    store = unfinished(tmp_path, sealed=True)
    code = (
        "import sys\n"
        "from reportgen.results.journal import Journal\n"
        "from reportgen.results.store import Store\n"
        "store = Store(sys.argv[1])\n"
        "journal = Journal(store)\n"
        "journal.begin(store.read_manifest().model_copy(update={'planned': 1}))\n"
        "print(journal.name, flush=True)\n"
        "sys.stdin.read()\n"
    )
    words = [sys.executable, "-c", code, str(store.folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) as other:
        name = other.stdout.readline().strip()
        sweep_journals(store, "")
        assert [path.stem for path in store.folder.glob("journal-*")] == [name]
        other.stdin.close()
    sweep_journals(store, "")
    assert list(store.folder.glob("journal-*")) == []


def test_urls_and_paths_are_told_apart():
    assert all(map(is_url, ("s3://bucket/run", "gs://b", "memory://run", "file:///tmp/run")))
    assert not any(map(is_url, ("run", "/tmp/run", "c:\\run", "a:b", Path("s3://bucket"))))


def test_a_run_in_memory_is_written_in_parts_and_read(tmp_path):
    store = Store("memory://test_journal/run")
    header, arrays = fakes.classified("Text.", IDS[0])
    local = fakes.classified("Other.", IDS[1], position=1)
    assert store.write(header, arrays) == f"memory://test_journal/run/{IDS[0]}.safetensors"
    store.write(*local)
    run = fakes.write_run(tmp_path, [(header, arrays), local])
    manifest = Store(run / "results").read_manifest()
    journal = Journal(store)
    journal.begin(manifest.model_copy(update={"planned": 2, "jobs": ()}))
    journal.add_job(manifest.jobs[0])
    journal.flush()  # too early for another part
    assert read_run(store).manifest.jobs == ()
    journal.close()
    results = reportgen.load("memory://test_journal/run")
    assert (results.manifest.planned, results.manifest.jobs) == (2, manifest.jobs[:1])
    assert results.entries[0][1].fields == {"text": "Text."}
    assert results.matrix("fake", 0, "attention").shape == arrays["attention"].shape
    store.write_manifest(manifest)
    journal.remove()
    sweep_journals(store, manifest.spec_sha256)
    assert store.at.sizes("journal-") == {}
    assert reportgen.load("memory://test_journal/run").manifest == manifest
    assert store.has(IDS[0])
    assert store.prune({IDS[1]}) == 1
    assert not store.has(IDS[0])


def test_a_protocol_that_nobody_knows_says_so():
    with pytest.raises(ReportgenError) as caught:
        reportgen.load("nosuch://bucket/run")
    assert str(caught.value) == (
        "nosuch://bucket/run: nosuch:// is not known\n"
        "  name a folder, or a URL such as s3://bucket/run or gs://bucket/run"
    )


def test_the_package_of_a_protocol_is_named():
    """In a process of its own: fsspec remembers what it has loaded once."""
    code = "import sys; sys.modules['s3fs'] = None\nimport reportgen\nreportgen.load('s3://bucket/run')"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    message = "s3://bucket/run: s3:// cannot be read without s3fs\n  pip install s3fs"
    assert found.stderr.rstrip().endswith(message)


def test_lines_are_json(tmp_path):
    for line in journal_of(unfinished(tmp_path)).read_text().splitlines():
        assert {"sha256"} < json.loads(line).keys()
