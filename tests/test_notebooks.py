"""docs/notebooks.md leads from every figure of Captum's notebooks to its equal in the demo."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from urllib.parse import parse_qs

import pytest

PAGE = (Path(__file__).parents[1] / "docs" / "notebooks.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| figure")
]
LINK = re.compile(r"\[([^\]]+)\]\(\.\./reportgen-demo/report\.html#([\w-]+)(?:\?([^)]*))?\)")
LINKS = [link for row in ROWS for link in LINK.findall(row[2])]


@pytest.fixture(scope="module")
def page(demo_folder):
    return (demo_folder / "report.html").read_text(encoding="utf-8")


def section(page, place):
    """What stands at a place of the page, until the next place of the same input."""
    start = page.index(f'id="{place}"')
    card = place.rpartition("-")[0]
    places = "words|methods|layers|attention|agreement|parts|features|trust"
    end = re.compile(rf'id="{card}-(?:{places})"').search(page, start + 5)
    return page[start : end.start()]


def headings(part):
    """Its headings, summaries and the titles of its figures."""
    found = re.findall(r"<(?:h\d|summary|figcaption)[^>]*>([^<]+)", part)
    return [html.unescape(text).strip() for text in found]


def test_every_figure_of_the_notebooks_is_there():
    named = re.findall(r"\b[12]\.\d+", " ".join(row[0] for row in ROWS))
    assert set(named) == {f"1.{i}" for i in range(1, 9)} | {f"2.{i}" for i in range(1, 12)}
    assert all(len(row) == 4 and row[3] and LINK.search(row[2]) for row in ROWS)


@pytest.mark.parametrize(("title", "place"), sorted({link[:2] for link in LINKS}))
def test_every_section_is_on_the_demo_page(page, title, place):
    assert title in headings(section(page, place))


def test_what_is_named_within_a_section_is_there(page):
    for row in ROWS:
        place = LINK.search(row[2])[2]
        for name in re.findall(r'"([^"]+)"', row[2]):
            assert name in headings(section(page, place)), name


@pytest.mark.parametrize(("place", "choices"), sorted({link[1:] for link in LINKS if link[2]}))
def test_every_link_chooses_what_there_is(page, place, choices):
    part = section(page, place)
    chosen = {name: values[0] for name, values in parse_qs(choices).items()}
    if not place.endswith("-attention"):
        (token,) = chosen.values()
        spread = json.loads(re.search(r'<script type="application/json">(.*?)</script>', part)[1])
        assert spread["tokens"][int(token) - 1] == "kinds"  # as in the original
        return
    layer = chosen.pop("layer", None)
    if layer is not None:
        chosen["layer"] = str(int(layer) - 1)  # from 0 on the page
    for name, value in chosen.items():
        select = {"map": "kind"}.get(name, name)
        options = re.search(rf'<select name="{select}">(.*?)</select>', part)[1]
        assert f'value="{value}"' in options
