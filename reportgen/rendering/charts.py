"""Altair charts as data: a spec for the browser and a static SVG for everywhere else.

Specs carry no page colours; ``CONFIG`` maps text and lines to the page's own variables, so that
charts follow the theme in the browser, in the static SVG and in print.
"""

from __future__ import annotations

import functools
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import altair as alt
import vl_convert

from reportgen.rendering.table import Table

SERIES = {
    "attention": "#8258e8",
    "vector_norms": "#0b8a80",
    "integrated_gradients": "#c2603f",
    "layer_conductance": "#b0417a",
    "attention_attribution": "#a86f00",
    "neutral": "#7a7f8a",
}
"""Line colours: each at least 3:1 against both page backgrounds."""

MIXING = {"attention": "#8258e8", "residual": "#0b8a80", "normalized": "#a86f00"}

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


@dataclass(frozen=True)
class Chart:
    """One chart: the Vega-Lite spec, the same as SVG markup, and its numbers.

    ``key`` says in words what line styles mean.
    """

    spec: dict[str, Any]
    svg: str
    table: Table
    key: str = ""


def layer_axis(layers: list[int]) -> alt.X:
    return alt.X(
        "layer:O",
        title="layer (1 is next to the words)",
        sort=layers,
        axis=alt.Axis(labelAngle=0, labelOverlap=True, grid=False),
    )


def finish(chart: alt.TopLevelMixin, table: Table, key: str = "") -> Chart:
    """Turn an Altair chart into its spec and static SVG."""
    spec = make_spec(chart)
    return Chart(spec=spec, svg=static_svg(spec), table=table, key=key)


def make_spec(chart: alt.TopLevelMixin) -> dict[str, Any]:
    """Write a chart as Vega-Lite; the tests validate it, here that would only take time."""
    spec = chart.to_dict(validate=False)
    spec.pop("config", None)  # the page's CONFIG is the only one
    return spec


def static_svg(spec: dict[str, Any]) -> str:
    """Render a spec without a browser; sized by the page (a viewBox, at most its own width).

    The page names the picture as a whole, so its marks carry no names of their own.
    """
    config = CONFIG | {"aria": False}
    svg = vl_convert.vegalite_to_svg(spec, vl_version=vegalite_version(), config=config)
    svg = re.sub(r'(<svg[^>]*?) width="([\d.]+)" height="[\d.]+"', r'\1 width="\2"', svg, count=1)
    return slim(svg)


def slim(svg: str) -> str:
    """Leave out of Vega's SVG what shows nothing: names of parts, empty paths, defaults, digits.

    Fonts are the page's. Only tags are touched, since texts can hold anything.
    """
    svg = re.sub(r'<path class="(background|foreground)"[^>]*/>', "", svg)
    return re.sub(r"<[^>]*>", lambda tag: PLACES.sub(tenths, UNSEEN.sub("", tag[0])), svg)


def tenths(attribute: re.Match[str]) -> str:
    """Round the numbers of a place or a path to tenths of a pixel."""
    return re.sub(r"\d+\.\d\d+", lambda digits: f"{float(digits[0]):.1f}", attribute[0])


UNSEEN = re.compile(
    r' ((aria-hidden|aria-roledescription|class|font-family|pointer-events|role)="[^"]*"'
    r'|(opacity|stroke-width)="1")'
)
PLACES = re.compile(r' (d|transform|x|y|x1|x2|y1|y2|cx|cy|r)="[^"]*"')


def vegalite_version() -> str:
    """Return the Vega-Lite version of Altair's schema as vl-convert names it (major.minor)."""
    return ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])


SNIPPET = "window.vegaEmbed = vegaEmbed;"
_ahead: subprocess.Popen[str] | None = None


def prepare() -> None:
    """Start making the bundle in a process of its own: it takes seconds, on an idle core."""
    global _ahead
    code = (
        "import sys, vl_convert; "
        "print(vl_convert.javascript_bundle(sys.argv[1], vl_version=sys.argv[2]), end='')"
    )
    command = [sys.executable, "-X", "utf8", "-c", code, SNIPPET, vegalite_version()]
    _ahead = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    )


@functools.cache
def bundle() -> str:
    """Return Vega, Vega-Lite and vega-embed as one script that defines ``window.vegaEmbed``.

    Wrapped in a function: the bundle's own top-level names would otherwise become globals.
    """
    script = _ahead.communicate()[0] if _ahead else ""
    if not _ahead or _ahead.returncode != 0:
        script = vl_convert.javascript_bundle(SNIPPET, vl_version=vegalite_version())
    return "(() => {" + script + "})();"
