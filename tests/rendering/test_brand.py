"""The accent colour: the user's own where it can be read, else the nearest that can."""

from __future__ import annotations

import re

import pytest

from reportgen.rendering import brand
from reportgen.resources import folder


@pytest.mark.parametrize("color", ["#ffd400", "#000000", "#ffffff", "#2b4fc7", "#7f7f7f"])
def test_text_in_the_accent_colour_can_be_read_in_both_themes(color):
    pair = re.findall(r"#[0-9a-f]{6}", brand.accent(color))
    for text, paper in zip(pair, brand.PAPER.values(), strict=True):
        channels = tuple(int(text[i : i + 2], 16) for i in (1, 3, 5))
        assert brand.contrast(channels, paper) >= 5


def test_a_readable_colour_is_kept():
    assert "light-dark(#2b4fc7," in brand.accent("#2b4fc7")


def test_contrast_is_that_of_wcag():
    assert brand.contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert brand.contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.005)


def test_the_papers_are_those_of_the_stylesheet():
    style = (folder("templates") / "css" / "base.css").read_text()
    found = re.search(r"--paper: light-dark\(#(\w{6}), #(\w{6})\)", style)
    papers = tuple(tuple(bytes.fromhex(value)) for value in found.groups())
    assert papers == tuple(brand.PAPER.values())
