"""GitHub's runner, as far as the action needs it: steps, expressions, caches and artifacts.

The steps' own scripts are run as GitHub runs them; the actions they use (cache, artifacts) are
stood in for by folders, the comments of a pull request by a file.
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
from urllib.parse import quote, unquote

import yaml

from reportgen.resources import folder

ROOT = Path(__file__).parents[1]
EXAMPLE = folder("examples") / "pull-request"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")

GH = f"""\
#!{sys.executable} -I
import json, os, shutil, sys

words, store = sys.argv[1:], os.environ["GH_STORE"]
with open(store) as file:
    comments = json.load(file)
with open(f"{{store}}.log", "a") as log:
    print(" ".join(words), file=log)
if "download" in words:
    shutil.copytree(os.environ["GH_ARTIFACT"], words[words.index("--dir") + 1], symlinks=True)
elif any(word.endswith("/pulls") for word in words):
    (head,) = (word for word in words if word.startswith("head="))
    pulls = json.loads(os.environ["GH_PULLS"])
    found = [one for one in pulls if "head=" + one["head"]["label"] == head]
    print(*(one["number"] for one in found if one["head"]["sha"] == os.environ["SHA"]))
elif "--jq" in words:
    found = [one for one in comments if one["body"].startswith(os.environ["MARKER"])]
    print(*(one["id"] for one in found if one["user"]["type"] == "Bot"), sep="\\n")
else:
    (field,) = (word for word in words if word.startswith("body=@"))
    with open(field.removeprefix("body=@")) as file:
        body = file.read()
    if "PATCH" in words:
        number = int(words[words.index("PATCH") + 1].rpartition("/")[2])
        (old,) = (one for one in comments if one["id"] == number)
        old["body"] = body
    else:
        comments.append({{"id": 100 + len(comments), "user": {{"type": "Bot"}}, "body": body}})
    with open(store, "w") as file:
        json.dump(comments, file)
"""
"""``gh`` on the comments in a file, for the programs that are run with ``--jq``."""

STRANGE = ("json", "pip", "reportgen", "site", "sitecustomize", "torch", "usercustomize", "yaml")
"""Modules that lie in the checkout, where a stranger may put them."""


@dataclass
class Runner:
    """One use of the action: a workspace, its caches, and what its steps have set.

    ``artifacts`` are those of the workflow's run, by name, each a list of paths.
    """

    workspace: Path
    caches: Path
    inputs: dict[str, str]
    github: dict[str, str]
    artifacts: dict[str, list[str]] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    printed: str = ""
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
                "GH_STORE": str(self.workspace / "comments.json"),
            }
            | env,
            timeout=300,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.printed += found.stdout
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
            hit = next((c for key in keys for c in saved if unquote(c.name).startswith(key)), None)
            for path in paths if hit else ():
                if (hit / path).exists():
                    shutil.copytree(hit / path, self.workspace / path, dirs_exist_ok=True)
        elif action == "actions/cache/save":
            assert "," not in given["key"]
            cache = self.caches / quote(given["key"], safe="")
            for path in paths:
                if (self.workspace / path).exists():
                    shutil.copytree(self.workspace / path, cache / path)
        elif action.startswith("actions/upload-"):
            found = [path for path in paths if path[0] != "!" and (self.workspace / path).exists()]
            name = given.get("name", "github-pages" if "pages" in action else "artifact")
            if given.get("archive") == "False":  # as Python writes what YAML calls false
                assert found == paths
                assert (self.workspace / paths[0]).is_file()
                name = Path(paths[0]).name
            assert name not in self.artifacts, "an artifact of this run has this name already"
            self.artifacts[name] = found
            url = {"artifact-url": f"https://example.org/artifact/{name}"}
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


def step(name: str) -> dict[str, Any]:
    (found,) = (one for one in STEPS if one.get("name") == name)
    return found


def check_out(version: str, workspace: Path) -> None:
    """Put a version of the example's repository into the workspace, as a fresh checkout.

    It holds a stranger's modules, which no step may import.
    """
    shutil.rmtree(workspace, ignore_errors=True)
    shutil.copytree(EXAMPLE / version, workspace)
    for name in STRANGE:
        module = "import pathlib\n\npathlib.Path(__file__).with_suffix('.ran').touch()\n"
        (workspace / f"{name}.py").write_text(module)
    (workspace / "bin").mkdir()
    (workspace / "bin" / "gh").write_text(GH)
    (workspace / "bin" / "gh").chmod(0o755)
    (workspace / "comments.json").write_text("[]")


def comments(workspace: Path) -> list[dict[str, Any]]:
    return json.loads((workspace / "comments.json").read_text(encoding="utf-8"))


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
