"""The GitHub action, step by step on this machine: in a push and in a pull request."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from runner import (
    ACTION,
    EXAMPLE,
    EXPRESSION,
    INPUTS,
    PULL,
    PUSH,
    ROOT,
    STEPS,
    Runner,
    check_out,
    comments,
    step,
)

OTHER = """\
title: Another audit
models: [{id: m, path: model}]
inputs: [{text: A dull film.}]
methods: [integrated_gradients]
"""
"""A second spec of the same repository, without checks."""

OTHER_INPUTS = INPUTS | {"spec": "other/audit.yaml", "out": "audit-main"}


@dataclass
class Workflow:
    """A workflow's run that uses the action twice, for a spec each."""

    uses: list[Runner] = field(default_factory=list)
    artifacts: dict[str, list[str]] = field(default_factory=dict)

    def run(self, version: str, workspace: Path, caches: Path, github: dict[str, str]) -> Workflow:
        check_out(version, workspace)
        (workspace / "other").mkdir()
        (workspace / "other" / "audit.yaml").write_text(OTHER.replace("model}", "../model}"))
        for inputs in (INPUTS, OTHER_INPUTS):
            one = Runner(workspace, caches, inputs, github, artifacts=self.artifacts)
            self.uses.append(one.job())
        return self


pytestmark = pytest.mark.long("action")  # models are run for it


@pytest.fixture(scope="module")
def workflows(tmp_path_factory) -> tuple[Workflow, Workflow]:
    """A push to main, then a pull request with the defective model, both in full."""
    root = tmp_path_factory.mktemp("action")
    caches = root / "caches"
    caches.mkdir()
    return (
        Workflow().run("main", root / "push", caches, PUSH),
        Workflow().run("branch", root / "pull", caches, PULL),
    )


@pytest.fixture(scope="module")
def jobs(workflows) -> tuple[Runner, Runner]:
    """The first spec in the push and in the pull request."""
    push, pull = workflows
    return push.uses[0], pull.uses[0]


def test_a_push_passes_saves_its_results_and_adds_to_the_history(jobs):
    push, _ = jobs
    assert push.code == 0
    assert push.outputs["judge"]["status"] == "0"
    saved = push.caches / f"reportgen%3Aaudit%3Amain%3A{PUSH['sha']}"
    assert (saved / "audit" / "results" / "manifest.json").is_file()
    assert push.artifacts["audit-pages"] == ["audit/history"]
    history = (push.workspace / "audit" / "history" / "index.html").read_text(encoding="utf-8")
    assert "Sentiment of film reviews" in history
    assert comments(push.workspace) == []  # nothing to comment on


def test_a_pull_request_with_a_defective_model_fails_and_says_why(jobs):
    _, pull = jobs
    assert pull.outputs["judge"]["status"] == "2"
    assert pull.code == 2
    share = pull.workspace / "audit" / "share"
    assert "updated" in (share / "compare.html").read_text(encoding="utf-8")
    assert "<failure" in (share / "checks.xml").read_text(encoding="utf-8")
    summary = (pull.workspace / "summary.md").read_text(encoding="utf-8")
    assert "updated" in summary
    assert "https://example.org/artifact/audit-report.html" in summary
    # a pull request saves no results and shows none on Pages
    assert not [cache for cache in pull.caches.iterdir() if PULL["sha"] in cache.name]
    assert not [name for name in pull.artifacts if name.endswith("-pages")]


def test_the_output_report_is_the_artifact(jobs):
    for one in jobs:
        report = one.outputs["build"]["report"]
        assert one.artifacts["audit-report.html"] == [report]
        page = (one.workspace / report).read_text(encoding="utf-8")
        assert "<h1>Sentiment of film reviews</h1>" in page
    assert ACTION["outputs"]["report"]["value"] == "${{ steps.build.outputs.report }}"


def test_two_uses_of_one_workflow_do_not_meet_anywhere(workflows):
    push, pull = workflows
    assert [one.code for one in push.uses + pull.uses] == [0, 0, 2, 0]
    uploads = ("report.html", "details", "pages")
    assert sorted(push.artifacts) == sorted(
        f"{out}-{upload}" for out in ("audit", "audit-main") for upload in uploads
    )
    caches = sorted(cache.name for cache in push.uses[0].caches.iterdir())
    assert caches == [
        f"reportgen%3A{out}%3Amain%3A{PUSH['sha']}" for out in ("audit", "audit-main")
    ]
    shares = [one.workspace / one.inputs["out"] / "share" for one in pull.uses]
    data = [json.loads((share / "compare.json").read_text(encoding="utf-8")) for share in shares]
    bases = [one["base"]["title"] for one in data]  # each was compared with its own
    assert bases == ["Sentiment of film reviews", "Another audit"]
    found = [one["body"].partition("\n")[0] for one in comments(pull.uses[0].workspace)]
    assert found == ["<!-- reportgen:audit -->", "<!-- reportgen:audit-main -->"]


