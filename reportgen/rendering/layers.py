"""What changes from layer to layer: the aligned table, and the two line charts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from reportgen.rendering import charts
from reportgen.rendering.numbers import MINUS, number, percent, signed
from reportgen.rendering.palette import Hue, shade
from reportgen.results.model import JobResult
from reportgen.results.scores import received

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
    return charts.finish(
        chart,
        ("layer", *(TITLES[name] for name in shares)),
        tuple(
            (str(layer + 1), *(percent(values[layer]) for values in shares.values()))
            for layer in range(layers)
        ),
    )


def agreement(result: JobResult) -> charts.Chart | None:
    """Chart Spearman's rho between methods per layer, with a table of it and of top-k overlap."""
    rows = [row for row in result.agreement if row.value is not None]
    if not rows:
        return None
    frame = pd.DataFrame(
        {
            "pair": f"{TITLES[row.method_a]} and {TITLES[row.method_b]}",
            "target": row.target or "",
            "layer": row.layer + 1,
            "measure": row.measure if row.k is None else f"{row.measure} (k = {row.k})",
            "value": round(row.value, 4),
            "hue": hue(row.method_a, row.method_b),
        }
        for row in rows
    )
    spearman = frame[frame["measure"] == "spearman"].rename(columns={"pair": "series"})
    if spearman.empty:
        return None
    colors = dict(zip(spearman["series"], spearman["hue"], strict=True))
    one_target = spearman["target"].replace("", None).nunique() <= 1
    spearman = spearman.assign(
        target="" if one_target else spearman["target"].replace("", "does not depend on the output")
    )
    chart = charts.lines(
        spearman.drop(columns=["hue", "measure"]),
        value_title="rank correlation (Spearman)",
        domain=(-1, 1),
        colors=colors,
        description="Rank correlation between the methods' scores of the words, per layer",
    )
    of_target = frame["target"].map(lambda target: f", {target}" if target else "")
    frame["column"] = frame["pair"] + of_target + " | " + frame["measure"]
    table = frame.pivot_table(index="layer", columns="column", values="value", sort=False)
    return charts.finish(
        chart,
        (
            "layer",
            *(
                column.replace("spearman", "Spearman").replace("top_k_overlap", "top-k overlap")
                for column in table.columns
            ),
        ),
        tuple(
            (str(layer), *("–" if pd.isna(v) else f"{v:.2f}".replace("-", MINUS) for v in values))
            for layer, values in zip(table.index, table.to_numpy(), strict=True)
        ),
        key=charts.dash_key(list(dict.fromkeys(spearman["target"]))),
    )


def hue(method_a: str, method_b: str) -> str:
    """Colour a pair by the method compared with integrated gradients."""
    others = [name for name in (method_a, method_b) if name != "integrated_gradients"]
    return charts.SERIES[others[0] if len(others) == 1 else "neutral"]


def received_rows(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Reduce stored maps to what each token receives per layer: ``(L, n)`` by method."""
    rows = {}
    if "attention" in arrays:
        rows["attention"] = received(arrays["attention"]).mean(axis=1)  # over heads
    if "vector_norms/sum_alpha_f" in arrays:
        rows["vector_norms"] = received(arrays["vector_norms/sum_alpha_f"])
    return rows
