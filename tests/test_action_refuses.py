"""What the GitHub action refuses before it runs anything, and whose results it may take."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from runner import EXAMPLE, INPUTS, PULL, PUSH, ROOT, STEPS, Runner, check_out

FIRST = STEPS[0]


def first_step(workspace: Path, inputs: dict[str, str] = INPUTS, **github: str) -> Runner:
    """Run the first step of all on a checkout."""
    runner = Runner(workspace, workspace, inputs, PUSH | github)
    runner.code = runner.run(FIRST)
    return runner


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    check_out("main", tmp_path / "checkout")
    return tmp_path / "checkout"


@pytest.mark.parametrize(
    "event",
    ["pull_request_target", "workflow_run", "issue_comment", "pull_request_review", "discussion"],
)
def test_events_that_strangers_cause_stop_it_at_once(workspace, tmp_path, event):
    stopped = Runner(workspace, tmp_path, INPUTS, PULL | {"event_name": event}).job()
    assert stopped.code == 1
    assert stopped.printed == (
        f"::error::reportgen does not run on {event}, where a stranger's spec and models could "
        "use this repository's token and caches: run it on pull_request\n"
    )
    assert set(stopped.outputs) == {"safe"}  # no other step has run
    assert stopped.outputs["safe"] == {}
    assert not (workspace / "audit").exists()


@pytest.mark.parametrize("event", ["push", "pull_request", "schedule", "workflow_dispatch"])
def test_other_events_are_welcome(workspace, event):
    assert first_step(workspace, event_name=event).code == 0


@pytest.mark.parametrize(
    "out",
    [
        *("", ".", "..", ".git", "-rf", "a/b", "/tmp/a", "../a", "a b", "a\nb", "a\n", "a*", "a?"),
        *("[a]", "a,b", "a:b", "~", "$HOME", "a\\b", "ä", "a" * 65),
    ],
)
def test_out_is_a_plain_name(workspace, out):
    stopped = first_step(workspace, INPUTS | {"out": out})
    assert stopped.code == 1
    assert stopped.printed == (
        "::error::out has to be a plain name: letters, digits, _ . -, no . or - first, 64 at most\n"
    )


@pytest.mark.parametrize("out", ["a", "audit", "_1", "A.b-c_2", "a" * 64])
def test_plain_names_are_taken(workspace, out):
    assert first_step(workspace, INPUTS | {"out": out}).code == 0


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_what_the_checkout_holds_is_not_taken_for_results_of_the_base_branch(workspace, kind):
    if kind == "folder":
        (workspace / "audit" / "results").mkdir(parents=True)
        (workspace / "audit" / "results" / "manifest.json").write_text("{}")
    else:
        (workspace / "audit").symlink_to("/nowhere")
    stopped = first_step(workspace)
    assert stopped.code == 1
    assert stopped.printed == (
        "::error::the checkout has audit already, where only reportgen may write: "
        "name another out\n"
    )


@pytest.mark.parametrize(
    "spec", ["", "missing.yaml", "model", "../outside.yaml", "--dry-run", "linked.yaml", "."]
)
def test_the_spec_is_a_file_of_the_checkout(workspace, spec):
    (workspace.parent / "outside.yaml").write_text("title: a")
    (workspace / "linked.yaml").symlink_to("../outside.yaml")
    (workspace / "--dry-run").write_text("title: a")
    stopped = first_step(workspace, INPUTS | {"spec": spec})
    assert stopped.code == 1
    assert stopped.printed == "::error::spec has to be a file of the checkout\n"


def test_a_spec_may_have_a_name_that_a_shell_would_read(workspace):
    name = "a $(touch ran) 'b'/\"audit\" #1.yaml"
    (workspace / name).parent.mkdir()
    (workspace / name).write_text("title: a")
    assert first_step(workspace, INPUTS | {"spec": name}).code == 0
    assert not (workspace / "ran").exists()


def keys(workspace: Path, out: str, branch: str, **github: str) -> str:
    """Return what the keys of a branch's caches begin with."""
    inputs = INPUTS | {"out": out}
    return first_step(workspace, inputs, ref_name=branch, **github).outputs["safe"]["key"]


