"""Lines over layers as SVG, in the page's colours.

Over each layer lies a column that has the values there as its title: a browser shows them where
the pointer is, and the page's script does so at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import escape

from reportgen.rendering.drawing.charts import Chart
from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.wording.numbers import MINUS, NBSP, fixed

WIDTH, HEIGHT = 300, 180
LEFT, RIGHT, BOTTOM = 42, 8, 36
"""Of the plot and around it, in pixels: together they fit a phone without being scaled."""

ENTRY, GAP = 18, 34
"""Height of a legend's entry, and the room below it for the title of the values."""

LABELS = 16
"""Most layers that are labelled."""

DASHES = (((1, 0), "solid"), ((5, 3), "dashed"), ((2, 2), "dotted"), ((8, 3, 2, 3), "dash-dotted"))
"""How the lines of several targets are told apart: the pattern, and its name."""


@dataclass(frozen=True)
class Scale:
    """What the values are: its title, the values with a grid line, how they are written."""

    title: str
    ticks: tuple[float, ...]
    percent: bool = False

    def write(self, value: float) -> str:
        """Write a value that has a grid line."""
        text = f"{value:.0%}" if self.percent else f"{value:g}"
        return text.replace("-", MINUS)

    def write_exactly(self, value: float) -> str:
        """Write any value."""
        return f"{fixed(100 * value, 1)}{NBSP}%" if self.percent else fixed(value, 2)

    def height(self, value: float) -> float:
        """Return where ``value`` is, in pixels from the top of the plot."""
        low, high = self.ticks[0], self.ticks[-1]
        return HEIGHT * (high - value) / (high - low)


@dataclass(frozen=True)
class ChartLine:
    """One line: a value for each layer; ``nan`` where there is none."""

    name: str
    color: str
    values: tuple[float, ...]
    target: str = ""


def line_chart(
    lines: Sequence[ChartLine], scale: Scale, *, description: str, table: Table, key: str = ""
) -> Chart:
    """Draw lines over layers, with points; those of several targets differ in their dashes."""
    targets = tuple(dict.fromkeys(line.target for line in lines))
    key = " ".join(filter(None, (key, dash_key(targets))))
    return Chart(description, picture(lines, targets, scale), table, key)


def drawn(line: ChartLine) -> list[tuple[int, float]]:
    """Return (layer, value), layers from 1, where there is a value."""
    numbered = ((i + 1, float(value)) for i, value in enumerate(line.values))
    return [(layer, value) for layer, value in numbered if value == value]  # not nan


def dash_key(targets: Sequence[str]) -> str:
    """Say which line style is which target."""
    if len(targets) < 2:
        return ""
    pairs = [f"{DASHES[i % len(DASHES)][1]}: {target}" for i, target in enumerate(targets)]
    text = "; ".join(pairs)
    return f"{text[0].upper()}{text[1:]}."


LAYERS = "layer (1 is next to the words)"


def top(entries: int) -> int:
    return ENTRY * entries - 2 + GAP


def dash(position: int) -> tuple[int, ...]:
    return DASHES[position % len(DASHES)][0]


def labelled(layers: int) -> list[int]:
    """Return the layers that have a label: all, or every second, third, ..."""
    return list(range(1, layers + 1, -(-layers // LABELS)))


def picture(lines: Sequence[ChartLine], targets: Sequence[str], scale: Scale) -> str:
    """Draw the chart, at most as wide as its place."""
    colors = tuple(dict.fromkeys((line.name, line.color) for line in lines))
    layers = max(len(line.values) for line in lines)
    above = top(len(colors))
    wide, high = LEFT + WIDTH + RIGHT, above + HEIGHT + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" viewBox="0 0 {wide} {high}">',
        f'<g transform="translate({LEFT},{above})" font-size="12" fill="none">',
        *axes(scale, layers),
        *legend(colors, -above),
    ]
    for line in lines:
        points = [(across(layer, layers), scale.height(value)) for layer, value in drawn(line)]
        pattern = dash(targets.index(line.target))
        dashed = "" if pattern == DASHES[0][0] else f' stroke-dasharray="{write(*pattern)}"'
        path = "L".join(write(x, y) for x, y in points)
        parts.append(f'<path d="M{path}" stroke="{line.color}" stroke-width="2"{dashed}/>')
        circles = "".join(f'<circle cx="{x:.4g}" cy="{y:.4g}" r="3.35"/>' for x, y in points)
        parts.append(f'<g fill="{line.color}">{circles}</g>')
    return "".join((*parts, *columns(lines, layers, scale), "</g></svg>"))


def columns(lines: Sequence[ChartLine], layers: int, scale: Scale) -> list[str]:
    """Return what tells the values of a layer: its title has a line for the layer and for each."""
    told: dict[int, list[str]] = {layer: [f"layer {layer}"] for layer in range(1, layers + 1)}
    for line in lines:
        name = ", ".join(filter(None, (line.name, line.target)))
        for layer, value in drawn(line):
            told[layer].append(f"{scale.write_exactly(value)}  {name}")
    wide = WIDTH / layers
    return [
        '<g class="values" pointer-events="all">',
        *(
            f'<rect x="{wide * (layer - 1):.4g}" width="{wide:.4g}" height="{HEIGHT}">'
            f"<title>{escape(chr(10).join(texts))}</title></rect>"
            for layer, texts in told.items()
        ),
        "</g>",
    ]


def axes(scale: Scale, layers: int) -> list[str]:
    heights = [(value, scale.height(value)) for value in scale.ticks]
    places = [(layer, across(layer, layers)) for layer in labelled(layers)]
    grid = "".join(f"M-5,{y:.0f}H{WIDTH}" for _, y in heights)
    ticks = "".join(f"M{x:.0f},{HEIGHT}v5" for _, x in places)
    return [  # lines between two pixels would be blurred, hence the half
        f'<path d="{grid}M0,0V{HEIGHT}{ticks}" transform="translate(.5,.5)" stroke="var(--line)"/>',
        f'<g fill="var(--soft)"><text x="{-LEFT}" y="-12">{escape(scale.title)}</text>',
        f'<text x="{WIDTH / 2:g}" y="{HEIGHT + 31}" text-anchor="middle">{LAYERS}</text>',
        '<g text-anchor="end">',
        *(f'<text x="-7" y="{y + 4:.4g}">{scale.write(value)}</text>' for value, y in heights),
        '</g><g text-anchor="middle">',
        *(f'<text x="{x:.4g}" y="{HEIGHT + 16}">{layer}</text>' for layer, x in places),
        "</g></g>",
    ]


def legend(colors: Sequence[tuple[str, str]], y: int) -> list[str]:
    return [
        f'<path d="M1.5,{y + ENTRY * i + 9.5}h16" stroke="{color}" stroke-width="2.5"/>'
        f'<text x="23" y="{y + ENTRY * i + 13.5}" fill="var(--text)">{escape(name)}</text>'
        for i, (name, color) in enumerate(colors)
    ]


def across(layer: int, layers: int) -> float:
    """Return where a layer is, in pixels from the left of the plot."""
    return WIDTH * (layer - 0.5) / layers


def write(*numbers: float) -> str:
    return ",".join(f"{value:.4g}" for value in numbers)
