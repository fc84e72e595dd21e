"""The commands, tried as a user would: what they print, write and return."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import fakes
import reportgen
from reportgen import cli
from reportgen.engine.executors import local
from reportgen.engine.path import capacity
from reportgen.results.store import Store
from reportgen.spec.methods import METHODS
from reportgen.spec.schema import json_schema
from tiny_models import save_tiny


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """A tiny random classifier, LABEL_0 and LABEL_1."""
    return save_tiny(tmp_path_factory.mktemp("tiny"), "bert", "sequence-classification")


def write_spec(folder: Path, model: Path, *texts: str, **changes) -> Path:
    spec = {
        "models": [{"id": "tiny", "path": str(model), "device": "cpu"}],
        "inputs": [{"text": text} for text in texts or ("the movie was great",)],
        "methods": ["integrated_gradients", "attention", "vector_norms"],
    } | changes
    path = folder / "audit.yaml"
    path.write_text(yaml.safe_dump(spec, sort_keys=False))
    return path


def test_build_writes_a_page_and_a_second_one_runs_nothing(command, model, tmp_path, monkeypatch):
    spec = write_spec(tmp_path, model)
    out = tmp_path / "audit"
    code, printed, errors = command("build", spec, "--out", out)
    assert (code, errors) == (0, "")
    page = out / "report.html"
    assert f"Wrote {page} (" in printed
    assert "kB)" in printed or "MB)" in printed
    assert page.as_uri() in printed
    before = {path: path.stat().st_mtime_ns for path in (out / "results").iterdir()}
    html = page.read_bytes()

    monkeypatch.setattr(Store, "write", lambda *_: pytest.fail("a job was run again"))
    assert command("build", spec, "--out", out)[0] == 0
    assert {path: path.stat().st_mtime_ns for path in (out / "results").iterdir()} == before
    assert page.read_bytes() == html


def test_render_makes_the_same_page_without_torch(command, model, tmp_path):
    spec = write_spec(tmp_path, model)
    command("build", spec, "--out", tmp_path / "audit")
    code = (
        "import sys; from reportgen import cli\n"
        f"sys.argv = ['reportgen', 'render', {str(tmp_path / 'audit')!r}, "
        f"'--out', {str(tmp_path / 'again')!r}]\n"
        "cli.app(standalone_mode=False)\n"
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    first = (tmp_path / "audit" / "report.html").read_bytes()
    assert (tmp_path / "again" / "report.html").read_bytes() == first


def test_a_spec_decides_the_form_of_its_pages(command, model, tmp_path):
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "page.html").write_text(
        '{% extends "reportgen/page.html" %}{% block footer %}ours{% endblock %}'
    )
    spec = write_spec(tmp_path, model, report={"format": "site", "templates": "ours"})
    code, printed, _ = command("build", spec, "--out", tmp_path / "audit")
    assert code == 0
    assert f"Wrote {tmp_path / 'audit' / 'index.html'} (2 pages, " in printed
    assert "Size by part: " in printed
    assert "style, script and logo" in printed
    assert "chart library" not in printed  # nothing on the pages needs it
    page = (tmp_path / "audit" / "inputs" / "tiny-1.html").read_text()
    assert "<footer>ours</footer>" in page


def test_render_takes_another_form_and_budget(command, tmp_path):
    run = fakes.sample_run(tmp_path / "run")
    code, printed, _ = command("render", run, "--out", tmp_path / "x", "--format", "site")
    assert code == 0
    assert "(6 pages, " in printed
    words = ("render", run, "--out", tmp_path / "x", "--size-budget", "400kB")
    code, printed, errors = command(*words)
    assert code == 0
    assert (tmp_path / "x" / "report.html").stat().st_size <= 400_000
    assert "note: left out to keep the file small: attention maps of" in errors
    assert "raise report.size_budget" in errors
    code, _, errors = command("render", run, "--out", tmp_path / "x", "--format", "pdf")
    assert code == 1
    assert "format is single-file or site" in errors


def test_a_bad_input_is_reported_and_the_rest_is_made(command, model, tmp_path):
    spec = write_spec(tmp_path, model, "the movie was great", "   ", "not bad at all")
    code, printed, errors = command("build", spec, "--out", tmp_path / "audit")
    assert code == 1
    assert "report.html" in printed
    assert "audit.yaml:7:3 inputs[1]: the text is empty" in errors
    assert list(reportgen.load(tmp_path / "audit").jobs()["status"]) == ["done", "error", "done"]


def test_characters_in_two_escapes_reach_the_page(command, model, tmp_path):
    """``json.dumps`` writes an emoji as two halves; a page holds the whole."""
    thumb = "\N{THUMBS UP SIGN}"
    spec = {
        "title": f"Thumbs {thumb}",
        "models": [{"id": f"tiny{thumb}", "path": str(model), "device": "cpu"}],
        "inputs": [{"text": f"a great movie {thumb}", "group": thumb}],
        "methods": ["attention"],
    }
    text = json.dumps(spec)
    assert r"\ud83d\udc4d" in text
    # A name on disk that is no text stands in the manifest all the same.
    path = tmp_path / os.fsdecode(b"audit\xff.yaml")
    path.write_text(text)
    code, _, errors = command("build", path, "--out", tmp_path / "audit")
    assert (code, errors) == (0, "")
    results = reportgen.load(tmp_path / "audit")
    assert results.manifest.title == f"Thumbs {thumb}"
    assert results.manifest.command.endswith("audit")
    assert list(results.jobs()["model"]) == [f"tiny{thumb}"]
    assert f"Thumbs {thumb}" in (tmp_path / "audit" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"num_hidden_layers": 10_000_000},
            "config.json asks for 10,000,000 layers (num_hidden_layers); more than 1,000 cannot "
            "be right",
        ),
        (
            {"num_hidden_layers": "x"},
            "config.json: expected a whole number of at least 0 for num_hidden_layers, found 'x'",
        ),
        ({"architectures": 7, "num_hidden_layers": -1}, "no supported task can be told"),
    ],
)
def test_a_config_that_no_model_has_ends_in_a_message(command, model, tmp_path, changes, message):
    broken = shutil.copytree(model, tmp_path / "model")
    config = json.loads((broken / "config.json").read_text())
    (broken / "config.json").write_text(json.dumps(config | changes))
    spec = write_spec(tmp_path, broken)
    code, _, errors = command("build", spec, "--out", tmp_path / "audit")
    assert code == 1
    assert errors.startswith("error: audit.yaml:2:3 models[0]: ")
    assert message in errors
    assert not (tmp_path / "audit").exists()


def test_dry_run_lists_jobs_and_runs_none(command, model, tmp_path):
    spec = write_spec(tmp_path, model, "one movie", "two movies")
    code, printed, _ = command("build", spec, "--out", tmp_path / "audit", "--dry-run")
    assert code == 0
    assert "2 jobs, 2 to run" in printed
    assert "GFLOP" in printed
    assert not (tmp_path / "audit").exists()
    command("build", spec, "--out", tmp_path / "audit")
    assert "2 jobs, 0 to run" in command("build", spec, "-o", tmp_path / "audit", "--dry-run")[1]


def test_validate_reports_everything_at_once(command, tmp_path):
    path = tmp_path / "audit.yaml"
    path.write_text(
        "models:\n"
        "  - id: a\n"
        "    path: org/model\n"
        "    devce: cpu\n"
        "inputs: []\n"
        "methods:\n"
        "  - atention\n"
    )
    code, printed, errors = command("validate", path)
    assert (code, printed) == (1, "")
    lines = errors.splitlines()
    assert lines[0].startswith(f"error: {path}:4:5 models[0]: unknown key 'devce'")
    assert "did you mean 'device'?" in lines[1]
    assert any(f"{path}:5:9 inputs" in line for line in lines)
    assert any("unknown method 'atention'" in line for line in lines)
    assert any("did you mean 'attention'?" in line for line in lines)


def test_init_writes_a_valid_spec_and_never_overwrites(command, tmp_path):
    path = tmp_path / "mine.yaml"
    assert command("init", path)[0] == 0
    code, printed, _ = command("validate", path)
    assert code == 0
    assert "1 model, 2 inputs, 4 methods" in printed
    before = path.read_text()
    code, _, errors = command("init", path)
    assert code == 1
    assert "exists already" in errors
    assert path.read_text() == before


def test_methods_lists_every_method_with_its_settings(command):
    code, printed, _ = command("methods")
    assert code == 0
    for method in METHODS.values():
        assert method.name in printed
        for name in method.model_fields:
            assert f"    {name}: " in printed


def test_schema_prints_the_schema(command):
    assert json.loads(command("schema")[1]) == json_schema()


def test_version_is_that_of_the_installed_package(command):
    assert command("--version")[:2] == (0, f"reportgen {reportgen.__version__}\n")
    assert importlib.metadata.version("reportgen") == reportgen.__version__


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("render", "{tmp}/nothing", "--out", "{tmp}/x"), "no results here"),
        (("build", "{tmp}/none.yaml", "--out", "{tmp}/x"), "none.yaml"),
        (("init", "{tmp}/no/such/folder.yaml"), "cannot be written"),
        (("validate", "{tmp}"), "error: "),
    ],
)
def test_mistakes_end_in_a_message(command, tmp_path, words, message):
    code, _, errors = command(*(word.format(tmp=tmp_path) for word in words))
    assert code == 1
    assert message in errors
    assert "Traceback" not in errors


def test_an_unwritable_folder_ends_in_a_message(command, tmp_path):
    fakes.write_run(tmp_path / "run", [fakes.classified("Hello")])
    (tmp_path / "file").write_text("in the way")
    code, _, errors = command("render", tmp_path / "run", "--out", tmp_path / "file" / "page")
    assert code == 1
    assert str(tmp_path / "file") in errors


def test_ctrl_c_keeps_what_is_finished_and_the_next_build_goes_on(
    command, model, tmp_path, monkeypatch
):
    monkeypatch.setattr(capacity, "MOST_INPUTS", 1)  # else all are explained together
    texts = [f"the movie number {i} was great" for i in range(4)]
    spec, out = write_spec(tmp_path, model, *texts), tmp_path / "out"
    explain, calls = local.explain, []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            signal.raise_signal(signal.SIGINT)
        return explain(*arguments)

    monkeypatch.setattr(local, "explain", interrupted)
    # A shell's background job, which CI may be, starts with Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    code, _, errors = command("build", spec, "--out", out)
    signal.signal(signal.SIGINT, before)
    assert code == cli.INTERRUPTED
    assert "run the same command to go on" in errors
    assert list(reportgen.load(out).jobs()["status"]) == ["done", "done"]
    stored = {path: path.stat().st_mtime_ns for path in out.glob("results/*.safetensors")}
    assert len(stored) == 2

    monkeypatch.setattr(local, "explain", explain)
    assert command("build", spec, "--out", out)[0] == 0
    assert list(reportgen.load(out).jobs()["status"]) == ["done"] * 4
    after = {path: path.stat().st_mtime_ns for path in out.glob("results/*.safetensors")}
    assert after.items() >= stored.items()