def test_no_cache_is_restored_for_another_branch_or_spec(workspace):
    branches = ("main", "main-2", "main/2", "a-main", "2", "a,b", "a-b")
    found = {(o, b): keys(workspace, o, b) for o in ("a", "a-main", "a.b") for b in branches}
    for one, key in found.items():
        assert "," not in key  # or the cache refuses it
        assert [other for other, saved in found.items() if saved.startswith(key)] == [one]
    # a pull request finds those of its base branch
    pull = keys(workspace, "a", "7/merge", event_name="pull_request", base_ref="main-2")
    assert pull == found["a", "main-2"]


def test_a_branch_finds_only_its_own_results(tmp_path):
    """``main`` and ``main-2``, ``a`` and ``a-main``: each began with the other's key once."""
    caches = tmp_path / "caches"
    caches.mkdir()
    for branch in ("main", "main-2"):
        for out in ("a", "a-main"):
            saver = use(tmp_path / "save", caches, out, PUSH | {"ref_name": branch})
            (saver.workspace / out / "results").mkdir(parents=True)
            (saver.workspace / out / "results" / "whose").write_text(f"{out} of {branch}")
            saver.use(next(one for one in STEPS if one.get("name") == "Save the results"))
    for branch in ("main-2", "main", "ma"):
        for out in ("a", "a-main"):
            pull = use(tmp_path / "pull", caches, out, PULL | {"base_ref": branch})
            pull.use(next(one for one in STEPS if "restore" in one.get("uses", "")))
            found = [path.read_text() for path in pull.workspace.glob("*/results/whose")]
            assert found == ([] if branch == "ma" else [f"{out} of {branch}"])


def use(workspace: Path, caches: Path, out: str, github: dict[str, str]) -> Runner:
    check_out("main", workspace)
    runner = Runner(workspace, caches, INPUTS | {"out": out}, github)
    assert runner.run(FIRST) == 0
    return runner


def test_pull_requests_save_and_publish_nothing():
    for one in STEPS:
        if "cache/save" in one.get("uses", "") or "pages" in one.get("uses", ""):
            assert "github.event_name != 'pull_request'" in one["if"]


PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


@pytest.mark.parametrize(
    "path",
    [ROOT / "action.yml", *sorted(EXAMPLE.glob("github*.yml")), *sorted(ROOT.glob("docs/*.md"))],
    ids=lambda path: path.name,
)
def test_every_action_is_named_by_its_commit(path):
    """A tag can be moved to other code, a commit cannot; our own is the reader's to fill in."""
    text = path.read_text(encoding="utf-8")
    found = re.findall(r"^\s*(?:- )?uses: *(.*?)\s*$", text, re.MULTILINE)
    ours = "OWNER/reportgen@COMMIT # v0.1.0"
    assert [use for use in found if use != ours and not PINNED.fullmatch(use)] == []
    if path.name == "action.yml":
        assert len(found) == sum("uses" in one for one in STEPS) == 6


@pytest.mark.parametrize("path", sorted(EXAMPLE.glob("github*.yml")), ids=lambda path: path.name)
def test_the_example_workflows_may_do_no_more_than_they_need(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {}
    events = set(workflow[True])  # YAML 1.1 reads "on" as a truth value
    assert events <= {"push", "pull_request", "workflow_run"}
    for job in workflow["jobs"].values():
        assert "contents" not in job["permissions"] or job["permissions"]["contents"] == "read"
        uses = [one.get("uses", "") for one in job["steps"]]
        if "workflow_run" in events:  # it may write: nothing of the fork is run there
            assert uses == [""]
            assert "reportgen " not in job["steps"][0]["run"]
        for one in job["steps"]:
            if one.get("uses", "").startswith("actions/checkout@"):
                assert one["with"] == {"persist-credentials": False}


def test_what_it_runs_on_is_told():
    listed = re.findall(r"^ *([a-z_]+(?: \| [a-z_]+)*)\) ;;", FIRST["run"], re.MULTILINE)
    events = [event for line in listed for event in line.split(" | ")]
    assert len(events) == 7
    text = " ".join((ROOT / "docs" / "ci.md").read_text(encoding="utf-8").split())
    said = text[text.index("It runs on `push`") :].partition(". ")[0]
    assert re.findall("`([a-z_]+)`", said) == events
