"""What changes from layer to layer: what goes to special tokens, and how much is mixed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reportgen.rendering import charts
from reportgen.rendering.lines import Line, Scale, line_chart
from reportgen.rendering.names import TITLES
from reportgen.rendering.numbers import percent
from reportgen.rendering.table import Table
from reportgen.results.model import JobResult

MIXING = {
    "attention": "attention alone",
    "residual": "with residual",
    "normalized": "with residual and LayerNorm",
}


def special_share(
    result: JobResult, received_rows: Mapping[str, np.ndarray]
) -> charts.Chart | None:
    """Chart the share of attention, and of norms, that special tokens receive per layer.

    Attention often parks on special tokens whose vectors are short; the gap between the two
    lines shows it (Kobayashi et al. 2020, section 4).
    """
    special = np.array([token.special for token in result.tokens], dtype=bool)
    if not received_rows or not special.any():
        return None
    shares = {
        name: rows[:, special].sum(axis=1) / rows.sum(axis=1)
        for name, rows in received_rows.items()
    }
    return shares_by_layer(
        {TITLES[name]: values for name, values in shares.items()},
        {TITLES[name]: charts.SERIES[name] for name in shares},
        title="share on special tokens",
        description="Share of attention and of vector norms received by special tokens, per layer",
    )


def mixing_ratio(result: JobResult, arrays: Mapping[str, np.ndarray]) -> charts.Chart | None:
    """Chart how much of a word's new vector comes from other tokens, mean over content tokens.

    Ratios as Kobayashi et al. 2021, section 4: norms of what comes from others against norms
    of what a token keeps of itself.
    """
    content = np.array([not token.special for token in result.tokens], dtype=bool)
    found = {
        name: arrays[f"mixing_ratio/{name}"][:, content].mean(axis=1)
        for name in MIXING
        if f"mixing_ratio/{name}" in arrays
    }
    if not found or not content.any():
        return None
    return shares_by_layer(
        {MIXING[name]: values for name, values in found.items()},
        {MIXING[name]: charts.MIXING[name] for name in found},
        title="share from other tokens",
        description="Share of each word's new vector that comes from other tokens, per layer",
    )


def shares_by_layer(
    series: Mapping[str, np.ndarray], colors: Mapping[str, str], *, title: str, description: str
) -> charts.Chart:
    """Draw one line per series ``(L,)`` of shares, with the numbers in a table."""
    layers = len(next(iter(series.values())))
    table = Table(
        ("layer", *series),
        tuple(
            (str(layer + 1), *(percent(values[layer]) for values in series.values()))
            for layer in range(layers)
        ),
    )
    lines = [Line(name, colors[name], tuple(values.tolist())) for name, values in series.items()]
    scale = Scale(title, (0, 0.2, 0.4, 0.6, 0.8, 1), percent=True)
    return line_chart(lines, scale, description=description, table=table)
