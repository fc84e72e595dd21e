"""The comment for pull requests from forks: a job that may write, and takes only a text."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from runner import EXAMPLE, check_out, comments

(STEP,) = yaml.safe_load((EXAMPLE / "github-comment.yml").read_text(encoding="utf-8"))["jobs"][
    "comment"
]["steps"]

SHA = "3" * 40
PULLS = [
    {"number": 6, "head": {"label": "stranger:main", "sha": "4" * 40}},
    {"number": 7, "head": {"label": "stranger:main", "sha": SHA}},
    {"number": 8, "head": {"label": "other:main", "sha": SHA}},
]
NOTICE = "> From the pull request's own run, which its author can make say anything.\n\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    check_out("main", tmp_path / "job")
    (tmp_path / "artifact").mkdir()
    return tmp_path / "job"


def comment(workspace: Path, head: str = "stranger:main", sha: str = SHA) -> tuple[int, str]:
    """Run the job's step on what lies in the artifact; return its exit code and output."""
    artifact = workspace.parent / "artifact"
    temp = workspace.parent / f"temp{len(list(workspace.parent.iterdir()))}"
    temp.mkdir()
    found = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEP["run"]],
        cwd=workspace,
        env=os.environ
        | {
            "PATH": f"{workspace}/bin:{os.environ['PATH']}",
            "RUNNER_TEMP": str(temp),
            "GH_STORE": str(workspace / "comments.json"),
            "GH_ARTIFACT": str(artifact),
            "GH_PULLS": json.dumps(PULLS),
            **{name: STEP["env"][name] for name in ("ARTIFACT", "MARKER")},
            **{"REPOSITORY": "org/repo", "RUN": "1", "HEAD": head, "SHA": sha},
        },
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
    )
    return found.returncode, found.stdout


def test_the_text_is_posted_as_the_forks_and_written_anew(workspace):
    text = workspace.parent / "artifact" / "comment.md"
    for words in ("It is fine.", "It is $(touch ran) `touch ran` '\"; still fine."):
        text.write_text(f"<!-- reportgen:audit -->\n{words}\n", encoding="utf-8")
        assert comment(workspace) == (0, "")
        (one,) = comments(workspace)
        assert one["body"] == f"<!-- reportgen:fork -->\n{NOTICE}{text.read_text()}"
    assert not list(workspace.rglob("ran"))
    log = (workspace / "comments.json.log").read_text(encoding="utf-8")
    assert "--method POST repos/org/repo/issues/7/comments" in log
    assert "run download 1 --repo org/repo --name reportgen-details" in log


def test_a_comment_of_somebody_else_is_left_alone(workspace):
    theirs = {"id": 1, "user": {"type": "User"}, "body": "<!-- reportgen:fork -->\nmine"}
    (workspace / "comments.json").write_text(json.dumps([theirs]))
    (workspace.parent / "artifact" / "comment.md").write_text("fine")
    assert comment(workspace)[0] == 0
    assert comments(workspace)[0] == theirs
    assert len(comments(workspace)) == 2


@pytest.mark.parametrize("kind", ["missing", "large", "link", "folder"])
def test_what_is_no_short_text_is_refused(workspace, kind):
    text = workspace.parent / "artifact" / "comment.md"
    if kind == "large":
        text.write_text("a" * 65_401)
    elif kind == "link":
        text.symlink_to("/etc/hostname")
    elif kind == "folder":
        text.mkdir()
    assert comment(workspace) == (1, "::error::comment.md has to be a file of up to 65,400 bytes\n")
    assert comments(workspace) == []


@pytest.mark.parametrize(("head", "sha"), [("stranger:main", "5" * 40), ("nobody:main", SHA)])
def test_no_pull_request_is_written_to_but_the_runs_own(workspace, head, sha):
    (workspace.parent / "artifact" / "comment.md").write_text("fine")
    code, printed = comment(workspace, head, sha)
    assert (code, printed) == (0, "::notice::The pull request is closed, or has changed since.\n")
    assert comments(workspace) == []
