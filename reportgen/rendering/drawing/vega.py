"""Altair charts: a spec that the bundled Vega draws live, and the same as a picture.

Altair is slow to import, so that this module is imported only where such a chart is made. The
picture is made here, without a browser; it is what prints, and what stays without scripts.
"""

from __future__ import annotations

import copy
import functools
import re
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import altair as alt
import vl_convert

from reportgen.rendering.drawing.charts import CONFIG, Chart
from reportgen.rendering.drawing.tables import Table

VegaLite = dict[str, Any]
"""A chart's spec."""

Datasets = dict[str, list[dict[str, Any]]]
"""The rows of a chart, by the names that its spec gives them."""


def make_spec(chart: alt.TopLevelMixin) -> VegaLite:
    """Write a chart as Vega-Lite; the tests validate it, here that would only take time."""
    spec = chart.to_dict(validate=False)
    spec.pop("config", None)  # the page's CONFIG is the only one
    return spec


def finish(
    spec: VegaLite, rows: Datasets, table: Table, key: str = "", titles: Sequence[str] = ()
) -> Chart:
    """Fill a spec, which has a description, with its rows and its panels' titles; picture it.

    The spec itself stays as it is, for the next input.
    """
    spec = copy.deepcopy(spec) | {"datasets": rows}
    for panel, title in zip(spec["vconcat"] if titles else (), titles, strict=True):
        panel["title"]["text"] = title
    return Chart(spec["description"], static_svg(spec), table, key, spec)


def static_svg(spec: VegaLite) -> str:
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


@functools.cache
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
    global _ahead
    process, _ahead = _ahead, None
    script = process.communicate()[0] if process else ""
    if process is None or process.returncode != 0:
        script = vl_convert.javascript_bundle(SNIPPET, vl_version=vegalite_version())
    return "(() => {" + script + "})();"
