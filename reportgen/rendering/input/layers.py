"""What changes from layer to layer: what goes to special tokens, and how much is mixed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from reportgen.methods import Reading, attention, known, residual_norms, vector_norms
from reportgen.rendering.drawing import charts
from reportgen.rendering.drawing.line_charts import ChartLine, Scale, line_chart
from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.wording.labels import title
from reportgen.rendering.wording.numbers import percent
from reportgen.results.model import JobResult

MIXING = tuple(
    array for array in residual_norms.METHOD.arrays if array.reading is Reading.SHARE_BY_LAYER
)
"""Shares of what comes from other tokens, each a line."""


TINY = np.finfo(np.float64).tiny
"""Keeps a share of nothing at 0."""


def special_share(result: JobResult, layers: Mapping[str, np.ndarray]) -> charts.Chart | None:
    """Chart the share of attention, and of norms, that goes to special tokens per layer.

    Over all rows (``mean_over_rows``): it is about the model, not about one output.

    Attention often parks on special tokens whose vectors are short; the gap between the two
    lines shows it (Kobayashi et al. 2020, section 4).
    """
    special = np.array([token.special for token in result.tokens], dtype=bool)
    found = {
        name: rows
        for name, rows in layers.items()
        if (array := known(name).by_layer) and array.sign != "signed"
    }
    if not found or not special.any():
        return None
    shares = {
        title(name): rows[:, special].sum(axis=1) / np.maximum(rows.sum(axis=1), TINY)
        for name, rows in found.items()
    }
    return shares_by_layer(
        shares,
        {title(name): known(name).colour for name in found},
        title="share on special tokens",
        description=f"Share of {' and of '.join(shares)} that goes to special tokens, mean over "
        "all rows, per layer",
    )


def special_note(names: Collection[str]) -> str:
    """Say what attention and norms together show of special tokens."""
    if not {attention.METHOD.name, vector_norms.METHOD.name} <= set(names):
        return ""
    return (
        "Attention often rests on tokens such as [SEP] without taking much from them: "
        "the norms show what is really carried."
    )


def mixing_ratio(result: JobResult, arrays: Mapping[str, np.ndarray]) -> charts.Chart | None:
    """Chart how much of a word's new vector comes from other tokens, mean over content tokens.

    Ratios as Kobayashi et al. 2021, section 4: norms of what comes from others against norms
    of what a token keeps of itself.
    """
    content = np.array([not token.special for token in result.tokens], dtype=bool)
    found = {
        array: arrays[array.name][:, content].mean(axis=1)
        for array in MIXING
        if array.name in arrays
    }
    if not found or not content.any():
        return None
    return shares_by_layer(
        {array.label: values for array, values in found.items()},
        {array.label: array.colour for array in found},
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
    lines = [
        ChartLine(name, colors[name], tuple(values.tolist())) for name, values in series.items()
    ]
    scale = Scale(title, (0, 0.2, 0.4, 0.6, 0.8, 1), percent=True)
    return line_chart(lines, scale, description=description, table=table)
