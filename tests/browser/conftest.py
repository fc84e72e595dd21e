"""A real Chromium: required where REPORTGEN_BROWSER=required (CI), else skipped if absent."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

import reportgen

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        reason = "no Chromium found; install Debian's chromium to run the browser tests"
        if os.environ.get("REPORTGEN_BROWSER") == "required":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def demo(demo_folder: Path) -> Path:
    """The demo's page."""
    return demo_folder / "report.html"


@pytest.fixture(scope="session")
def complete_page(once, complete_folder: Path) -> Path:
    """A page of every task with the arrays of all methods."""
    return once("complete-page", partial(reportgen.render, complete_folder)) / "report.html"


@pytest.fixture(scope="session")
def sample_page(once, sample_folder: Path) -> Path:
    """A page with an error card, a truncated input and one that did not converge."""
    return once("sample-page", partial(reportgen.render, sample_folder)) / "report.html"
