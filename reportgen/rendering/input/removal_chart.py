"""Removal curves as a live chart: the output while units go, most and least important first.

The picture is drawn here, not by Vega, whose would be five times as large.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
from markupsafe import escape

from reportgen.rendering.drawing.charts import Chart
from reportgen.rendering.drawing.line_charts import ENTRY, legend, write
from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.drawing.vega import VegaLite, make_spec
from reportgen.rendering.wording.numbers import MINUS

WIDTH, HEIGHT = 300, 140
LEFT, RIGHT, HEAD, GAP, BOTTOM = 48, 12, 24, 16, 40
"""Of a panel and around it, in pixels: together they fit a phone."""

DATA = "curves"
PANELS = ("most important", "least important")
SHARE = "removed %"
BEST, WORST = "best order found", "worst order found"
CHANCE, LOW, HIGH = "random order", "lowest of random orders", "highest of random orders"


@dataclass(frozen=True)
class Line:
    """One line: its values after each of the ``shares`` went, in each of ``PANELS``."""

    name: str
    colour: str
    panels: tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True)
class Axes:
    """What the axes say, and the ticks of the output, whose first and last are its ends."""

    across: str
    up: str
    ticks: tuple[float, ...]

    def height(self, value: float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        return HEIGHT * (high - value) / (high - low)


def removal_chart(
    lines: Sequence[Line],
    around: Sequence[Line],
    shares: Sequence[float],
    *,
    noun: str,
    output: str,
    probable: bool,
    description: str,
    table: Table,
) -> Chart:
    """Draw ``lines`` of methods within those ``around`` them, which are known by their names.

    ``shares`` are those of the units that are removed, from 0 to 1.
    """
    values = [v for line in (*lines, *around) for panel in line.panels for v in panel]
    axes = Axes(f"{noun}s removed, %", output, ticks(min(values), max(values), probable=probable))
    spec = layout(
        tuple((field(line.name), line.colour) for line in lines),
        tuple(line.name for line in around),
        axes,
    )
    places = max(0, 2 - int(np.floor(np.log10(axes.ticks[-1] - axes.ticks[0]))))
    rows = {DATA: columns([*lines, *around], shares, max(3, places))}
    spec = spec | {"description": description, "datasets": rows}
    return Chart(description, picture(lines, around, shares, axes), table, spec=spec)


def ticks(low: float, high: float, *, probable: bool) -> tuple[float, ...]:
    """Return where the axis has marks: of probabilities from 0 to 1, unless all are small."""
    if probable and high > 0.25:
        return (0.0, 0.5, 1.0)
    low = 0.0 if probable else low
    rough = max((high - low) / 4, 1e-9)
    size = 10.0 ** np.floor(np.log10(rough))
    step = size * next(m for m in (1, 2, 2.5, 5, 10) if m * size >= rough * (1 - 1e-9))
    first, last = np.floor(low / step), np.ceil(high / step)
    return tuple(float(f"{step * i:.6g}") for i in np.arange(first, max(last, first + 1) + 1))


def field(name: str) -> str:
    """Return a name as a column of Vega's data, in which some characters would mean a path."""
    return re.sub(r"[.\[\]\\'\"]", " ", name)


def columns(lines: Sequence[Line], shares: Sequence[float], places: int) -> list[dict[str, Any]]:
    """Write each panel as columns, which Vega makes rows of: a quarter of what rows take."""
    return [
        {"first": panel, SHARE: [round(100 * share, 1) for share in shares]}
        | {field(line.name): [round(value, places) for value in line.panels[i]] for line in lines}
        for i, panel in enumerate(PANELS)
    ]


@functools.lru_cache(maxsize=64)
def layout(lines: tuple[tuple[str, str], ...], around: tuple[str, ...], axes: Axes) -> VegaLite:
    """Lay out the chart of these lines; as other layouts, it has no rows, and inputs share it."""
    base = alt.Chart()
    names: Any = [name for name, _ in lines]
    layers: list[Any] = []
    if {BEST, WORST} <= set(around):
        frame = base.mark_area(color="var(--line)", opacity=0.5)
        layers.append(frame.encode(y=f"{WORST}:Q", y2=BEST))
    if {LOW, HIGH} <= set(around):
        band = base.mark_area(color="var(--soft)", opacity=0.25)
        layers.append(band.encode(y=f"{LOW}:Q", y2=HIGH))
    if CHANCE in around:
        mean = base.mark_line(color="var(--soft)", strokeWidth=1.5, strokeDash=[2, 2])
        layers.append(mean.encode(y=f"{CHANCE}:Q"))
    chosen = alt.selection_point(name="chosen", fields=["method"], bind="legend")
    colour = alt.Color(
        "method:N",
        scale=alt.Scale(domain=names, range=[colour for _, colour in lines]),
        legend=alt.Legend(columns=2, labelLimit=150),
    )
    layers.append(
        base.transform_fold(names, as_=["method", "output"])
        .mark_line(strokeWidth=2)
        .encode(
            y="output:Q", color=colour, opacity=alt.condition(chosen, alt.value(1), alt.value(0.1))
        )
        .add_params(chosen)
    )
    layers.append(base.mark_rule(strokeWidth=12, opacity=0, tooltip=alt.TooltipContent("data")))
    header = alt.Header(
        labelExpr="datum.value + ' first'",
        labelOrient="top",
        labelAnchor="start",
        labelColor="var(--text)",
        labelFontSize=12,
    )
    spec = make_spec(
        alt.layer(*layers)
        .properties(width=WIDTH, height=HEIGHT)
        .facet(
            row=alt.Row("first:N", title=None, sort=list(PANELS), header=header),
            data=alt.NamedData(DATA),
            spacing=GAP,
        )
        .transform_flatten([SHARE, *names, *around])
    )
    marks = list(axes.ticks)
    spec["spec"]["encoding"] = {  # once for all layers, which Altair cannot write
        "x": {
            "field": SHARE,
            "type": "quantitative",
            "title": axes.across,
            "scale": {"domain": [0, 100]},
            "axis": {"grid": False, "tickCount": 5},
        },
        "y": {
            "title": axes.up,
            "scale": {"domain": [marks[0], marks[-1]]},
            "axis": {"values": marks, "format": ".3~g"},
        },
    }
    return spec


