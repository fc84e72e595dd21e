"""Line charts: every value where its scale has it, told by the column of its layer."""

from __future__ import annotations

import itertools
import math
import re
from xml.etree import ElementTree

import pytest

from document import told
from reportgen.rendering.drawing.line_charts import LABELS, ChartLine, Scale, labelled, line_chart
from reportgen.rendering.drawing.tables import Table

SHARES = Scale("share on special tokens", (0, 0.2, 0.4, 0.6, 0.8, 1), percent=True)
CORRELATION = Scale("rank correlation (Spearman)", (-1, -0.5, 0, 0.5, 1))
COLORS = ("#111111", "#222222", "#333333", "#444444")


def draw(values, scale=SHARES, targets=("",)):
    lines = [
        ChartLine(f"<method> & {i}", COLORS[i], tuple(row), target)
        for i, row in enumerate(values)
        for target in targets
    ]
    return line_chart(lines, scale, description="a chart", table=Table((), ()))


def marks(svg):
    """Return where each text, each point and each end of a line stands, from the top left."""
    texts, points, lines = [], [], []

    def walk(node, x, y, color):
        for step in re.findall(r"translate\(([^)]*)\)", node.get("transform", "")):
            dx, dy = map(float, step.split(","))
            x, y = x + dx, y + dy
        tag, color = node.tag.rpartition("}")[2], node.get("fill", color)
        numbers = [float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", node.get("d", ""))]
        if tag == "text":
            texts.append((node.text, x + float(node.get("x", 0)), y + float(node.get("y", 0))))
        elif tag == "circle":
            points.append((color, x + float(node.get("cx")), y + float(node.get("cy"))))
        elif tag == "path" and node.get("stroke-width") == "2":
            ends = [a + (x, y)[i % 2] for i, a in enumerate(numbers)]
            lines.append((node.get("stroke"), node.get("stroke-dasharray"), ends))
        for child in node:
            walk(child, x, y, color)

    walk(ElementTree.fromstring(svg), 0.0, 0.0, "")
    return texts, points, lines


@pytest.mark.parametrize("entries", [1, 2, 4])
@pytest.mark.parametrize("layers", [1, 4, 24])
@pytest.mark.parametrize(("scale", "low"), [(SHARES, 0), (CORRELATION, -1)])
@pytest.mark.parametrize("targets", [("",), ("start", "end")])
def test_every_value_has_its_place_and_its_colour(entries, layers, scale, low, targets):
    values = [
        [low + (1 - low) * (0.1 + 0.2 * i + 0.1 * math.sin(layer)) for layer in range(layers)]
        for i in range(entries)
    ]
    if layers > 2:
        values[0][1] = math.nan  # the line goes straight over a missing value
    svg = draw(values, scale, targets).svg
    above = 18 * entries + 32  # the legend, and the title of the values
    assert f'width="350" viewBox="0 0 350 {above + 180 + 36}"' in svg
    texts, points, lines = marks(svg)

    expected = [
        (
            COLORS[i],
            [
                place
                for layer, value in enumerate(row)
                if value == value
                for place in (
                    42 + 300 * (layer + 0.5) / layers,
                    above + 180 * (1 - value) / (1 - low),
                )
            ],
            pattern,
        )
        for i, row in enumerate(values)
        for pattern in (None, "5,3")[: len(targets)]
    ]
    assert len(lines) == len(expected)
    for (color, pattern, ends), (shade, places, dashes) in zip(lines, expected, strict=True):
        assert (color, pattern) == (shade, dashes)
        assert ends == pytest.approx(places, abs=0.1)
    dots = [place for color, *place in points]
    corners = [
        list(pair) for _, ends, _ in expected for pair in zip(ends[::2], ends[1::2], strict=True)
    ]
    assert len(dots) == len(corners)
    for dot, corner in zip(dots, corners, strict=True):
        assert dot == pytest.approx(corner, abs=0.1)
    assert [color for color, *_ in points] == [
        color for color, ends, _ in expected for _ in range(len(ends) // 2)
    ]

    expected_texts = [
        *((scale.write(v), 42 - 7, above + 180 * (1 - v) / (1 - low) + 4) for v in scale.ticks),
        *((str(n), 42 + 300 * (n - 0.5) / layers, above + 196) for n in labelled(layers)),
        *((f"<method> & {i}", 42 + 23, 13.5 + 18 * i) for i in range(entries)),
        (scale.title, 0, above - 12),
        ("layer (1 is next to the words)", 42 + 150, above + 180 + 31),
    ]
    for (text, *place), (said, *there) in zip(sorted(texts), sorted(expected_texts), strict=True):
        assert (text, place) == (said, pytest.approx(there, abs=0.1))


def test_the_column_of_a_layer_tells_its_values():
    svg = draw([[0.123456, 0.5], [math.nan, 1]], targets=("start", "end")).svg
    assert told(svg) == {
        "layer 1": {
            "<method> & 0, start": "12.3\N{NO-BREAK SPACE}%",
            "<method> & 0, end": "12.3\N{NO-BREAK SPACE}%",
        },
        "layer 2": {
            "<method> & 0, start": "50.0\N{NO-BREAK SPACE}%",
            "<method> & 0, end": "50.0\N{NO-BREAK SPACE}%",
            "<method> & 1, start": "100.0\N{NO-BREAK SPACE}%",
            "<method> & 1, end": "100.0\N{NO-BREAK SPACE}%",
        },
    }
    places = re.findall(r'<rect x="([\d.]+)" width="([\d.]+)" height="180">', svg)
    assert places == [("0", "150"), ("150", "150")]
    assert told(draw([[0.07052]]).svg) == {"layer 1": {"<method> & 0": "7.1\N{NO-BREAK SPACE}%"}}
    assert told(draw([[-0.456]], CORRELATION).svg) == {"layer 1": {"<method> & 0": "−0.46"}}


def test_a_line_chart_is_a_picture_and_needs_no_library():
    assert draw([[0.1]]).spec is None


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
