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
import pandas as pd
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

DASHES = (([1, 0], "solid"), ([5, 3], "dashed"), ([2, 2], "dotted"), ([8, 3, 2, 3], "dash-dotted"))
"""How the lines of several targets are told apart: Vega's pattern, and its name."""

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


def lines(
    frame: pd.DataFrame,
    *,
    value_title: str,
    domain: tuple[float, float],
    colors: dict[str, str],
    description: str,
    percent: bool = False,
) -> alt.Chart:
    """Draw one line per ``series`` of ``frame`` over ``layer`` (both columns), with points.

    Where ``frame`` has several ``target``s, each is dashed in its own way; ``dash_key`` tells
    them apart in words, since Vega's legend shows dashes without their colour, as blanks.
    """
    layers = sorted(frame["layer"].unique().tolist())
    names = [name for name in colors if name in set(frame["series"])]
    axis = alt.Axis(format="%" if percent else "~g", tickCount=5)
    encodings: dict[str, Any] = {
        "x": layer_axis(layers),
        "y": alt.Y("value:Q", title=value_title, axis=axis, scale=alt.Scale(domain=list(domain))),
        "color": alt.Color(
            "series:N", scale=alt.Scale(domain=names, range=[colors[name] for name in names])
        ),
        "tooltip": [
            alt.Tooltip("series:N", title="what"),
            alt.Tooltip("layer:O", title="layer"),
            alt.Tooltip("value:Q", title=value_title, format=".1%" if percent else ".2f"),
        ],
    }
    targets = list(dict.fromkeys(frame["target"]))
    if len(targets) > 1:
        dashes = [DASHES[i % len(DASHES)][0] for i in range(len(targets))]
        scale = alt.Scale(domain=targets, range=dashes)
        encodings["strokeDash"] = alt.StrokeDash("target:N", scale=scale, legend=None)
        encodings["tooltip"].append(alt.Tooltip("target:N", title="output"))
    points = alt.OverlayMarkDef(filled=True, size=45, opacity=1)
    chart = alt.Chart(frame).mark_line(strokeWidth=2, point=points).encode(**encodings)
    return chart.properties(width=340, height=190, description=description)


def layer_axis(layers: list[int]) -> alt.X:
    return alt.X(
        "layer:O",
        title="layer (1 is next to the words)",
        sort=layers,
        axis=alt.Axis(labelAngle=0, labelOverlap=True, grid=False),
    )


def dash_key(targets: list[str]) -> str:
    """Say which line style is which target, or nothing where there is only one."""
    if len(targets) < 2:
        return ""
    pairs = [f"{DASHES[i % len(DASHES)][1]}: {target}" for i, target in enumerate(targets)]
    text = "; ".join(pairs)
    return f"{text[0].upper()}{text[1:]}."


def finish(chart: alt.TopLevelMixin, table: Table, key: str = "") -> Chart:
    """Turn an Altair chart into its spec and static SVG."""
    spec = chart.to_dict(validate=False)  # the tests validate; here it would only take time
    spec.pop("config", None)  # the page's CONFIG is the only one
    return Chart(spec=spec, svg=static_svg(spec), table=table, key=key)


def static_svg(spec: dict[str, Any]) -> str:
    """Render a spec without a browser; sized by the page (a viewBox, at most its own width).

    The page names the picture as a whole, so its marks carry no names of their own.
    """
    config = CONFIG | {"aria": False}
    svg = vl_convert.vegalite_to_svg(spec, vl_version=vegalite_version(), config=config)
    svg = re.sub(r'(<svg[^>]*?) width="([\d.]+)" height="[\d.]+"', r'\1 width="\2"', svg, count=1)
    return slim(svg)


def slim(svg: str) -> str:
    """Leave out of Vega's SVG what shows nothing: names of parts, empty paths, digits.

    Fonts are the page's. Only tags are touched, since texts can hold anything.
    """
    svg = re.sub(r'<path class="(background|foreground)"[^>]*/>', "", svg)
    return re.sub(r"<[^>]*>", lambda tag: DIGITS.sub(r"\1", UNSEEN.sub("", tag[0])), svg)


UNSEEN = re.compile(
    r' (aria-hidden|aria-roledescription|class|font-family|pointer-events|role)="[^"]*"'
)
DIGITS = re.compile(r"(\d\.\d\d?)\d+")


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
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    _ahead = subprocess.Popen(command, **pipes, encoding="utf-8")


@functools.cache
def bundle() -> str:
    """Return Vega, Vega-Lite and vega-embed as one script that defines ``window.vegaEmbed``.

    Wrapped in a function: the bundle's own top-level names would otherwise become globals.
    """
    script = _ahead.communicate()[0] if _ahead else ""
    if not _ahead or _ahead.returncode != 0:
        script = vl_convert.javascript_bundle(SNIPPET, vl_version=vegalite_version())
    return "(() => {" + script + "})();"
