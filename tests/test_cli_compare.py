"""The command that compares two runs, tried as a user would."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from pairs import one, run, showcase
from reportgen.cli.compare import FAIL_ON


@pytest.fixture
def command(command):
    """Run ``reportgen compare`` in this process; return its exit code, output and errors."""
    return partial(command, "compare")


CHECK = {"attribution_share": {"words": ["here"], "max": 0.5}}


@pytest.fixture
def runs(tmp_path):
    showcase(tmp_path, checks=[CHECK])
    return tmp_path / "base", tmp_path / "head"


def test_it_says_what_changed_and_writes_page_and_data(command, runs, tmp_path):
    code, out, err = command(*runs, "--out", tmp_path / "out")
    assert (code, err) == (0, "")
    assert out.startswith("2 of 4 predictions changed, 1 from right to wrong")
    assert str(tmp_path / "out" / "compare.html") in out
    page = (tmp_path / "out" / "compare.html").read_text(encoding="utf-8")
    assert "2 of 4 predictions changed" in page
    data = json.loads((tmp_path / "out" / "compare.json").read_text(encoding="utf-8"))
    assert data["format"] == 1


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("prediction", "3 predictions changed, or no longer made"),
        ("wrong", "1 prediction right before, wrong now"),
        ("explanation", "3 explanations changed beyond the threshold"),
        ("check", "1 check turned to failed or error"),
        ("gone", "1 input or model gone"),
    ],
)
def test_it_fails_on_what_is_asked_and_says_which(command, runs, tmp_path, what, said):
    code, _, err = command(*runs, "--out", tmp_path / "out", "--fail-on", what)
    assert code == 2
    assert f"--fail-on {what}: {said}" in err
    assert (tmp_path / "out" / "compare.html").exists()


def test_it_fails_on_nothing_where_nothing_changed(command, tmp_path):
    run(tmp_path / "a", [one("a b", (1, 2))])
    asked = [word for name in ("prediction", "wrong", "explanation", "check", "gone")
             for word in ("--fail-on", name)]  # fmt: skip
    code, out, err = command(tmp_path / "a", tmp_path / "a", "--out", tmp_path / "out", *asked)
    assert (code, err) == (0, "")
    assert out.startswith("No change: the only prediction is the same")


def test_mistakes_are_met_with_the_names_there_are(command, runs, tmp_path):
    code, _, err = command(*runs, "--out", tmp_path / "out", "--fail-on", "explanations")
    assert code == 2
    assert "did you mean explanation?" in err
    code, _, err = command(*runs, "--out", tmp_path / "out", "--fail-on", "wrong,check")
    assert (code, "once for each" in err) == (2, True)
    code, _, err = command(*runs, "--out", tmp_path / "out", "--method", "attention")
    assert code == 1
    assert "both runs have integrated_gradients" in err
    code, _, err = command(tmp_path / "none", runs[1], "--out", tmp_path / "out")
    assert code == 1
    assert "no results here" in err
    assert not (tmp_path / "out").exists()


def test_the_documentation_names_all_that_can_fail_and_all_of_the_data(command, runs, tmp_path):
    text = (Path(__file__).parents[1] / "docs" / "compare.md").read_text(encoding="utf-8")
    command(*runs, "--out", tmp_path / "out")
    data = json.loads((tmp_path / "out" / "compare.json").read_text(encoding="utf-8"))
    (model,) = data["models"]
    held = (data, model, model["counts"], model["inputs"][0], model["inputs"][0]["outputs"][0])
    for name in (*FAIL_ON, *(name for part in held for name in part)):
        assert f"`{name}`" in text, name


def test_it_needs_no_model(runs, tmp_path):
    code = (
        "import sys; from reportgen import cli\n"
        "try: cli.main()\nexcept SystemExit: pass\n"
        "print(sorted(set(sys.modules) & {'torch', 'transformers', 'captum'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "compare", *map(str, runs), "--out", str(tmp_path / "out")],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stdout.strip().endswith("[]")