def picture(
    lines: Sequence[Line], around: Sequence[Line], shares: Sequence[float], axes: Axes
) -> str:
    """Draw both panels, one under the other, with a legend above them."""
    entries = -(-len(lines) // 2)
    above = ENTRY * entries + 12
    pitch = HEAD + HEIGHT + GAP
    high = above + len(PANELS) * pitch + BOTTOM - GAP
    wide = LEFT + WIDTH + RIGHT
    half = (wide - 8) // 2
    names = [(line.name, line.colour) for line in lines]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" viewBox="0 0 {wide} {high}">',
        '<g font-size="12" fill="none">',
        *(
            f'<g transform="translate({half * i})">{"".join(legend(names[i::2], 0))}</g>'
            for i in range(2)
        ),
    ]
    known = {line.name: line for line in around}
    for i, panel in enumerate(PANELS):
        parts += [
            f'<g transform="translate({LEFT},{above + i * pitch + HEAD})">',
            f'<text y="-9" fill="var(--text)">{panel} first</text>',
        ]
        for one, other, look in (
            (WORST, BEST, 'fill="var(--line)" opacity=".5"'),
            (LOW, HIGH, 'fill="var(--soft)" opacity=".25"'),
        ):
            if one in known and other in known:
                there = points(known[one].panels[i], shares, axes)
                back = points(known[other].panels[i], shares, axes)[::-1]
                parts.append(f'<path d="M{joined([*there, *back])}Z" {look}/>')
        parts += grid(axes, last=i == len(PANELS) - 1)
        if CHANCE in known:
            path = joined(points(known[CHANCE].panels[i], shares, axes))
            look = 'stroke="var(--soft)" stroke-width="1.5" stroke-dasharray="2,2"'
            parts.append(f'<path d="M{path}" {look}/>')
        parts.append('<g stroke-width="2">')
        for line in lines:
            path = joined(points(line.panels[i], shares, axes))
            parts.append(f'<path d="M{path}" stroke="{line.colour}"/>')
        parts.append("</g></g>")
    return "".join((*parts, "</g></svg>"))


def points(
    values: Sequence[float], shares: Sequence[float], axes: Axes
) -> list[tuple[float, float]]:
    pairs = zip(shares, values, strict=True)
    return [(WIDTH * share, axes.height(value)) for share, value in pairs]


def joined(places: Sequence[tuple[float, float]]) -> str:
    return "L".join(write(round(x), round(y)) for x, y in places)


def grid(axes: Axes, *, last: bool) -> list[str]:
    """Draw the axes of a panel; what is removed is told below the last."""
    heights = [(tick, axes.height(tick)) for tick in axes.ticks]
    rules = "".join(f"M-5,{y:.0f}H{WIDTH}" for _, y in heights)
    across = range(0, 101, 20) if last else ()
    return [
        f'<path d="{rules}M0,0V{HEIGHT}" transform="translate(.5,.5)" stroke="var(--line)"/>',
        f'<g fill="var(--soft)" text-anchor="middle"><text transform="translate({10 - LEFT},'
        f'{HEIGHT / 2:g}) rotate(-90)">{escape(axes.up)}</text>',
        *(
            f'<text x="{WIDTH * share / 100:g}" y="{HEIGHT + 16}">{share}</text>'
            for share in across
        ),
        f'<text x="{WIDTH / 2:g}" y="{HEIGHT + 34}">{escape(axes.across)}</text>' if last else "",
        '<g text-anchor="end">',
        *(
            f'<text x="-8" y="{y + 4:.4g}">{f"{tick:g}".replace("-", MINUS)}</text>'
            for tick, y in heights
        ),
        "</g></g>",
    ]
