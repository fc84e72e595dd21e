"""What the system refuses ends in a message: which file, what is safe, what to do."""

from __future__ import annotations

import errno
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reportgen import cli, site
from reportgen.cli import serve
from reportgen.errors import ReportgenError
from reportgen.results.store import Store
from tiny_models import save_tiny

ROOT = Path(cli.__file__).parents[2]
SAMPLE = ROOT / "examples" / "sample"
AGAIN = "and run the same command again"


def shell(line: str, unbuffered: str = "") -> tuple[int, str]:
    """Run a line of bash; ``REPORTGEN`` in it is the command. Return its exit code and errors."""
    command = f"{shlex.quote(sys.executable)} -m reportgen"
    done = subprocess.run(
        ["bash", "-c", line.replace("REPORTGEN", command)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": unbuffered},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stderr


def refuse(number: int, name: str | None = None):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number), name)

    return fail


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [f"digest {SAMPLE}", "methods", "--version"])
def test_an_output_that_is_full_is_said(words, unbuffered):
    code, errors = shell(f"REPORTGEN {words} > /dev/full", unbuffered)
    assert code == 1
    # What is longer than a buffer fails while it is written, the rest when all is flushed.
    message = "cannot be written: No space left on device"
    pattern = rf"error: (stdout|output): {message}\n  make room {AGAIN}\n"
    assert re.fullmatch(pattern, errors), errors


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [f"digest {SAMPLE}", "methods", "--version", "--help"])
def test_an_output_that_nobody_reads_to_its_end_is_no_error_to_talk_of(words, unbuffered):
    code, errors = shell(f"REPORTGEN {words} | true; exit ${{PIPESTATUS[0]}}", unbuffered)
    assert (code, errors) == (1, "")


def test_the_first_line_can_be_taken(tmp_path):
    code, errors = shell(f"REPORTGEN digest {SAMPLE} | head -1 > {tmp_path}/line")
    assert (code, errors) == (0, "")
    assert (tmp_path / "line").read_text().startswith("<!-- reportgen:")


def test_a_closed_output_is_an_error_only_where_something_is_to_be_printed():
    code, errors = shell(f"REPORTGEN digest {SAMPLE} >&-")
    assert (code, errors) == (1, "error: stdout: is closed\n  write to a file: --out FILE\n")
    assert shell("REPORTGEN schema >&-") == (0, "")


@pytest.mark.parametrize("closed", ["2> /dev/full", "2>&-"])
def test_errors_that_nobody_can_read_leave_the_exit_code(tmp_path, closed):
    assert shell(f"REPORTGEN check {tmp_path}/none {closed}") == (1, "")


def test_a_file_too_large_for_the_system_is_named_and_no_half_of_it_stays(tmp_path):
    spec = tmp_path / "audit.yaml"
    code, errors = shell(f"(ulimit -f 0; REPORTGEN init {spec}) 2>&1 | cat >&2; exit $PIPESTATUS")
    assert (code, errors) == (
        1,
        f"error: {spec}: cannot be written: File too large\n"
        f"  allow larger files (ulimit -f) {AGAIN}\n",
    )
    assert not spec.exists()


@pytest.mark.parametrize(
    ("number", "name", "expected"),
    [
        (
            errno.ENOSPC,
            "audit/report.html",
            "error: audit/report.html: cannot be written: No space left on device\n"
            f"  make room {AGAIN}\n",
        ),
        (
            errno.EDQUOT,
            None,
            f"error: output: cannot be written: Disk quota exceeded\n  make room {AGAIN}\n",
        ),
        (
            errno.EROFS,
            "audit",
            "error: audit: cannot be written: Read-only file system\n"
            f"  choose another place, or change who may write there {AGAIN}\n",
        ),
        (
            errno.EACCES,
            "audit/results/manifest.json",
            "error: audit/results/manifest.json: Permission denied\n"
            f"  choose another place, or change who may write there {AGAIN}\n",
        ),
        (errno.EIO, "audit.yaml", "error: audit.yaml: Input/output error\n"),
        (errno.EMFILE, None, "error: system: Too many open files\n"),
    ],
)
def test_every_refusal_names_the_file_and_what_helps(command, monkeypatch, number, name, expected):
    monkeypatch.setattr(site, "render", refuse(number, name))
    assert command("render", SAMPLE, "--out", "x") == (1, "", expected)


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return save_tiny(tmp_path_factory.mktemp("tiny"), "bert", "sequence-classification")


@pytest.fixture
def spec(tmp_path, model) -> Path:
    path = tmp_path / "audit.yaml"
    path.write_text(
        f"models: [{{id: tiny, path: {model}, device: cpu}}]\n"
        "inputs: [{text: the movie was great}]\n"
        "methods: [attention]\n"
    )
    return path


@pytest.mark.parametrize("step", ["run", "render"])
def test_a_stopped_build_says_what_is_kept_and_goes_on_from_there(
    command, monkeypatch, tmp_path, spec, step
):
    out = tmp_path / "audit"
    place = out if step == "run" else out / "report.html"
    with monkeypatch.context() as full:
        if step == "run":
            full.setattr(Store, "write_manifest", refuse(errno.ENOSPC))
        else:
            full.setattr(site, "render", refuse(errno.ENOSPC, str(place)))
        assert command("build", spec, "--out", out) == (
            1,
            "",
            f"error: {place}: cannot be written: No space left on device\n"
            f"  finished results are kept in {out / 'results'}: make room {AGAIN}\n",
        )
    monkeypatch.setattr(Store, "write", lambda *_: pytest.fail("a job was run again"))
    assert command("build", spec, "--out", out)[0] == 0
    assert (out / "report.html").is_file()


def test_results_that_go_away_meanwhile_are_named(command, monkeypatch, tmp_path, spec):
    out, render = tmp_path / "audit", site.render

    def late(*arguments, **settings):
        shutil.rmtree(out)
        return render(*arguments, **settings)

    monkeypatch.setattr(site, "render", late)
    code, printed, errors = command("build", spec, "--out", out)
    assert code == 1
    assert f"{out / 'report.html'}" in printed
    assert errors.count(".safetensors: the result is missing") == 1


@pytest.mark.parametrize("taken", ["audit", "audit/results"])
def test_a_file_in_the_place_of_a_folder_is_named(command, tmp_path, spec, taken):
    path = tmp_path / taken
    path.parent.mkdir(exist_ok=True)
    path.write_text("")
    code, printed, errors = command("build", spec, "--out", tmp_path / "audit")
    assert (code, printed) == (1, "")
    assert errors.startswith(f"error: {tmp_path / 'audit'}")
    assert "expected a folder, found a file" in errors
    assert path.read_text() == ""


def test_serve_tells_what_is_kept_and_goes_on(monkeypatch, tmp_path):
    out = tmp_path / "audit"
    (out / "results").mkdir(parents=True)
    builder = serve.Builder(SAMPLE / "audit.yaml", out)
    monkeypatch.setattr("reportgen.api.run_plan", refuse(errno.ENOSPC))
    with pytest.raises(ReportgenError) as caught:
        builder(True)
    assert str(caught.value) == (
        f"{out}: cannot be written: No space left on device\n"
        f"  finished results are kept in {out / 'results'}: make room {AGAIN}"
    )
