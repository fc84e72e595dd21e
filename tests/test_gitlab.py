"""The GitLab pipeline, job by job on this machine: on the default branch and in a merge request."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from runner import EXAMPLE

PIPELINE = yaml.safe_load((EXAMPLE / "gitlab.yml").read_text(encoding="utf-8"))


def run(job: str, workspace: Path, **variables: str) -> tuple[int, str]:
    """Run a job's script with the variables of its rule; return its exit code and output."""
    merging = "CI_MERGE_REQUEST_IID" in variables
    for rule in PIPELINE[job]["rules"]:
        if ("merge_request" in rule["if"]) == merging:
            variables = rule.get("variables", {}) | variables
    found = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join(PIPELINE[job]["script"])],
        cwd=workspace,
        env=os.environ
        | {"PATH": f"{workspace}/bin:{Path(sys.executable).parent}:{os.environ['PATH']}"}
        | {"CI_JOB_URL": "https://example.org/job", "CI_DEFAULT_BRANCH": "main"}
        | PIPELINE[job]["variables"]
        | variables,
        timeout=300,
        stdout=subprocess.PIPE,
        text=True,
    )
    return found.returncode, found.stdout


def check_out(version: str, workspace: Path) -> None:
    for name in ("audit.yaml", "model"):
        source, target = EXAMPLE / version / name, workspace / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            shutil.copy(source, target)


@pytest.mark.long
def test_the_pipeline_does_the_same_as_the_action(tmp_path):
    check_out("main", tmp_path)
    assert run("audit", tmp_path, CI_COMMIT_BRANCH="main")[0] == 0
    saved = (tmp_path / "saved" / "results" / "manifest.json").read_bytes()
    shutil.rmtree(tmp_path / "audit")  # only what is cached is there in the next pipeline
    check_out("branch", tmp_path)
    assert run("audit", tmp_path, CI_MERGE_REQUEST_IID="7")[0] == 2
    share = tmp_path / "audit" / "share"
    assert {path.name for path in share.iterdir()} == {
        *("checks.xml", "comment.md", "compare.html", "compare.json", "report.html"),
    }
    assert "`updated`" in (share / "comment.md").read_text(encoding="utf-8")
    assert (tmp_path / "saved" / "results" / "manifest.json").read_bytes() == saved  # still main's


def test_results_that_are_committed_are_not_taken_for_the_default_branchs(tmp_path):
    check_out("branch", tmp_path)
    (tmp_path / "saved" / "results").mkdir(parents=True)
    (tmp_path / "saved" / "results" / "manifest.json").write_text("{}")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", "--force", "saved"], cwd=tmp_path, check=True)
    code, printed = run("audit", tmp_path, CI_MERGE_REQUEST_IID="7")
    assert (code, printed) == (1, "saved and audit must not be in the repository\n")
    assert not (tmp_path / "audit").exists()


def test_the_default_branch_reads_no_cache_that_others_may_write():
    policies = PIPELINE["audit"]["variables"]
    merging = next(r["variables"] for r in PIPELINE["audit"]["rules"] if "variables" in r)
    for cache in PIPELINE["audit"]["cache"]:
        name = cache["policy"].removeprefix("$")
        assert policies[name] == ("push" if cache.get("unprotect") else "pull-push")
        assert merging[name] == "pull"
    keys = [cache["key"] for cache in PIPELINE["audit"]["cache"]]
    assert len(set(keys)) == len(keys) == 2


def test_the_token_is_in_no_job_that_runs_a_model(tmp_path):
    assert "COMMENT_TOKEN" not in yaml.safe_dump(PIPELINE["audit"])
    assert "environment" not in PIPELINE["audit"]
    assert PIPELINE["comment"]["environment"] == {"name": "audit-comment", "action": "access"}
    share, curl = tmp_path / "audit" / "share", tmp_path / "bin" / "curl"
    share.mkdir(parents=True)
    (share / "comment.md").write_text("fine")
    curl.parent.mkdir()
    curl.write_text('#!/bin/bash\nprintf "%s\\n" "$@" > called\n')
    curl.chmod(0o755)
    merge = {
        "CI_MERGE_REQUEST_IID": "7",
        "CI_API_V4_URL": "https://example.org/api",
        "CI_PROJECT_ID": "5",
    }
    assert run("comment", tmp_path, **merge) == (0, "")
    assert not (tmp_path / "called").exists()  # there is no token
    assert run("comment", tmp_path, COMMENT_TOKEN="secret", **merge) == (0, "")
    called = (tmp_path / "called").read_text().splitlines()
    assert called[-1] == "https://example.org/api/projects/5/merge_requests/7/notes"
    assert "body@audit/share/comment.md" in called
    assert "PRIVATE-TOKEN: secret" in called
