"""What all tests share: stored runs with made-up numbers."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import fakes
import reportgen
from reportgen import cli
from reportgen.resources import folder
from reportgen.results.tables import Results


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with every kind of card, one of each."""
    return fakes.sample_run(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def complete_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of every task with the arrays of all methods."""
    return fakes.complete_run(tmp_path_factory.mktemp("complete"))


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's run, built from the bundled models: half a minute, so for all tests once."""
    out = tmp_path_factory.mktemp("demo")
    reportgen.run(folder("examples") / "demo" / "audit.yaml", out=out)
    return out


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
