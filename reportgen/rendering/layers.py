"""What changes from layer to layer: the aligned table, and what goes to special tokens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reportgen.rendering import charts
from reportgen.rendering.numbers import number, percent, signed
from reportgen.rendering.palette import Hue, shade
from reportgen.rendering.table import Table
from reportgen.results.model import JobResult

TITLES = {
    "integrated_gradients": "integrated gradients",
    "attention": "attention",
    "vector_norms": "vector norms",
}


@dataclass(frozen=True)
class Row:
    """One row of the aligned table: a label and a (shade, number) per token."""

    label: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Group:
    """Rows of one quantity, drawn on one scale."""

    title: str
    hue: Hue
    scale: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Grid:
    """Methods side by side: one column per token, one row per method and layer."""

    tokens: tuple[tuple[str, bool], ...]
    groups: tuple[Group, ...]


def grid(
    result: JobResult,
    signed_rows: dict[str, np.ndarray],
    received_rows: dict[str, np.ndarray],
    unit: str,
) -> Grid:
    """Align token scores: ``signed_rows`` by target ``(n,)``, ``received_rows`` ``(L, n)``."""
    groups = []
    if signed_rows:
        scale = max(float(np.abs(row).max(initial=0)) for row in signed_rows.values())
        rows = tuple(
            Row(target, tuple((shade(v, scale, "signed"), signed(v)) for v in row))
            for target, row in signed_rows.items()
        )
        title = "Pushed the output (integrated gradients)"
        groups.append(Group(title, "signed", f"±{number(scale)} {unit}".rstrip(), rows))
    for name, title, hue in (
        ("attention", "Attention received", "attention"),
        ("vector_norms", "Vector norm received", "norm"),
    ):
        if name in received_rows:
            table = received_rows[name]
            scale = float(table.max(initial=0))
            rows = tuple(
                Row(f"layer {i + 1}", tuple((shade(v, scale, hue), number(v)) for v in row))
                for i, row in enumerate(table)
            )
            groups.append(Group(title, hue, f"0 to {number(scale)}", rows))
    return Grid(tuple((token.text, token.special) for token in result.tokens), tuple(groups))


def special_share(result: JobResult, received_rows: dict[str, np.ndarray]) -> charts.Chart | None:
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
    frame = pd.DataFrame(
        {"layer": layer + 1, "series": TITLES[name], "value": round(float(value), 4), "target": ""}
        for name, values in shares.items()
        for layer, value in enumerate(values)
    )
    chart = charts.lines(
        frame,
        value_title="share on special tokens",
        domain=(0, 1),
        colors={TITLES[name]: charts.SERIES[name] for name in shares},
        description="Share of attention and of vector norms received by special tokens, per layer",
        percent=True,
    )
    layers = len(next(iter(shares.values())))
    table = Table(
        ("layer", *(TITLES[name] for name in shares)),
        tuple(
            (str(layer + 1), *(percent(values[layer]) for values in shares.values()))
            for layer in range(layers)
        ),
    )
    return charts.finish(chart, table)
