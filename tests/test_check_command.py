"""``reportgen check``: what it prints, writes and returns."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

import fakes
from reportgen.results.model import Prediction

NEGATIVE = Prediction(kind="single-label", label="NEGATIVE", labels=("NEGATIVE",), probability=0.8)
POSITIVE = {"prediction": {"equals": "POSITIVE"}}
WARNS = {"prediction": {"equals": "POSITIVE", "severity": "warn"}}


def job(number=0, **changes):
    text = f"He is good {number}"
    return fakes.classified(text, f"{number:032}", position=number, **changes)


@pytest.fixture
def check(command, tmp_path):
    """Check a run of ``jobs``; return the exit code, output and error output."""

    def run(jobs, checks, *words, folder="run", places=None):
        fakes.checked_run(tmp_path / folder, jobs, checks, places=places)
        return command("check", tmp_path / folder, *words)

    return run


@pytest.mark.parametrize(
    ("jobs", "checks", "code"),
    [
        ([job()], [POSITIVE], 0),
        ([job(prediction=NEGATIVE)], [POSITIVE], 2),
        ([job(prediction=NEGATIVE)], [WARNS], 0),
        ([job(), fakes.failed(position=1)], [WARNS], 2),
        ([job()], [{"prediction": {"unchanged": True}}], 0),
        ([job()], [{"top_words": {"contain": ["zebra"], "severity": "warn"}}], 2),
    ],
)
def test_the_exit_code_tells_whether_the_checks_hold(check, jobs, checks, code):
    assert check(jobs, checks)[0] == code


def test_each_broken_outcome_is_a_line(check):
    jobs = [job(), job(1, prediction=NEGATIVE)]
    places = {"checks[0]": "audit.yaml:9:5 checks[0]"}
    _, printed, errors = check(jobs, [POSITIVE, WARNS, {"convergence": {"max": 1}}], places=places)
    assert errors == ""
    assert printed.replace("\N{NO-BREAK SPACE}", " ").splitlines() == [
        "✗ failed   audit.yaml:9:5  Prediction: is POSITIVE  (1 failed, 1 passed)",
        "    failed: fake #2: prediction is POSITIVE; found NEGATIVE",
        "! warning  checks[1]  Prediction: is POSITIVE; warns only  (1 warning, 1 passed)",
        "    warning: fake #2: prediction is POSITIVE; found NEGATIVE",
        "✓ passed   checks[2]  Convergence: at most 100 % of the output’s change is missing  "
        "(2 passed)",
        "3 checks: 1 failed, 1 with warnings, 1 passed (A made-up audit)",
    ]


def test_many_broken_outcomes_are_counted(check):
    jobs = [job(n, prediction=NEGATIVE) for n in range(27)]
    _, printed, _ = check(jobs, [POSITIVE])
    assert printed.count("    failed: ") == 20
    assert "\n    and 7 more\n" in printed


def test_a_spec_without_checks_is_an_error(check):
    code, printed, errors = check([job()], [])
    assert (code, printed) == (1, "")
    assert "the spec of these results has no checks" in errors
    assert "add checks: to the spec" in errors


def test_files_are_written_though_a_check_fails(check, tmp_path):
    xml, data = tmp_path / "new" / "junit.xml", tmp_path / "checks.json"
    jobs = [job(prediction=NEGATIVE)]
    assert check(jobs, [POSITIVE], "--junit", xml, "--json", data)[0] == 2
    assert ET.parse(xml).getroot().get("failures") == "1"
    assert json.loads(data.read_text("utf-8"))["passed"] is False


def test_a_base_run_tells_what_is_unchanged(check, tmp_path):
    unchanged = [{"prediction": {"unchanged": True}}]
    base = fakes.checked_run(tmp_path / "base", [job(prediction=NEGATIVE), job(1)])
    assert "1 skipped" in check([job(), job(1)], unchanged)[1]
    code, printed, _ = check([job(), job(1)], unchanged, "--base", base)
    assert code == 2
    assert "prediction is as in the base run (NEGATIVE); found POSITIVE" in printed


@pytest.mark.parametrize("words", [["--base", "nowhere"], ["--junit", "."]])
def test_mistakes_end_in_a_message(check, words, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    code, _, errors = check([job()], [POSITIVE], *words)
    assert code == 1
    assert errors.startswith("error: ")
    assert "Traceback" not in errors


def test_hostile_words_are_one_line(check):
    equals = {"prediction": {"equals": f"[red]{fakes.HOSTILE}\nnext"}}
    printed = check([job()], [equals])[1]
    assert len(printed.splitlines()) == 3 + printed.count("\nnext")
    assert f"[red]{fakes.HOSTILE}" in printed


def test_a_terminal_without_the_signs_gets_others(tmp_path):
    fakes.checked_run(tmp_path, [job()], [POSITIVE])
    code = f"from reportgen import cli; cli.app(['check', {str(tmp_path)!r}])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "? passed" in done.stdout
