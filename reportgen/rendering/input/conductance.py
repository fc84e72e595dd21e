"""One token's conductance over features: boxes, histograms and totals by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reportgen.rendering.drawing.charts import Chart
from reportgen.rendering.drawing.line_charts import dash_key
from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.input.conductance_stats import (
    BY_FEATURE,
    COLUMNS,
    ConductanceStats,
    box,
    make_stats,
    points,
)
from reportgen.rendering.input.score_rows import having
from reportgen.rendering.input.token_data import pack
from reportgen.rendering.wording.labels import output, visible
from reportgen.rendering.wording.numbers import number, percent, signed
from reportgen.results.model import JobResult

SHOWN = 2
"""Outputs whose distributions are drawn."""


@dataclass(frozen=True)
class ConductanceCharts:
    """The charts of a card: boxes, histograms and totals by layer; ``about`` names the tokens.

    ``spread`` has the boxes of the other tokens for the script, where these are not too many.
    """

    about: str
    spread: dict[str, Any] | None
    boxes: Chart
    histograms: Chart
    totals: Chart


def conductance_charts(
    result: JobResult, arrays: Mapping[str, np.ndarray]
) -> ConductanceCharts | None:
    """Summarise the conductance of one token's features for each of the first outputs."""
    all_stats = [
        stats
        for target in result.targets
        if BY_FEATURE.of(target.name) in arrays
        and (stats := make_stats(result, target, arrays)) is not None
    ][:SHOWN]
    if not all_stats:
        return None
    explained = len(having(result, arrays, BY_FEATURE.name))
    more = f" The first {SHOWN} of {explained} outputs are shown." if explained > SHOWN else ""
    named = "; ".join(
        f"“{stats.token}”" + (f" for {stats.target}" if explained > 1 else "")
        for stats in all_stats
    )
    from reportgen.rendering.input import conductance_charts as drawn

    return ConductanceCharts(
        about=f"Conductance of {named}: {REASON[points(result)]}.{more}",
        spread=spread(result, arrays, [stats.target for stats in all_stats]),
        boxes=drawn.boxes(all_stats, box_table(all_stats)),
        histograms=drawn.histograms(all_stats, histogram_table(all_stats)),
        totals=drawn.totals(
            all_stats, totals_table(all_stats), dash_key([stats.target for stats in all_stats])
        ),
    )


SPREAD = 40_000
"""Numbers of ``spread`` at most, of two bytes each."""


def spread(
    result: JobResult, arrays: Mapping[str, np.ndarray], shown: Sequence[str]
) -> dict[str, Any] | None:
    """Summarise the features of every token and layer for the script, for outputs ``shown``.

    ``boxes`` has a packed ``(n, L, 8)`` for each: the five numbers of a box, how many values lie
    beyond its whiskers, the smallest and the largest.
    """
    stored = [
        arrays[BY_FEATURE.of(target.name)]
        for target in result.targets
        if output(result, target.name) in shown and BY_FEATURE.of(target.name) in arrays
    ]
    n_layers, n, _ = stored[0].shape
    if n_layers * n * 8 * len(stored) > SPREAD:
        return None
    return {
        "tokens": [visible(token.text) for token in result.tokens],
        "layers": n_layers,
        "boxes": [
            pack(
                np.array(
                    [
                        summary(features.astype(np.float64))
                        for token in np.moveaxis(values, 1, 0)
                        for features in token
                    ]
                )
            )
            for values in stored
        ],
    }


def summary(values: np.ndarray) -> tuple[float, ...]:
    found = box(values)
    five = (getattr(found, name) for name in COLUMNS)
    return (*five, len(found.outliers), float(values.min()), float(values.max()))


REASON = {
    True: "the token where the answer starts or ends",
    False: "the token with the largest conductance over all layers",
}


def box_table(all_stats: list[ConductanceStats]) -> Table:
    return Table(
        ("output", "token", "layer", *COLUMNS.values(), "outliers", "smallest", "largest"),
        tuple(
            (
                stats.target,
                stats.token,
                str(i + 1),
                *(signed(getattr(b, name)) for name in COLUMNS),
                str(len(b.outliers)),
                signed(float(values.min())),
                signed(float(values.max())),
            )
            for stats in all_stats
            for i, (b, values) in enumerate(zip(stats.boxes, stats.values, strict=True))
        ),
    )


def histogram_table(all_stats: list[ConductanceStats]) -> Table:
    """One row per bin, one column per layer: bins are the same for all layers of an output."""
    rows = []
    for stats in all_stats:
        for low, high, shares in zip(
            stats.edges[:-1], stats.edges[1:], stats.shares.T, strict=True
        ):
            if shares.any():
                rows.append(
                    (
                        f"{signed(float(low))} to {signed(float(high))}",
                        stats.target,
                        *(percent(float(share)) for share in shares),
                    )
                )
    layers = max(len(stats.shares) for stats in all_stats)
    return Table(("from, to", "output", *(f"layer {i + 1}" for i in range(layers))), tuple(rows))


def totals_table(all_stats: list[ConductanceStats]) -> Table:
    return Table(
        ("layer", "output", "token", "total, logits", "entropy, bits"),
        tuple(
            (str(i + 1), stats.target, stats.token, signed(float(total)), number(float(bits)))
            for stats in all_stats
            for i, (total, bits) in enumerate(zip(stats.totals, stats.entropies, strict=True))
        ),
    )
