"""The check of the pages' script that CI runs: ``npm run check`` after ``npm ci``."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from reportgen.rendering.brand import Brand
from reportgen.rendering.pages import Pages

ROOT = Path(__file__).parents[1]
TOOLS = ROOT / "node_modules"


@pytest.fixture
def code(tmp_path):
    """Copy the browser code and what checks it."""
    if not TOOLS.is_dir():
        pytest.skip("npm ci was not run")
    for name in ("package.json", "tsconfig.json"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("js", "serve"):
        shutil.copytree(ROOT / "templates" / name, tmp_path / "templates" / name)
    (tmp_path / "node_modules").mkdir()
    for tool in TOOLS.iterdir():
        (tmp_path / "node_modules" / tool.name).symlink_to(tool)
    return tmp_path


def check(code: Path) -> tuple[int, str]:
    done = subprocess.run(
        ["npm", "run", "--silent", "check"], cwd=code, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_the_check_finds_what_is_wrong(code):
    assert check(code) == (0, "")
    module = code / "templates" / "js" / "side.js"
    ours = module.read_text()
    module.write_text(ours.replace("button.hidden = false", "button.hiden = false"))
    status, said = check(code)
    assert status != 0
    assert "templates/js/side.js(" in said
    assert "Property 'hiden' does not exist" in said
    # A change of a module that is not in the pages' script.
    module.write_text(ours.replace('"folded"', '"is-folded"'))
    status, said = check(code)
    assert status != 0
    assert "node_modules/bundle.js templates/js/bundle.js differ" in said
    subprocess.run(["npm", "run", "--silent", "bundle"], cwd=code, check=True, capture_output=True)
    assert check(code) == (0, "")


def test_the_script_makes_no_markup_and_runs_no_text():
    script = Pages(Brand()).script()
    assert "textContent" in script
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b", script)
    assert not re.findall(r"new Function|setAttribute\(\"on|javascript:", script)


def test_the_names_of_the_script_are_its_own():
    lines = Pages(Brand()).script().splitlines()
    body = "\n".join(line for line in lines if line and not line.startswith("//"))
    assert body.startswith('"use strict";(()=>{')
    assert body.endswith("})();")
    assert set(re.findall(r"window\.(\w+)=(?!=)", body)) == {
        "reportgenMap",  # which the files of a site's maps call
        "reportgenRows",  # and those of the columns of a large run's index
    }
