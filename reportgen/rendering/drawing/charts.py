"""What a chart on a page is, and the colours that charts share.

Lines are SVG of our own (``lines``). What needs scales and marks of other kinds is an Altair chart
(``vega``). Both are drawn in the page's own variables, so that they follow its theme.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reportgen.rendering.drawing.tables import Table

RAMP = ("#3f7fd6", "#8258e8", "#c2603f")
"""Line colours from the first layer to the last."""

CONFIG: dict[str, Any] = {
    "background": "transparent",
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--soft)",
        "titleColor": "var(--soft)",
        "titleFontWeight": "normal",
        "titleFontSize": 12,
        "labelFontSize": 12,
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
    },
    "legend": {
        "labelColor": "var(--text)",
        "labelFontSize": 12,
        "labelLimit": 0,
        "orient": "top",
        "direction": "vertical",
        "title": None,
        "symbolType": "stroke",
        "symbolStrokeWidth": 2.5,
        "symbolSize": 250,
    },
}
"""Of the charts that Vega draws."""


@dataclass(frozen=True)
class Chart:
    """One chart: what it shows in words, its SVG markup, and its numbers.

    ``key`` says in words what line styles mean. ``spec`` is the Vega-Lite spec of a chart that is
    drawn live where scripts run; the others are pictures everywhere.
    """

    description: str
    svg: str
    table: Table
    key: str = ""
    spec: dict[str, Any] | None = None
