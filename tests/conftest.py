"""What all tests share: stored runs with made-up numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

import fakes
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
def complete(complete_folder: Path) -> Results:
    return Results(complete_folder)


@pytest.fixture(scope="session")
def sample(sample_folder: Path) -> Results:
    return Results(sample_folder)
