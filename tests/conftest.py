"""What all tests share: stored runs with made-up numbers, made once for all processes."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.main
from filelock import FileLock

import fakes
import reportgen
from reportgen import cli
from reportgen.resources import folder
from reportgen.results.tables import Results

# Processes of a test run share the cores: threads would wait for each other, not compute. What
# tests start has one thread, too.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Commands run in one process: their options are read from the code once, not at each of thousands.
typer.main.get_command = functools.cache(typer.main.get_command)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let every process begin with some of the long tests: what is left at the end are short ones.

    A process gets an equal part of the list (``--dist=worksteal``), and later takes from the end
    of another's. Long tests of one name share what takes so long, and stay together.
    """
    processes = getattr(config, "workerinput", {}).get("workercount", 1)
    together: dict[str, list[pytest.Item]] = {}
    short = []
    for item in items:
        marker = item.get_closest_marker("long")
        if marker is None:
            short.append(item)
        else:
            together.setdefault(marker.args[0] if marker.args else item.nodeid, []).append(item)
    groups = list(together.values())
    ordered: list[pytest.Item] = []
    for process in range(processes):
        part = (len(items) - len(ordered)) // (processes - process)
        begin = [item for group in groups[process::processes] for item in group]
        rest = max(0, part - len(begin))
        ordered += begin + short[:rest]
        del short[:rest]
    items[:] = ordered + short


Once = Callable[[str, Callable[[Path], object]], Path]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Make a folder once for all processes of this test run: the others wait, then read it."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # which is of all workers of this run, and of no other run

    def make(name: str, fill: Callable[[Path], object]) -> Path:
        place = root / name
        with FileLock(root / f"{name}.lock"):
            if not place.exists():
                fresh = tmp_path_factory.mktemp(name)
                fill(fresh)
                fresh.rename(place)  # only what is complete has the name
        return place

    return make


@pytest.fixture(scope="session")
def sample_folder(once: Once) -> Path:
    """A run with every kind of card, one of each."""
    return once("sample", fakes.sample_run)


@pytest.fixture(scope="session")
def complete_folder(once: Once) -> Path:
    """A run of every task with the arrays of all methods."""
    return once("complete", fakes.complete_run)


@pytest.fixture(scope="session")
def demo_folder(once: Once) -> Path:
    """The demo's run and page, built from the bundled models."""
    spec = folder("examples") / "demo" / "audit.yaml"
    return once("demo", lambda out: reportgen.render(reportgen.run(spec, out), out))


@pytest.fixture(scope="session")
def complete(complete_folder: Path) -> Results:
    return Results(complete_folder)


@pytest.fixture(scope="session")
def sample(sample_folder: Path) -> Results:
    return Results(sample_folder)


@pytest.fixture
def command(capsys, monkeypatch):
    """Run a command in this process; return its exit code, output and error output."""

    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["reportgen", *map(str, words)])
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run
