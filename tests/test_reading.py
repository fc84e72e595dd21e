"""Every command that reads stored results, in every form, on the results that are shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

import reportgen
from reportgen import site
from reportgen.cli.app import app
from reportgen.cli.digest import Use
from reportgen.cli.export import Format
from reportgen.resources import folder

OTHERS = {"demo", "explain", "init", "validate", "build", "serve", "methods", "schema", "pdf"}
"""Commands that read no results: they take a spec, a model, a page or nothing."""

LINES = {
    "check": ["RUN", "RUN --base RUN", "RUN --junit OUT/checks.xml --json OUT/checks.json"],
    "compare": ["RUN RUN --out OUT"],
    "digest": [
        *(f"RUN --for {use.value} --out OUT/digest.md" for use in Use),
        *(f"RUN --for {use.value} --out OUT/digest.md --base RUN" for use in Use),
        *(f"RUN --out OUT/digest.md --chart OUT/chart.{ending}" for ending in ("png", "svg")),
        "RUN --out OUT/digest.md --base RUN --chart OUT/chart.svg",
    ],
    "export": [f"RUN --format {format.value} --out OUT" for format in Format],
    "render": [f"RUN --format {format} --out OUT" for format in ("single-file", "site")],
    "merge": ["RUN --out OUT"],
    "site": ["RUN --out OUT"],
    "verify": ["PAGE --results RUN"],
}
"""What each of the others is tried with.

``RUN`` is the run, ``PAGE`` its page, ``OUT`` an empty folder.
"""


@pytest.fixture(scope="session", params=["demo", "sample"])
def run(request: pytest.FixtureRequest) -> Path:
    if request.param == "demo":
        return request.getfixturevalue("demo_folder")
    return folder("examples") / "sample"


@pytest.fixture(scope="session")
def page(run, tmp_path_factory) -> Path:
    return site.render(run, tmp_path_factory.mktemp("page")).path


def test_every_command_that_reads_results_is_tried():
    names = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert names == OTHERS | set(LINES)
    assert not OTHERS & set(LINES)


@pytest.mark.parametrize(
    "line", [f"{name} {line}" for name, lines in LINES.items() for line in lines]
)
def test_the_shipped_results_are_read(command, run, page, tmp_path, line):
    places = {"RUN": str(run), "OUT": str(tmp_path), "PAGE": str(page)}
    words = [places.get(word) or word.replace("OUT/", f"{tmp_path}/") for word in line.split()]
    code, out, err = command(*words)
    if words[0] == "check" and run.name == "sample":
        assert code == 1
        assert "the spec of these results has no checks" in err
        return
    assert (code, err) == (0, "")
    asked = [Path(word) for word in words if word.startswith(f"{tmp_path}/")]
    assert [path.name for path in asked if not path.stat().st_size] == []
    assert out or asked
    if str(tmp_path) in words:
        assert list(tmp_path.iterdir())


def test_python_reads_the_shipped_results(run, tmp_path):
    results = reportgen.load(run)
    inputs = len(results.jobs())
    assert inputs == len(results.manifest.jobs) > 0
    for table in ("predictions", "tokens", "words", "convergence", "agreement"):
        assert len(getattr(results, table)()) > 0, table
    for table in ("random_logit", "checks"):  # which the sample's spec does not ask for
        assert (len(getattr(results, table)()) > 0) == (run.name != "sample"), table
    assert reportgen.compare(results, run).changes
    assert results._repr_html_().startswith("<iframe")
    written = reportgen.render(results, tmp_path)
    assert written.path.is_file()
