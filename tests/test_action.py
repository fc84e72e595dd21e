"""The GitHub action, step by step on this machine: in a push and in a pull request.

The steps' own scripts are run as GitHub runs them; the actions they use (cache, artifacts) are
stood in for by folders.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from reportgen.resources import folder

ROOT = Path(__file__).parents[1]
EXAMPLE = folder("examples") / "pull-request"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")

GH = """\
#!/bin/bash
printf '%s\\n' "$*" >> "$GH_LOG"
case "$*" in
  *--jq*) cat "$GH_FOUND" ;;
  *) for one in "$@"; do case "$one" in body=@*) cp "${one#body=@}" "$GH_LOG.body" ;; esac; done ;;
esac
"""


@dataclass
class Runner:
    """A workspace, its caches and what a job on it has set."""

    workspace: Path
    caches: Path
    inputs: dict[str, str]
    github: dict[str, str]
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    uploaded: dict[str, list[str]] = field(default_factory=dict)
    code: int = 0

    def job(self) -> Runner:
        """Run every step whose condition holds, until one fails."""
        for step in STEPS:
            if self.code == 0 and self.holds(step.get("if", "true")):
                if "uses" in step:
                    self.use(step)
                elif step["name"] != "Install reportgen":
                    self.code = self.run(step)
        return self

    def run(self, step: dict[str, Any]) -> int:
        assert step["shell"] == "bash"
        output = self.workspace / ".output"
        output.write_text("")
        env = {name: self.resolve(value) for name, value in step.get("env", {}).items()}
        found = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.workspace,
            env=os.environ
            | {
                "PATH": f"{self.workspace}/bin:{Path(sys.executable).parent}:{os.environ['PATH']}",
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(self.workspace / "summary.md"),
                "GH_LOG": str(self.workspace / "gh.log"),
                "GH_FOUND": str(self.workspace / "gh.found"),
            }
            | env,
            timeout=300,
        )
        lines = (line.partition("=") for line in output.read_text().splitlines())
        self.outputs[step.get("id", step["name"])] = {name: value for name, _, value in lines}
        return found.returncode

    def use(self, step: dict[str, Any]) -> None:
        action = step["uses"].partition("@")[0]
        given = {name: self.resolve(str(value)) for name, value in step.get("with", {}).items()}
        paths = [path for path in given.get("path", "").split("\n") if path]
        if action == "actions/cache/restore":
            keys = [given["key"], *given["restore-keys"].split()]
            saved = sorted(self.caches.glob("*"), key=lambda path: -path.stat().st_mtime)
            hit = next((c for key in keys for c in saved if c.name.startswith(key)), None)
            for path in paths if hit else ():
                if (hit / path).exists():
                    shutil.copytree(hit / path, self.workspace / path, dirs_exist_ok=True)
        elif action == "actions/cache/save":
            for path in paths:
                if (self.workspace / path).exists():
                    shutil.copytree(self.workspace / path, self.caches / given["key"] / path)
        elif action.startswith("actions/upload-"):
            found = [path for path in paths if path[0] != "!" and (self.workspace / path).exists()]
            if given.get("archive") == "false":
                assert found == paths
                assert (self.workspace / paths[0]).is_file()
            self.uploaded[step["name"]] = found
            url = {"artifact-url": "https://example.org/artifact"}
            self.outputs[step.get("id", step["name"])] = url
        else:
            assert action == "actions/setup-python"

    def resolve(self, text: str) -> str:
        return EXPRESSION.sub(lambda match: self.value(match[1]), text)

    def value(self, expression: str) -> str:
        """Evaluate names, texts in quotes and comparisons with && and ||, as GitHub does."""
        found = ""
        for alternative in expression.split("||"):
            for part in alternative.split("&&"):
                found = self.term(part.strip())
                if not found:
                    break
            if found:
                break
        return found

    def term(self, text: str) -> str:
        if "==" in text:
            return "true" if self.compared(text) else ""
        return text[1:-1] if text.startswith("'") else self.look_up(text)

    def look_up(self, name: str) -> str:
        match name.split("."):
            case ["inputs", key]:
                return self.inputs.get(key, ACTION["inputs"][key].get("default", ""))
            case ["steps", step, "outputs", key]:
                return self.outputs.get(step, {}).get(key, "")
            case ["github", *keys]:
                return self.github.get(".".join(keys), "")
        raise AssertionError(name)

    def holds(self, condition: str) -> bool:
        parts = (part.strip() for part in condition.split("&&"))
        return all(part == "true" or self.compared(part) for part in parts)

    def compared(self, part: str) -> bool:
        name, relation, value = re.fullmatch(r"(\S+) (==|!=) '(.*)'", part).groups()
        return (self.look_up(name) == value) == (relation == "==")


def check_out(version: str, workspace: Path) -> None:
    """Put a version of the example's repository into the workspace, as a fresh checkout."""
    shutil.rmtree(workspace, ignore_errors=True)
    shutil.copytree(EXAMPLE / version, workspace)
    (workspace / "bin").mkdir()
    (workspace / "bin" / "gh").write_text(GH)
    (workspace / "bin" / "gh").chmod(0o755)
    (workspace / "gh.found").write_text("")


