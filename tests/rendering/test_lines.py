"""Line charts: the picture drawn here is the one that Vega draws, and says the same."""

from __future__ import annotations

import itertools
import math
import re
from xml.etree import ElementTree

import pytest

from reportgen.rendering import charts
from reportgen.rendering.lines import LABELS, Line, Scale, labelled, line_chart
from reportgen.rendering.table import Table

SHARES = Scale("share on special tokens", (0, 0.2, 0.4, 0.6, 0.8, 1), percent=True)
CORRELATION = Scale("rank correlation (Spearman)", (-1, -0.5, 0, 0.5, 1))
COLORS = ("#111111", "#222222", "#333333", "#444444")


def draw(values, scale=SHARES, targets=("",)):
    lines = [
        Line(f"<method> & {i}", COLORS[i], tuple(row), target)
        for i, row in enumerate(values)
        for target in targets
    ]
    return line_chart(lines, scale, description="a chart", table=Table((), ()))


def marks(svg):
    """Return where each text, each coloured point and each end of a line stands."""
    texts, points, lines = [], [], []

    def walk(node, x, y):
        for step in re.findall(r"translate\(([^)]*)\)", node.get("transform", "")):
            if "rotate" not in node.get("transform"):
                dx, dy = map(float, step.split(","))
                x, y = x + dx, y + dy
        tag, color = node.tag.rpartition("}")[2], node.get("stroke", "")
        numbers = [float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", node.get("d", ""))]
        if tag == "text":
            texts.append((node.text, x + float(node.get("x", 0)), y + float(node.get("y", 0))))
        elif tag == "circle":
            points.append((x + float(node.get("cx")), y + float(node.get("cy"))))
        elif tag == "path" and "A3.4" in node.get("d", ""):
            points.append((x, y))
        elif tag == "path" and color.startswith("#") and node.get("stroke-width") == "2":
            dashes = (node.get("stroke-dasharray") or "").replace("1,0", "")
            places = [a + (x, y)[i % 2] for i, a in enumerate(numbers)]
            lines.append((color, dashes, places))
        for child in node:
            walk(child, x, y)

    walk(ElementTree.fromstring(svg), 0.0, 0.0)
    return sorted(texts), sorted(points), sorted(lines)


@pytest.mark.parametrize("entries", [1, 2, 4])
@pytest.mark.parametrize("layers", [1, 4, 24])
@pytest.mark.parametrize(("scale", "low"), [(SHARES, 0), (CORRELATION, -1)])
@pytest.mark.parametrize("targets", [("",), ("start", "end")])
def test_the_picture_is_the_one_of_vega(entries, layers, scale, low, targets):
    values = [
        [low + (1 - low) * (0.1 + 0.2 * i + 0.1 * math.sin(layer)) for layer in range(layers)]
        for i in range(entries)
    ]
    if layers > 2:
        values[0][1] = math.nan  # the line goes straight over a missing value
    chart = draw(values, scale, targets)
    theirs = charts.static_svg(chart.spec)
    size = re.compile(r'width="[^"]*" viewBox="[^"]*"')
    assert size.search(chart.svg)[0] == size.search(theirs)[0]
    ours_texts, ours_points, ours_lines = marks(chart.svg)
    texts, points, lines = marks(theirs)
    assert [text for text, *_ in ours_texts] == [text for text, *_ in texts]
    for (text, *place), (_, *other) in zip(ours_texts, texts, strict=True):
        assert place == pytest.approx(other, abs=2.1), text
    assert len(points) == sum(value == value for row in values for value in row) * len(targets)
    for place, other in zip(ours_points, points, strict=True):
        assert place == pytest.approx(other, abs=0.6)
    assert [line[:2] for line in ours_lines] == [line[:2] for line in lines]
    for (*_, places), (*_, others) in zip(ours_lines, lines, strict=True):
        assert places == pytest.approx(others, abs=0.6)


def test_specs_share_all_but_their_data():
    one, other = draw([[0.1, 0.2]]), draw([[0.3, math.nan]])
    assert one.spec.keys() == other.spec.keys()
    assert [row["value"] for row in one.spec["datasets"]["lines"]] == [0.1, 0.2]
    assert [row["layer"] for row in other.spec["datasets"]["lines"]] == [1]
    same = set(one.spec) - {"datasets"}
    assert all(one.spec[name] == other.spec[name] for name in same)
    charts.alt.Chart.from_dict(one.spec)


def test_names_cannot_become_markup():
    assert "<method>" not in draw([[0.5]]).svg
    assert "&lt;method&gt; &amp; 0" in draw([[0.5]]).svg


def test_targets_differ_in_dashes_that_the_key_names():
    chart = draw([[0.1, 0.2]], targets=("start", "end"))
    assert chart.key == "Solid: start; dashed: end."
    assert chart.svg.count("stroke-dasharray") == 1
    assert draw([[0.1, 0.2]]).key == ""


@pytest.mark.parametrize("layers", [1, 16, 17, 48, 96])
def test_labels_of_layers_never_crowd(layers):
    found = labelled(layers)
    assert found[0] == 1
    assert len(found) <= LABELS
    assert len({b - a for a, b in itertools.pairwise(found)}) <= 1
