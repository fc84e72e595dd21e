"""Builds that are killed, that meet in one folder, and what they were writing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import yaml

import fakes
import reportgen
from reportgen.errors import ReportgenError
from reportgen.resources import folder
from reportgen.results.files import sweep_temporary, using, write_atomic

HERE = Path(__file__).parent
MODEL = folder("examples") / "models" / "sentiment"


def write_spec(path: Path, texts: list[str]) -> Path:
    spec = {
        "models": [{"id": "sentiment", "path": str(MODEL)}],
        "inputs": [{"text": text} for text in texts],
        "methods": ["integrated_gradients", "attention"],
    }
    path.write_text(yaml.safe_dump(spec))
    return path


def texts(amount: int) -> list[str]:
    """Texts of lengths that differ so much that no two are explained together."""
    return [" ".join(["A warm and funny film,"] * n) for n in (1, 2, 3, 5, 8, 11, 17, 26)[:amount]]


def run(*words: object, **settings) -> subprocess.CompletedProcess:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "SOURCE_DATE_EPOCH": "1767225600"}
    return subprocess.run(
        [sys.executable, *map(str, words)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        **settings,
    )


@pytest.mark.long
def test_builds_killed_at_random_moments_lose_nothing_and_compute_nothing_twice(tmp_path):
    spec = write_spec(tmp_path / "audit.yaml", texts(8))
    killed = run(HERE / "killed_builds.py", spec, tmp_path / "killed", 20, 7)
    assert killed.returncode == 0, killed.stderr
    found = json.loads(killed.stdout)
    assert found["status"] == 0
    assert found["again"] == []
    assert found["counts"] == sorted(found["counts"])
    assert found["counts"][0] < 8  # or no build would have been killed at its work
    assert list((tmp_path / "killed").rglob("*.tmp")) == []
    assert list((tmp_path / "killed").rglob("journal-*")) == []
    told = [(said, there) for said, there in zip(found["pages"], found["counts"], strict=True)]
    assert "failed" not in found["pages"]
    of_8 = [(int(said.split(" of 8 ")[0]), there) for said, there in told if " of 8 " in said]
    assert of_8, told
    assert all(there - 1 <= said <= there for said, there in of_8), told

    assert run("-m", "reportgen", "build", spec, "--out", tmp_path / "whole").returncode == 0
    broken, whole = reportgen.load(tmp_path / "killed"), reportgen.load(tmp_path / "whole")
    assert broken.damaged == whole.damaged == ()
    assert [entry.id for entry in broken.manifest.jobs] == [e.id for e in whole.manifest.jobs]
    for (entry, mine), (_, other) in zip(broken.entries, whole.entries, strict=True):
        assert mine.tokens == other.tokens
        names = whole.store.array_names(entry.id)
        assert broken.store.array_names(entry.id) == names
        for name in names:
            array, expected = (r.store.read_array(entry.id, name) for r in (broken, whole))
            np.testing.assert_array_equal(array, expected)  # each input was computed alone


@pytest.mark.parametrize("same", [True, False])
def test_two_builds_that_prune_one_folder_both_succeed(tmp_path, same):
    specs = [write_spec(tmp_path / f"{i}.yaml", texts(2 if same else 2 + i)) for i in range(2)]
    done: list[subprocess.CompletedProcess] = []

    def build(spec: Path) -> None:
        words = ("build", spec, "--out", tmp_path / "out", "--prune")
        done.append(run("-m", "reportgen", *words))

    threads = [threading.Thread(target=build, args=(spec,)) for spec in specs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(one.returncode, one.stderr.count("error")) for one in done] == [(0, 0), (0, 0)]
    assert reportgen.load(tmp_path / "out").damaged == ()


def test_nothing_is_pruned_while_another_build_is_at_work(tmp_path, command):
    spec = write_spec(tmp_path / "audit.yaml", texts(1))
    assert command("build", spec, "--out", tmp_path)[0] == 0
    other = tmp_path / "results" / f"{'0' * 32}.safetensors"
    other.write_bytes(b"of another build")
    with using(tmp_path / "results"):
        code, _, said = command("build", spec, "--out", tmp_path, "--prune")
    assert (code, other.is_file()) == (0, True)
    assert "nothing was pruned: another build is at work in the same folder" in said
    assert command("build", spec, "--out", tmp_path, "--prune")[0] == 0
    assert not other.exists()


def test_writers_with_one_process_id_do_not_harm_each_other(tmp_path, monkeypatch):
    """As two containers have, whose volume is one."""
    monkeypatch.setattr(os, "getpid", lambda: 1)
    path, failed = tmp_path / "report.html", []

    def write(letter: bytes) -> None:
        for _ in range(100):
            try:
                write_atomic(path, letter * 50_000, durable=False)
            except Exception as error:
                failed.append(error)
            if len(set(path.read_bytes())) != 1:
                failed.append("half a file")

    threads = [
        threading.Thread(target=write, args=(letter,)) for letter in (b"a", b"b", b"c", b"d")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


WRITER = """
import sys, time
from pathlib import Path
from reportgen.results import files
with files._temporary(Path(sys.argv[1])) as (file, temporary):
    file.write(b"half")
    file.flush()
    print(temporary, flush=True)
    time.sleep(600)
