"""The example pull request, by the commands of its README: the leaking word is found."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from reportgen.resources import folder

EXAMPLE = folder("examples") / "pull-request"
COMMANDS = re.search(
    r"## Commands\n\n```sh\n(.*?)```", (EXAMPLE / "README.md").read_text(encoding="utf-8"), re.S
)[1].splitlines()


pytestmark = pytest.mark.long("pull request")  # models are run for it


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> tuple[Path, dict[str, subprocess.CompletedProcess[str]]]:
    """Run every command of the README; return where, and what each did."""
    place = tmp_path_factory.mktemp("pull-request")
    (place / "examples").symlink_to(EXAMPLE.parent, target_is_directory=True)
    done = {}
    for line in COMMANDS:
        program, *arguments = shlex.split(line, comments=True)
        assert program == "reportgen"
        name = " ".join(a for a in arguments if "/" not in a and not a.startswith("-"))
        done[name] = subprocess.run(
            [sys.executable, "-m", "reportgen", *arguments],
            cwd=place,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
        )
    return place, done


def test_building_succeeds_and_the_check_the_comparison_and_only_they_fail(ran):
    _, done = ran
    assert {name: process.returncode for name, process in done.items()} == {
        "build base": 0,
        "build head": 0,
        "check base": 0,
        "check head": 2,
        "compare base head compare wrong": 2,
        "digest head base": 0,
    }
    assert not any("Traceback" in process.stderr for process in done.values())


def test_the_artefact_word_is_at_the_top_of_what_changed(ran):
    place, _ = ran
    found = json.loads((place / "compare" / "compare.json").read_text(encoding="utf-8"))
    (model,) = found["models"]
    first, second = model["words"][:2]
    assert first["word"] == "updated"
    assert first["inputs"] == 7
    assert first["after"] > 5 * first["before"]
    assert first["total"] > 5 * second["total"]


def test_right_answers_that_turned_wrong_are_those_with_the_word(ran):
    place, _ = ran
    found = json.loads((place / "compare" / "compare.json").read_text(encoding="utf-8"))
    (model,) = found["models"]
    flipped = [change for change in model["inputs"] if change["prediction_changed"]]
    assert flipped == model["inputs"][: len(flipped)]  # first
    assert len(flipped) == 5
    assert all("updated" in change["fields"]["text"].casefold() for change in flipped)
    assert all(change["prediction_before"]["correct"] for change in flipped)
    assert not any(change["prediction_after"]["correct"] for change in flipped)


def test_the_digest_shows_it(ran):
    _, done = ran
    digest = done["digest head base"].stdout
    assert re.search(r"5 of 15 predictions", digest)
    top = digest.index("updated")
    assert top < 3000
    assert "Attribution share" in digest


def test_the_check_names_what_was_expected_and_found(ran):
    _, done = ran
    said = done["check head"].stdout + done["check head"].stderr
    assert "audit.yaml:" in said
    assert re.search(r"updated.* is at most 30\s%", said)
    assert re.search(r"expected NEGATIVE.*POSITIVE|NEGATIVE.*found POSITIVE|is NEGATIVE", said)


def test_both_branches_hold_the_same_spec():
    main, branch = ((EXAMPLE / name / "audit.yaml").read_bytes() for name in ("main", "branch"))
    assert main == branch
