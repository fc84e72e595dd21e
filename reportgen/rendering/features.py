"""Charts of one token's conductance: boxes, histograms and totals by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from reportgen.rendering import charts
from reportgen.rendering.grid import having
from reportgen.rendering.lines import DASHES, dash_key
from reportgen.rendering.numbers import number, percent, signed
from reportgen.rendering.spread import Spread, extreme, make_spread, span
from reportgen.rendering.table import Table
from reportgen.results.model import JobResult

SHOWN = 2
"""Outputs whose distributions are drawn."""

WIDTH, WIDE = 245, 290
"""Of plots with and without a legend beside them, in pixels: all of it fits a phone."""


@dataclass(frozen=True)
class Features:
    """The charts of a card: boxes, histograms and totals by layer; ``about`` names the tokens."""

    about: str
    boxes: charts.Chart
    histograms: charts.Chart
    totals: charts.Chart


def features(result: JobResult, arrays: Mapping[str, np.ndarray]) -> Features | None:
    """Summarise ``layer_conductance_features`` of one token for each of the first outputs."""
    spreads = [
        spread
        for target in result.targets
        if f"layer_conductance_features/{target.name}" in arrays
        and (spread := make_spread(result, target, arrays)) is not None
    ][:SHOWN]
    if not spreads:
        return None
    explained = len(having(result, arrays, "layer_conductance_features"))
    more = f" The first {SHOWN} of {explained} outputs are shown." if explained > SHOWN else ""
    named = "; ".join(
        f"“{spread.token}”" + (f" for {spread.target}" if explained > 1 else "")
        for spread in spreads
    )
    return Features(
        about=f"Conductance of {named}: {REASON[span(result)]}.{more}",
        boxes=charts.finish(box_chart(spreads), box_table(spreads)),
        histograms=charts.finish(histogram_chart(spreads), histogram_table(spreads)),
        totals=charts.finish(
            totals_chart(spreads), totals_table(spreads), dash_key(names(spreads))
        ),
    )


REASON = {
    True: "the token where the answer starts or ends",
    False: "the token with the largest conductance over all layers",
}


def names(spreads: list[Spread]) -> list[str]:
    return [spread.target for spread in spreads]


def stacked(panels: list[alt.TopLevelMixin], description: str) -> alt.TopLevelMixin:
    """Put one panel for each output under another."""
    if len(panels) == 1:
        return panels[0].properties(description=description)
    several: Any = panels  # whatever can stand under another
    return alt.vconcat(*several, spacing=24).properties(description=description)


def titled(panel: alt.TopLevelMixin, spreads: list[Spread], spread: Spread) -> alt.TopLevelMixin:
    """Name the output and the token above a panel, where there are several."""
    if len(spreads) == 1:
        return panel
    title = alt.TitleParams(
        f"{spread.target}: “{spread.token}”",
        anchor="start",
        fontSize=12,
        fontWeight="normal",
        color="var(--text)",
        limit=WIDE,
    )
    return panel.properties(title=title)


def box_chart(spreads: list[Spread]) -> alt.TopLevelMixin:
    panels = []
    for spread in spreads:
        rows = [
            {"layer": i + 1}
            | {name: rounded(getattr(b, name)) for name in ("low", "q1", "median", "q3", "high")}
            for i, b in enumerate(spread.boxes)
        ]
        points = [
            {"layer": i + 1, "value": rounded(value)}
            for i, b in enumerate(spread.boxes)
            for value in extreme(b)
        ]
        base = alt.Chart(pd.DataFrame(rows)).encode(
            x=charts.layer_axis(list(range(1, len(spread.boxes) + 1))),
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
                alt.Chart(pd.DataFrame(points))
                .mark_point(size=12, color=BOX, opacity=0.7)
                .encode(
                    x=charts.layer_axis(list(range(1, len(spread.boxes) + 1))),
                    y="value:Q",
                    tooltip=[
                        alt.Tooltip("layer:O", title="layer"),
                        alt.Tooltip("value:Q", title="outlier", format=".3~g"),
                    ],
                )
            )
        panel = alt.layer(*marks).properties(width=WIDE, height=170)
        panels.append(titled(panel, spreads, spread))
    return stacked(panels, "Spread of one token's conductance over the features, per layer")


BOX = charts.SERIES["layer_conductance"]

COLUMNS = {
    "low": "lower whisker",
    "q1": "lower quartile",
    "median": "median",
    "q3": "upper quartile",
    "high": "upper whisker",
}


def box_table(spreads: list[Spread]) -> Table:
    return Table(
        ("output", "token", "layer", *COLUMNS.values(), "outliers", "smallest", "largest"),
        tuple(
            (
                spread.target,
                spread.token,
                str(i + 1),
                *(signed(getattr(b, name)) for name in COLUMNS),
                str(len(b.outliers)),
                signed(float(values.min())),
                signed(float(values.max())),
            )
            for spread in spreads
            for i, (b, values) in enumerate(zip(spread.boxes, spread.values, strict=True))
        ),
    )


def histogram_chart(spreads: list[Spread]) -> alt.TopLevelMixin:
    panels = []
    for spread in spreads:
        middles = (spread.edges[:-1] + spread.edges[1:]) / 2
        frame = pd.DataFrame(
            {"layer": i + 1, "value": rounded(x), "share": round(float(share), 4)}
            for i, row in enumerate(spread.shares)
            for x, share in zip(middles, row, strict=True)
        )
        last = len(spread.shares)
        panel = (
            alt.Chart(frame)
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
                    scale=alt.Scale(domain=[1, max(last, 2)], range=list(charts.RAMP)),
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
        panels.append(titled(panel, spreads, spread))
    chart = stacked(panels, "Histogram of one token's conductance over the features, per layer")
    return chart.resolve_scale(color="shared") if len(panels) > 1 else chart


def histogram_table(spreads: list[Spread]) -> Table:
    """One row per bin, one column per layer: bins are the same for all layers of an output."""
    rows = []
    for spread in spreads:
        for low, high, shares in zip(
            spread.edges[:-1], spread.edges[1:], spread.shares.T, strict=True
        ):
            if shares.any():
                rows.append(
                    (
                        f"{signed(float(low))} to {signed(float(high))}",
                        spread.target,
                        *(percent(float(share)) for share in shares),
                    )
                )
    layers = max(len(spread.shares) for spread in spreads)
    return Table(("from, to", "output", *(f"layer {i + 1}" for i in range(layers))), tuple(rows))


def totals_chart(spreads: list[Spread]) -> alt.TopLevelMixin:
    frame = pd.DataFrame(
        {
            "layer": i + 1,
            "target": spread.target,
            "total": rounded(total),
            "entropy": round(float(bits), 3),
        }
        for spread in spreads
        for i, (total, bits) in enumerate(zip(spread.totals, spread.entropies, strict=True))
    )
    base = alt.Chart(frame).encode(
        x=charts.layer_axis(sorted(frame["layer"].unique().tolist())),
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
    dashes = [list(DASHES[i][0]) for i in range(len(spreads))]
    line = base.mark_line(strokeWidth=2, color=BOX).encode(
        strokeDash=alt.StrokeDash(
            "target:N", scale=alt.Scale(domain=names(spreads), range=dashes), legend=None
        )
    )
    points = base.mark_point(filled=True, color=BOX, opacity=1).encode(
        size=alt.Size(
            "entropy:Q",
            scale=alt.Scale(domain=[0, most_bits(spreads)], range=[10, 260]),
            legend=alt.Legend(
                title="entropy, bits",
                orient="right",
                symbolType="circle",
                symbolStrokeWidth=0,
                symbolFillColor=BOX,
                values=legend_bits(spreads),
                format="d",
                titleColor="var(--soft)",
                titleFontWeight="normal",
            ),
        )
    )
    return alt.layer(line, points).properties(
        width=WIDTH, height=190, description="Total conductance of one token, per layer"
    )


def most_bits(spreads: list[Spread]) -> float:
    """The entropy of values spread evenly over all bins."""
    return float(np.log2(max(spread.shares.shape[1] for spread in spreads)))


def legend_bits(spreads: list[Spread]) -> list[int]:
    return list(range(1, int(most_bits(spreads)) + 1, 2))


def totals_table(spreads: list[Spread]) -> Table:
    return Table(
        ("layer", "output", "token", "total, logits", "entropy, bits"),
        tuple(
            (str(i + 1), spread.target, spread.token, signed(float(total)), number(float(bits)))
            for spread in spreads
            for i, (total, bits) in enumerate(zip(spread.totals, spread.entropies, strict=True))
        ),
    )


def rounded(value: float) -> float:
    return float(f"{value:.4g}")
