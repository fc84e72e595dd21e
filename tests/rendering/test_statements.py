"""Every number of a page is what the tables of its run say; a number that no one answers for fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.results.tables import Results
from statements import check_page


def problems(run: Path, page: Path) -> list[str]:
    return check_page(page.read_text(encoding="utf-8"), Results(run))


@pytest.mark.long("demo")
def test_the_demo_says_what_its_numbers_say(demo_folder):
    assert problems(demo_folder, demo_folder / "report.html") == []
