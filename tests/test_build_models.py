"""``reportgen build --model``: a run of a whole spec, computed model by model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reportgen.resources import folder
from reportgen.results.tables import Results

FILM = folder("examples") / "models" / "sentiment"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """Two models on two inputs; ``short`` is ``film`` with another limit, so another model."""
    path = tmp_path / "audit.yaml"
    path.write_text(
        f"""
title: Two
models:
  - {{id: film, path: {json.dumps(str(FILM))}}}
  - {{id: short, path: {json.dumps(str(FILM))}, max_length: 16}}
inputs: [{{text: A tremendously funny film.}}, {{text: Dull and long.}}]
methods: [attention]
""",
        encoding="utf-8",
    )
    return path


def computed(out: Path) -> list[tuple[str, int]]:
    return [(entry.model, entry.input) for entry, _ in Results(out).entries]


def test_a_part_of_the_models_is_an_unfinished_run_of_all(command, spec, tmp_path):
    out = tmp_path / "out"
    code, _, errors = command("build", spec, "--out", out, "--model", "short")
    assert code == 0
    assert errors.startswith(f"note: {out}: Unfinished: 2 of 4 results are there; the rest has")
    assert computed(out) == [("short", 0), ("short", 1)]
    manifest = Results(out).manifest
    assert (manifest.planned, [info.id for info in manifest.models]) == (4, ["film", "short"])
    page = (out / "report.html").read_text("utf-8")
    assert "<title>Two (unfinished)</title>" in page
    assert "<bdi>film</bdi>: 0 of 2 results, 2 to come" in page
    # A plain build computes the rest, and nothing twice.
    first = {path: path.stat().st_mtime_ns for path in out.glob("results/*.safetensors")}
    assert command("build", spec, "--out", out)[::2] == (0, "")
    assert computed(out) == [("film", 0), ("film", 1), ("short", 0), ("short", 1)]
    assert Results(out).manifest.planned is None
    assert {path: path.stat().st_mtime_ns for path in first} == first
    assert "unfinished" not in (out / "report.html").read_text("utf-8").partition("</title>")[0]


def test_the_parts_of_all_models_are_the_whole(command, spec, tmp_path):
    for model in ("short", "film"):
        command("build", spec, "--out", tmp_path / "parts", "--model", model)
    command("build", spec, "--out", tmp_path / "whole", "--model", "film", "--model", "short")
    parts, whole = (Results(tmp_path / name).manifest for name in ("parts", "whole"))
    assert parts.planned is whole.planned is None
    assert parts.jobs == whole.jobs


def test_a_dry_run_lists_what_is_asked_for(command, spec, tmp_path):
    out = tmp_path / "out"
    _, printed, _ = command("build", spec, "--out", out, "--model", "film", "--dry-run")
    assert printed.count("film") == 2
    assert "short" not in printed
    assert printed.splitlines()[-1].startswith("2 jobs, 2 to run")


def test_a_model_that_there_is_not_is_told(command, spec, tmp_path):
    code, printed, errors = command("build", spec, "--out", tmp_path / "out", "--model", "films")
    assert (code, printed) == (1, "")
    assert errors.splitlines() == [
        "error: --model: the spec has no model 'films'",
        "  its models: film, short",
    ]
    assert not (tmp_path / "out").exists()


def test_what_has_not_been_computed_yet_is_no_new_input(command, spec, tmp_path):
    out = tmp_path / "out"
    assert command("build", spec, "--out", out, "--model", "short")[0] == 0
    code, said, _ = command("build", spec, "--out", out, "--explain")
    assert code == 0
    assert said.splitlines()[:2] == [
        "2 of 4 results stored, 2 to make.",
        "2 jobs of film: not computed yet: the last run has not ended "
        "(audit.yaml:6:10 inputs[0], audit.yaml:6:46 inputs[1])",
    ]
