"""The sample site in the repository is what its documented command writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reportgen import site
from reportgen.resources import folder

SAMPLE = folder("examples") / "sample"


def pages(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for pattern in ("index.html", "inputs/*.html", "assets/*")
        for path in root.glob(pattern)
    }


@pytest.fixture(scope="module")
def rendered(tmp_path_factory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("sample")
    site.render(SAMPLE, out)
    return pages(out)


def test_the_sample_site_is_the_one_that_its_results_give(rendered):
    kept = pages(SAMPLE)
    assert sorted(kept) == sorted(rendered)
    assert [name for name in kept if kept[name] != rendered[name]] == []


def test_the_sample_is_small_enough_to_read(rendered):
    assert sum(map(len, rendered.values())) < 400_000
    assert len(rendered) == 1 + 3 + 2  # no chart needs the chart library


def test_the_sample_names_no_place_of_the_machine_it_was_built_on():
    for path in SAMPLE.rglob("*"):
        if path.is_file() and path.suffix in {".html", ".json", ".yaml"}:
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"/(home|root|tmp|work|Users)/", text), path.name
