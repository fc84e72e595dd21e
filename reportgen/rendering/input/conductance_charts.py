"""The charts of one token's conductance, drawn with Altair: boxes, histograms and totals."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np

from reportgen.methods import layer_conductance
from reportgen.rendering.drawing.charts import RAMP, Chart
from reportgen.rendering.drawing.line_charts import DASHES, LAYERS
from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.drawing.vega import Datasets, VegaLite, finish, make_spec
from reportgen.rendering.input.conductance_stats import (
    COLUMNS,
    Box,
    ConductanceStats,
    extreme,
)

WIDTH, WIDE = 245, 290
"""Of plots with and without a legend beside them, in pixels: all of it fits a phone."""

BOX = layer_conductance.METHOD.colour


def boxes(all_stats: list[ConductanceStats], table: Table) -> Chart:
    rows: Datasets = {}
    for i, stats in enumerate(all_stats):
        rows[f"boxes-{i}"] = [
            {"layer": layer} | {name: rounded(getattr(box, name)) for name in COLUMNS}
            for layer, box in enumerate(stats.boxes, start=1)
        ]
        rows[f"outliers-{i}"] = [
            {"layer": layer, "value": rounded(value)}
            for layer, box in enumerate(stats.boxes, start=1)
            for value in extreme(box, stats.axis)
        ]
        rows[f"beyond-{i}"] = [
            row
            for layer, box in enumerate(stats.boxes, start=1)
            for row in beyond(layer, box, stats.axis)
        ]
    spec = box_spec(
        tuple(len(stats.boxes) for stats in all_stats),
        tuple(bool(rows[f"outliers-{i}"]) for i in range(len(all_stats))),
        tuple(bool(rows[f"beyond-{i}"]) for i in range(len(all_stats))),
    )
    return finish(spec, rows, table, titles=titles(all_stats))


def beyond(layer: int, box: Box, axis: tuple[float, float]) -> list[dict[str, Any]]:
    """Put the furthest outlier beyond each end of the axis there."""
    if not box.outliers.size:
        return []
    lowest, highest = box.outliers[0], box.outliers[-1]
    ends = ((lowest < axis[0], lowest, axis[0]), (highest > axis[1], highest, axis[1]))
    return [
        {"layer": layer, "value": rounded(value), "at": rounded(end), "up": int(value > end)}
        for is_beyond, value, end in ends
        if is_beyond
    ]


@functools.lru_cache(maxsize=64)
def box_spec(
    layers: tuple[int, ...], outliers: tuple[bool, ...], beyond: tuple[bool, ...]
) -> VegaLite:
    """Lay out the boxes of outputs with this many layers, and the outliers of those that have any.

    As the other layouts, it has no rows in it, so that inputs share it: Altair is slow to make one.
    """
    panels = []
    for i, (last, has_outliers, has_beyond) in enumerate(
        zip(layers, outliers, beyond, strict=True)
    ):
        base = alt.Chart(alt.NamedData(f"boxes-{i}")).encode(
            x=layer_axis(last),
            tooltip=[
                alt.Tooltip("layer:O", title="layer"),
                *(
                    alt.Tooltip(f"{name}:Q", title=label, format=".3~g")
                    for name, label in COLUMNS.items()
                ),
            ],
        )
        title = "conductance of a feature, logits"
        marks = [
            base.mark_rule(color="var(--soft)").encode(
                y=alt.Y("low:Q", title=title, axis=alt.Axis(tickCount=5, format="~g")), y2="high:Q"
            ),
            base.mark_bar(size=12, color=BOX).encode(y="q1:Q", y2="q3:Q"),
            base.mark_tick(size=12, color="var(--paper)", thickness=2).encode(y="median:Q"),
        ]
        if has_outliers:
            marks.append(
                alt.Chart(alt.NamedData(f"outliers-{i}"))
                .mark_point(size=12, color=BOX, opacity=0.7)
                .encode(x=layer_axis(last), y="value:Q", tooltip=told("outlier"))
            )
        if has_beyond:
            marks.append(
                alt.Chart(alt.NamedData(f"beyond-{i}"))
                .mark_point(size=40, color=BOX, filled=True, opacity=1)
                .encode(
                    x=layer_axis(last),
                    y="at:Q",
                    shape=alt.Shape(
                        "up:N",
                        scale=alt.Scale(domain=[0, 1], range=["triangle-down", "triangle-up"]),
                        legend=None,
                    ),
                    tooltip=told("furthest"),
                )
            )
        panels.append(alt.layer(*marks).properties(width=WIDE, height=170))
    return make_spec(
        stacked(panels, "Spread of one token's conductance over the features, per layer")
    )


def told(title: str) -> list[alt.Tooltip]:
    """What pointing at an outlier tells."""
    return [
        alt.Tooltip("layer:O", title="layer"),
        alt.Tooltip("value:Q", title=title, format=".3~g"),
    ]


def histograms(all_stats: list[ConductanceStats], table: Table) -> Chart:
    rows: Datasets = {}
    for i, stats in enumerate(all_stats):
        middles = (stats.edges[:-1] + stats.edges[1:]) / 2
        rows[f"histograms-{i}"] = [
            {"layer": layer, "value": rounded(x), "share": round(float(share), 4)}
            for layer, row in enumerate(stats.shares, start=1)
            for x, share in zip(middles, row, strict=True)
        ]
    spec = histogram_spec(tuple(len(stats.shares) for stats in all_stats))
    return finish(spec, rows, table, titles=titles(all_stats))


@functools.lru_cache(maxsize=64)
def histogram_spec(layers: tuple[int, ...]) -> VegaLite:
    """Lay out the histograms of outputs with this many layers."""
    panels = [
        alt.Chart(alt.NamedData(f"histograms-{i}"))
        .mark_line(strokeWidth=1.5, opacity=0.9)
        .encode(
            x=alt.X(
                "value:Q",
                title="conductance of a feature, logits",
                axis=alt.Axis(grid=False, tickCount=5, format="~g"),
                scale=alt.Scale(zero=False, nice=False),
            ),
            y=alt.Y(
                "share:Q", title="share of the features", axis=alt.Axis(format="%", tickCount=4)
            ),
            detail="layer:O",
            color=alt.Color(
                "layer:Q",
                scale=alt.Scale(domain=[1, max(last, 2)], range=list(RAMP)),
                legend=alt.Legend(
                    title="layer",
                    orient="right",
                    type="symbol",  # a gradient would have an id, new in every render
                    values=sorted({round(x) for x in np.linspace(1, last, 6)}),
                    format="d",
                    titleColor="var(--soft)",
                    titleFontWeight="normal",
                ),
            ),
            tooltip=[
                alt.Tooltip("layer:O", title="layer"),
                alt.Tooltip("value:Q", title="conductance around", format=".3~g"),
                alt.Tooltip("share:Q", title="share of the features", format=".1%"),
            ],
        )
        .properties(width=WIDTH, height=170)
        for i, last in enumerate(layers)
    ]
    chart = stacked(panels, "Histogram of one token's conductance over the features, per layer")
    return make_spec(chart.resolve_scale(color="shared") if len(panels) > 1 else chart)


def totals(all_stats: list[ConductanceStats], table: Table, key: str) -> Chart:
    rows = [
        {
            "layer": layer,
            "target": stats.target,
            "total": rounded(total),
            "entropy": round(float(bits), 3),
        }
        for stats in all_stats
        for layer, (total, bits) in enumerate(
            zip(stats.totals, stats.entropies, strict=True), start=1
        )
    ]
    spec = totals_spec(
        max(len(stats.totals) for stats in all_stats),
        tuple(stats.target for stats in all_stats),
        most_bits(all_stats),
    )
    return finish(spec, {"totals": rows}, table, key)


@functools.lru_cache(maxsize=64)
def totals_spec(layers: int, outputs: tuple[str, ...], bits: float) -> VegaLite:
    """Lay out the totals of ``outputs`` whose histograms have at most so many ``bits``."""
    base = alt.Chart(alt.NamedData("totals")).encode(
        x=layer_axis(layers),
        y=alt.Y(
            "total:Q",
            title="conductance of the token, logits",
            axis=alt.Axis(tickCount=5, format="~g"),
        ),
        tooltip=[
            alt.Tooltip("layer:O", title="layer"),
            alt.Tooltip("total:Q", title="total", format="+.3~g"),
            alt.Tooltip("entropy:Q", title="entropy, bits", format=".2f"),
            alt.Tooltip("target:N", title="output"),
        ],
    )
    dashes = [list(DASHES[i][0]) for i in range(len(outputs))]
    line = base.mark_line(strokeWidth=2, color=BOX).encode(
        strokeDash=alt.StrokeDash(
            "target:N", scale=alt.Scale(domain=list(outputs), range=dashes), legend=None
        )
    )
    points = base.mark_point(filled=True, color=BOX, opacity=1).encode(
        size=alt.Size(
            "entropy:Q",
            scale=alt.Scale(domain=[0, bits], range=[10, 260]),
            legend=alt.Legend(
                title="entropy, bits",
                orient="right",
                symbolType="circle",
                symbolStrokeWidth=0,
                symbolFillColor=BOX,
                values=list(range(1, int(bits) + 1, 2)),
                format="d",
                titleColor="var(--soft)",
                titleFontWeight="normal",
            ),
        )
    )
    return make_spec(
        alt.layer(line, points).properties(
            width=WIDTH, height=190, description="Total conductance of one token, per layer"
        )
    )


def layer_axis(last: int) -> alt.X:
    return alt.X(
        "layer:O",
        title=LAYERS,
        sort=list(range(1, last + 1)),
        axis=alt.Axis(labelAngle=0, labelOverlap=True, grid=False),
    )


def stacked(panels: Sequence[alt.TopLevelMixin], description: str) -> alt.TopLevelMixin:
    """Put one panel for each output under another; their titles are filled in with their rows."""
    if len(panels) == 1:
        return panels[0].properties(description=description)
    title = alt.TitleParams(
        "", anchor="start", fontSize=12, fontWeight="normal", color="var(--text)", limit=WIDE
    )
    several: Any = [panel.properties(title=title) for panel in panels]
    return alt.vconcat(*several, spacing=24).properties(description=description)


def titles(all_stats: list[ConductanceStats]) -> list[str]:
    """Name the output and the token of each panel, where there are several."""
    if len(all_stats) == 1:
        return []
    return [f"{stats.target}: “{stats.token}”" for stats in all_stats]


def most_bits(all_stats: list[ConductanceStats]) -> float:
    """The entropy of values spread evenly over all bins."""
    return float(np.log2(max(stats.shares.shape[1] for stats in all_stats)))


def rounded(value: float) -> float:
    return float(f"{value:.4g}")
