"""One token's conductance over features: boxes, histograms and totals by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reportgen.rendering.drawing.charts import Chart
from reportgen.rendering.drawing.line_charts import dash_key
from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.input.conductance_stats import COLUMNS, FEATURES, Spread, make_spread, span
from reportgen.rendering.input.score_rows import having
from reportgen.rendering.wording.numbers import number, percent, signed
from reportgen.results.model import JobResult

SHOWN = 2
"""Outputs whose distributions are drawn."""


@dataclass(frozen=True)
class Features:
    """The charts of a card: boxes, histograms and totals by layer; ``about`` names the tokens."""

    about: str
    boxes: Chart
    histograms: Chart
    totals: Chart


def features(result: JobResult, arrays: Mapping[str, np.ndarray]) -> Features | None:
    """Summarise the conductance of one token's features for each of the first outputs."""
    spreads = [
        spread
        for target in result.targets
        if FEATURES.of(target.name) in arrays
        and (spread := make_spread(result, target, arrays)) is not None
    ][:SHOWN]
    if not spreads:
        return None
    explained = len(having(result, arrays, FEATURES.name))
    more = f" The first {SHOWN} of {explained} outputs are shown." if explained > SHOWN else ""
    named = "; ".join(
        f"“{spread.token}”" + (f" for {spread.target}" if explained > 1 else "")
        for spread in spreads
    )
    from reportgen.rendering.input import conductance_charts as drawn

    return Features(
        about=f"Conductance of {named}: {REASON[span(result)]}.{more}",
        boxes=drawn.boxes(spreads, box_table(spreads)),
        histograms=drawn.histograms(spreads, histogram_table(spreads)),
        totals=drawn.totals(
            spreads, totals_table(spreads), dash_key([spread.target for spread in spreads])
        ),
    )


REASON = {
    True: "the token where the answer starts or ends",
    False: "the token with the largest conductance over all layers",
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


def totals_table(spreads: list[Spread]) -> Table:
    return Table(
        ("layer", "output", "token", "total, logits", "entropy, bits"),
        tuple(
            (str(i + 1), spread.target, spread.token, signed(float(total)), number(float(bits)))
            for spread in spreads
            for i, (total, bits) in enumerate(zip(spread.totals, spread.entropies, strict=True))
        ),
    )
