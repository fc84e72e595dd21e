"""The charts of one token's conductance, drawn with Altair: boxes, histograms and totals."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from reportgen.methods import layer_conductance
from reportgen.rendering.drawing.charts import RAMP, Chart
from reportgen.rendering.drawing.line_charts import DASHES, LAYERS
from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.drawing.vega import finish
from reportgen.rendering.input.conductance_stats import COLUMNS, ConductanceStats, extreme

WIDTH, WIDE = 245, 290
"""Of plots with and without a legend beside them, in pixels: all of it fits a phone."""

BOX = layer_conductance.METHOD.colour


def boxes(all_stats: list[ConductanceStats], table: Table) -> Chart:
    panels = []
    for stats in all_stats:
        layers = list(range(1, len(stats.boxes) + 1))
        rows = [
            {"layer": i + 1} | {name: rounded(getattr(b, name)) for name in COLUMNS}
            for i, b in enumerate(stats.boxes)
        ]
        points = [
            {"layer": i + 1, "value": rounded(value)}
            for i, b in enumerate(stats.boxes)
            for value in extreme(b)
        ]
        base = alt.Chart(alt.InlineData(values=rows)).encode(
            x=layer_axis(layers),
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
        if points:
            marks.append(
                alt.Chart(alt.InlineData(values=points))
                .mark_point(size=12, color=BOX, opacity=0.7)
                .encode(
                    x=layer_axis(layers),
                    y="value:Q",
                    tooltip=[
                        alt.Tooltip("layer:O", title="layer"),
                        alt.Tooltip("value:Q", title="outlier", format=".3~g"),
                    ],
                )
            )
        panel = alt.layer(*marks).properties(width=WIDE, height=170)
        panels.append(titled(panel, all_stats, stats))
    chart = stacked(panels, "Spread of one token's conductance over the features, per layer")
    return finish(chart, table)


def histograms(all_stats: list[ConductanceStats], table: Table) -> Chart:
    panels = []
    for stats in all_stats:
        middles = (stats.edges[:-1] + stats.edges[1:]) / 2
        rows = [
            {"layer": i + 1, "value": rounded(x), "share": round(float(share), 4)}
            for i, row in enumerate(stats.shares)
            for x, share in zip(middles, row, strict=True)
        ]
        last = len(stats.shares)
        panel = (
            alt.Chart(alt.InlineData(values=rows))
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
        )
        panels.append(titled(panel, all_stats, stats))
    chart = stacked(panels, "Histogram of one token's conductance over the features, per layer")
    return finish(chart.resolve_scale(color="shared") if len(panels) > 1 else chart, table)


def totals(all_stats: list[ConductanceStats], table: Table, key: str) -> Chart:
    rows = [
        {
            "layer": i + 1,
            "target": stats.target,
            "total": rounded(total),
            "entropy": round(float(bits), 3),
        }
        for stats in all_stats
        for i, (total, bits) in enumerate(zip(stats.totals, stats.entropies, strict=True))
    ]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=layer_axis(list(range(1, max(len(stats.totals) for stats in all_stats) + 1))),
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
    names = [stats.target for stats in all_stats]
    dashes = [list(DASHES[i][0]) for i in range(len(all_stats))]
    line = base.mark_line(strokeWidth=2, color=BOX).encode(
        strokeDash=alt.StrokeDash(
            "target:N", scale=alt.Scale(domain=names, range=dashes), legend=None
        )
    )
    points = base.mark_point(filled=True, color=BOX, opacity=1).encode(
        size=alt.Size(
            "entropy:Q",
            scale=alt.Scale(domain=[0, most_bits(all_stats)], range=[10, 260]),
            legend=alt.Legend(
                title="entropy, bits",
                orient="right",
                symbolType="circle",
                symbolStrokeWidth=0,
                symbolFillColor=BOX,
                values=legend_bits(all_stats),
                format="d",
                titleColor="var(--soft)",
                titleFontWeight="normal",
            ),
        )
    )
    chart = alt.layer(line, points).properties(
        width=WIDTH, height=190, description="Total conductance of one token, per layer"
    )
    return finish(chart, table, key)


def layer_axis(layers: list[int]) -> alt.X:
    return alt.X(
        "layer:O",
        title=LAYERS,
        sort=layers,
        axis=alt.Axis(labelAngle=0, labelOverlap=True, grid=False),
    )


def stacked(panels: list[alt.TopLevelMixin], description: str) -> alt.TopLevelMixin:
    """Put one panel for each output under another."""
    if len(panels) == 1:
        return panels[0].properties(description=description)
    several: Any = panels  # whatever can stand under another
    return alt.vconcat(*several, spacing=24).properties(description=description)


def titled(
    panel: alt.TopLevelMixin, all_stats: list[ConductanceStats], stats: ConductanceStats
) -> alt.TopLevelMixin:
    """Name the output and the token above a panel, where there are several."""
    if len(all_stats) == 1:
        return panel
    title = alt.TitleParams(
        f"{stats.target}: “{stats.token}”",
        anchor="start",
        fontSize=12,
        fontWeight="normal",
        color="var(--text)",
        limit=WIDE,
    )
    return panel.properties(title=title)


def most_bits(all_stats: list[ConductanceStats]) -> float:
    """The entropy of values spread evenly over all bins."""
    return float(np.log2(max(stats.shares.shape[1] for stats in all_stats)))


def legend_bits(all_stats: list[ConductanceStats]) -> list[int]:
    return list(range(1, int(most_bits(all_stats)) + 1, 2))


def rounded(value: float) -> float:
    return float(f"{value:.4g}")