def test_a_spec_without_checks_is_judged_by_nothing(workflows):
    _, pull = workflows
    share = pull.uses[1].workspace / "audit-main" / "share"
    assert sorted(path.name for path in share.iterdir()) == [
        *("audit-main-report.html", "comment.md", "compare.html", "compare.json"),
    ]


def test_the_comment_is_the_digest_and_is_written_anew(jobs):
    _, pull = jobs
    digest = pull.workspace / "audit" / "share" / "comment.md"
    first, other = comments(pull.workspace)
    assert first["body"] == digest.read_text(encoding="utf-8")
    log = (pull.workspace / "comments.json.log").read_text(encoding="utf-8")
    assert "--method POST repos/org/repo/issues/7/comments" in log
    digest.write_text("<!-- reportgen:audit -->\nanother\n", encoding="utf-8")
    assert pull.run(step("Comment on the pull request")) == 0
    assert comments(pull.workspace) == [
        first | {"body": "<!-- reportgen:audit -->\nanother\n"},
        other,
    ]


def test_a_spec_with_a_mistake_is_not_taken_for_the_base_branchs_report(jobs, tmp_path):
    push, _ = jobs
    check_out("branch", tmp_path / "broken")
    spec = tmp_path / "broken" / "audit.yaml"
    spec.write_text(spec.read_text(encoding="utf-8") + "unknown: 1\n", encoding="utf-8")
    broken = Runner(tmp_path / "broken", push.caches, INPUTS, PULL).job()
    assert broken.code == 1
    assert "judge" not in broken.outputs


def test_results_that_are_of_no_use_any_more_are_not_kept(jobs):
    _, pull = jobs
    results = pull.workspace / "audit" / "results"
    manifest = json.loads((results / "manifest.json").read_text(encoding="utf-8"))
    named = {job["id"] for job in manifest["jobs"]}
    assert {file.stem for file in results.glob("*.safetensors")} == named


def test_pip_installs_the_action_with_the_tested_versions(tmp_path):
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/bash\nprintf "%s\\n" "$@" > "$LOG"\n')
    python.chmod(0o755)
    subprocess.run(
        [
            "bash",
            "--noprofile",
            "--norc",
            "-eo",
            "pipefail",
            "-c",
            step("Install reportgen")["run"],
        ],
        env={
            "PATH": f"{python.parent}:{os.environ['PATH']}",
            "LOG": str(tmp_path / "log"),
            "ACTION": str(ROOT),
            "PIP_ARGS": "--pre --no-cache-dir",
        },
        check=True,
    )
    arguments = (tmp_path / "log").read_text().splitlines()
    assert arguments[-5:] == [
        *("--pre", "--no-cache-dir", "-c"),
        str(ROOT / "constraints.txt"),
        str(ROOT),
    ]
    assert all(Path(path).exists() for path in arguments[-2:])


def test_no_step_runs_what_lies_in_the_checkout(jobs, tmp_path):
    for one in jobs:
        assert [path.name for path in one.workspace.rglob("*.ran")] == []
    check_out("main", tmp_path / "strange")
    install = Runner(tmp_path / "strange", tmp_path, INPUTS | {"pip-args": "--help"}, PUSH)
    assert install.run(step("Install reportgen")) == 0
    assert "pip install" in install.printed  # the real one's help
    assert [path.name for path in install.workspace.rglob("*.ran")] == []


def test_no_script_has_anything_put_into_it():
    """Names of branches and texts of pull requests are others': they come as variables only."""
    scripts = [one["run"] for one in STEPS if "run" in one]
    assert len(scripts) == 8
    assert not any(EXPRESSION.search(script) for script in scripts)


def test_no_program_of_jq_has_anything_put_into_it(tmp_path):
    script = step("Comment on the pull request")["run"]
    (program,) = (part for part in script.split("'") if "startswith" in part)
    assert "$" not in program
    if shutil.which("jq") is None:
        pytest.skip("no jq found")
    bot, person = {"type": "Bot"}, {"type": "User"}
    found = [
        {"id": 1, "user": person, "body": "<!-- a -->\n"},
        {"id": 2, "user": bot, "body": "a"},
        {"id": 3, "user": bot, "body": "<!-- a -->\n"},
    ]
    ran = subprocess.run(
        ["jq", program],
        env=os.environ | {"MARKER": "<!-- a -->"},
        input=json.dumps(found),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "3\n"


def test_every_input_of_the_example_workflow_is_one_of_the_action():
    workflow = yaml.safe_load((EXAMPLE / "github.yml").read_text(encoding="utf-8"))
    audit, publish = workflow["jobs"]["audit"], workflow["jobs"]["publish"]
    (use,) = (one for one in audit["steps"] if "reportgen" in one["uses"])
    assert set(use["with"]) <= set(ACTION["inputs"])
    out = use["with"].get("out", ACTION["inputs"]["out"]["default"])
    assert publish["steps"][0]["with"] == {"artifact_name": f"{out}-pages"}
