"""What a command loads: only what it needs, since some libraries take longer than its work."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import fakes
import reportgen
from reportgen.resources import folder

CHECKS = [{"prediction": {"equals": "POSITIVE"}}]

MODELS = {"torch", "transformers", "captum"}
CHARTS = {"altair", "vl_convert"}
TABLES = {"pandas", "pyarrow"}
PAGES = {"jinja2"}
ALL = MODELS | CHARTS | TABLES | PAGES
"""What a command loads only to run a model, draw with Altair, make tables or write pages."""

DEMO = str(folder("examples") / "demo" / "audit.yaml")

COMMANDS = {
    "--help": ALL | {"numpy", "pydantic", "rich"},
    "methods": ALL | {"numpy", "rich"},
    "schema": ALL | {"numpy", "rich"},
    f"validate {DEMO}": ALL | {"numpy", "rich"},
    f"build {DEMO} --out NEW --dry-run": ALL | {"rich"},
    f"build {DEMO} --out NEW --explain": ALL | {"rich"},
    "check RUN --junit NEW/x.xml --json NEW/x.json": ALL | {"rich"},
    "digest RUN": ALL | {"rich"},
    "digest RUN --base BASE --out NEW/d.md": ALL | {"rich"},
    "digest RUN --chart NEW/words.svg": ALL - CHARTS - PAGES | {"rich"},  # Altair loads Jinja
    "compare BASE RUN --out NEW": ALL - PAGES | {"rich"},
    "render RUN --out NEW": ALL - PAGES | {"rich"},
    "render RUN --out NEW --format site": ALL - PAGES | {"rich"},
    "render LIVE --out NEW": ALL - PAGES - CHARTS | {"rich"},
    "site RUN BASE --out NEW": ALL - PAGES,
    "verify PAGE/report.html --results RUN": ALL - PAGES,
    "export RUN --format json --out NEW": ALL - TABLES | {"rich"},
}


@pytest.fixture(scope="module")
def places(tmp_path_factory) -> dict[str, str]:
    """Runs without a live chart, one that has some, and a page."""
    root = tmp_path_factory.mktemp("startup")
    plain = fakes.classified("Not a bad film.", "1" * 32)
    fakes.checked_run(root / "RUN", [plain], CHECKS)
    fakes.checked_run(root / "BASE", [fakes.classified("A film.", "2" * 32)], CHECKS)
    fakes.checked_run(root / "LIVE", [fakes.with_everything(plain)], CHECKS)
    reportgen.render(root / "RUN", root / "PAGE")
    return {name: str(root / name) for name in ("RUN", "BASE", "LIVE", "PAGE")}


@pytest.mark.parametrize(("line", "needless"), COMMANDS.items())
def test_a_command_loads_nothing_that_it_does_not_need(line, needless, places, tmp_path):
    (tmp_path / "NEW").mkdir()
    for name, place in (places | {"NEW": str(tmp_path / "NEW")}).items():
        line = line.replace(name, place)
    code = (
        "import sys\n"
        "from reportgen import cli\n"
        "try: cli.app(sys.argv[1:])\n"
        "except SystemExit as stop: assert not stop.code, stop.code\n"
        "import json; print(json.dumps(sorted(name.partition('.')[0] for name in sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *line.split()],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "reportgen" in loaded
    assert loaded & needless == set()