PUSH = {"event_name": "push", "ref_name": "main", "sha": "1" * 40, "repository": "org/repo"}
PULL = {
    "event_name": "pull_request",
    "ref_name": "7/merge",
    "base_ref": "main",
    "sha": "2" * 40,
    "repository": "org/repo",
    "event.pull_request.number": "7",
    "token": "secret",
}
INPUTS = {"spec": "audit.yaml", "out": "audit", "fail-on": "wrong check", "pages": "true"}


@pytest.fixture(scope="module")
def jobs(tmp_path_factory) -> tuple[Runner, Runner]:
    """A push to main, then a pull request with the defective model, both in full."""
    root = tmp_path_factory.mktemp("action")
    caches = root / "caches"
    caches.mkdir()
    check_out("main", root / "push")
    push = Runner(root / "push", caches, INPUTS, PUSH).job()
    check_out("branch", root / "pull")
    return push, Runner(root / "pull", caches, INPUTS, PULL).job()


def test_a_push_passes_saves_its_results_and_adds_to_the_history(jobs):
    push, _ = jobs
    assert push.code == 0
    assert push.outputs["judge"]["status"] == "0"
    (saved,) = push.caches.iterdir()
    assert (saved / "audit" / "results" / "manifest.json").is_file()
    assert push.uploaded["Upload the history for GitHub Pages"] == ["audit/history"]
    history = (push.workspace / "audit" / "history" / "index.html").read_text(encoding="utf-8")
    assert "Sentiment of film reviews" in history
    assert not (push.workspace / "gh.log").exists()  # nothing to comment on


def test_a_pull_request_with_a_defective_model_fails_and_says_why(jobs):
    _, pull = jobs
    assert pull.outputs["judge"]["status"] == "2"
    assert pull.code == 2
    share = pull.workspace / "audit" / "share"
    assert "updated" in (share / "compare.html").read_text(encoding="utf-8")
    assert "<failure" in (share / "checks.xml").read_text(encoding="utf-8")
    summary = (pull.workspace / "summary.md").read_text(encoding="utf-8")
    assert "updated" in summary
    assert "https://example.org/artifact" in summary
    assert len(list(pull.caches.iterdir())) == 1  # a pull request saves nothing


def test_the_comment_is_the_digest_and_is_written_anew(jobs):
    _, pull = jobs
    log = pull.workspace / "gh.log"
    comment = (pull.workspace / "audit" / "share" / "comment.md").read_text(encoding="utf-8")
    assert "--method POST repos/org/repo/issues/7/comments" in log.read_text()
    assert Path(f"{log}.body").read_text(encoding="utf-8") == comment
    assert comment.startswith("<!-- reportgen:audit -->\n")
    (pull.workspace / "gh.found").write_text("42\n")
    log.unlink()
    (step,) = (step for step in STEPS if step.get("name") == "Comment on the pull request")
    assert pull.run(step) == 0
    assert "--method PATCH repos/org/repo/issues/comments/42" in log.read_text()


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
    (step,) = (step for step in STEPS if step.get("name") == "Install reportgen")
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/bash\nprintf "%s\\n" "$@" > "$LOG"\n')
    python.chmod(0o755)
    subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
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


def test_no_script_has_anything_put_into_it():
    """Names of branches and texts of pull requests are others': they come as variables only."""
    scripts = [step["run"] for step in STEPS if "run" in step]
    assert len(scripts) == 7
    assert not any(EXPRESSION.search(script) for script in scripts)


def test_every_input_of_the_example_workflow_is_one_of_the_action():
    workflow = yaml.safe_load((EXAMPLE / "github.yml").read_text(encoding="utf-8"))
    (step,) = (s for s in workflow["jobs"]["audit"]["steps"] if "reportgen" in s["uses"])
    assert set(step["with"]) <= set(ACTION["inputs"])
    assert workflow["permissions"]["pull-requests"] == "write"


def gitlab(version: str, workspace: Path, **variables: str) -> int:
    """Run the script of the GitLab pipeline on a checkout of a version."""
    pipeline = yaml.safe_load((EXAMPLE / "gitlab.yml").read_text(encoding="utf-8"))["audit"]
    for name in ("audit.yaml", "model"):
        source, target = EXAMPLE / version / name, workspace / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)
    for rule in pipeline["rules"]:
        if ("merge_request" in rule["if"]) == ("CI_MERGE_REQUEST_IID" in variables):
            variables = rule.get("variables", {}) | variables
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join(pipeline["script"])],
        cwd=workspace,
        env=os.environ
        | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        | {"CI_JOB_URL": "https://example.org/job", "CI_DEFAULT_BRANCH": "main"}
        | pipeline["variables"]
        | variables,
        timeout=300,
    ).returncode


def test_the_gitlab_pipeline_does_the_same(tmp_path):
    assert gitlab("main", tmp_path, CI_COMMIT_BRANCH="main") == 0
    saved = (tmp_path / "saved" / "results" / "manifest.json").read_bytes()
    shutil.rmtree(tmp_path / "audit")  # only what is cached is there in the next pipeline
    assert gitlab("branch", tmp_path, CI_MERGE_REQUEST_IID="7") == 2
    share = tmp_path / "audit" / "share"
    assert {path.name for path in share.iterdir()} == {
        *("checks.xml", "comment.md", "compare.html", "compare.json", "report.html"),
    }
    assert "`updated`" in (share / "comment.md").read_text(encoding="utf-8")
    assert (tmp_path / "saved" / "results" / "manifest.json").read_bytes() == saved  # still main's