"""


def test_what_killed_writers_left_is_swept_and_what_live_ones_hold_is_not(tmp_path):
    words = [sys.executable, "-c", WRITER, str(tmp_path / "page.html")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as writer:
        temporary = Path(writer.stdout.readline().strip())
        (tmp_path / "mine.tmp").write_text("mine")
        assert sweep_temporary(tmp_path) == 0
        assert temporary.read_bytes() == b"half"
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        assert temporary.is_file()
        assert sweep_temporary(tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine.tmp"]


def test_a_build_sweeps_what_was_left_beside_results_and_pages(tmp_path, command):
    spec = write_spec(tmp_path / "audit.yaml", texts(1))
    out = tmp_path / "out"
    left = [out / ".report.html.0123456789abcdef.tmp"]
    left.append(out / "results" / f".{'1' * 32}.safetensors.fedcba9876543210.tmp")
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    assert command("build", spec, "--out", out)[0] == 0
    assert list(out.rglob("*.tmp")) == []


def test_a_full_disk_names_the_file_and_what_is_kept(tmp_path):
    """The largest file that may be written stands in for the disk."""
    run_folder = fakes.write_run(tmp_path / "run", [fakes.classified("Good.")])
    code = (
        "import resource, sys\n"
        "from reportgen import cli\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "sys.argv = ['reportgen', *sys.argv[1:]]\n"
        "cli.main()\n"
    )
    found = run("-c", code, "render", run_folder, "--out", tmp_path / "out")
    assert found.returncode == 1
    assert f"error: {tmp_path / 'out' / 'report.html'}: cannot be written: File too large" in (
        found.stderr
    )
    assert "all that was finished before is kept" in found.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_a_full_disk_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    path = tmp_path / "manifest.json"
    write_atomic(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        ReportgenError, match="cannot be written: No space left on device"
    ) as caught:
        write_atomic(path, b"new")
    assert caught.value.where == str(path)
    assert "make room, and run the same command again" in caught.value.hint
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["manifest.json"]
    shutil.rmtree(tmp_path)


def test_a_damaged_result_is_computed_again_and_the_others_are_not(tmp_path, command):
    spec, out = write_spec(tmp_path / "audit.yaml", texts(2)), tmp_path / "out"
    assert command("build", spec, "--out", out)[0] == 0
    first, second = sorted((out / "results").glob("*.safetensors"))
    data, untouched = bytearray(first.read_bytes()), second.stat().st_mtime_ns
    data[-9] ^= 0x01
    first.write_bytes(data)
    assert command("render", out, "--out", out)[0] == 1
    assert command("build", spec, "--out", out)[0] == 0
    assert reportgen.load(out).damaged == ()
    assert second.stat().st_mtime_ns == untouched


def test_a_disk_that_is_full_in_mid_run_costs_no_result_that_was_written(tmp_path):
    """The largest file that may be written stands in for the disk."""
    spec = write_spec(tmp_path / "audit.yaml", texts(6))
    code = (
        "import resource, sys\n"
        "from reportgen import cli\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "sys.argv = ['reportgen', *sys.argv[1:]]\n"
        "cli.main()\n"
    )
    full = run("-c", code, "build", spec, "--out", tmp_path / "out")
    assert full.returncode == 1
    assert "cannot be written: File too large" in full.stderr
    assert "all that was finished before is kept" in full.stderr
    assert "Traceback" not in full.stderr
    written = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").rglob("*.safetensors")}
    assert 0 < len(written) < 6
    assert reportgen.load(tmp_path / "out").manifest.planned == 6
    assert run("-m", "reportgen", "build", spec, "--out", tmp_path / "out").returncode == 0
    assert {path: path.stat().st_mtime_ns for path in written} == written
    assert reportgen.load(tmp_path / "out").manifest.planned is None
