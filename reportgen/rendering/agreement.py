"""How far the methods agree: a chart per layer, and the means in a table."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from reportgen.rendering import charts
from reportgen.rendering.layers import TITLES
from reportgen.rendering.numbers import MINUS
from reportgen.rendering.table import Table
from reportgen.results.model import JobResult

NO_TARGET = "does not depend on the output"


@dataclass(frozen=True)
class Agreement:
    """Rank correlations per layer as a chart; all measures, averaged over layers, as a table."""

    chart: charts.Chart
    means: Table


def agreement(result: JobResult) -> Agreement | None:
    """Show how far each two methods rank the content tokens alike; ``None`` if undefined."""
    rows = [row for row in result.agreement if row.value is not None]
    if not any(row.measure == "spearman" for row in rows):
        return None
    named = {row.target for row in rows if row.target}
    frame = pd.DataFrame(
        {
            "series": f"{TITLES[row.method_a]} and {TITLES[row.method_b]}",
            "target": (row.target or NO_TARGET) if len(named) > 1 else "",
            "layer": row.layer + 1,
            "measure": "rank correlation" if row.k is None else f"top-{row.k} overlap",
            "value": round(row.value, 4),
            "color": color(row.method_a, row.method_b),
        }
        for row in rows
    )
    frame["pair"] = frame["series"] + frame["target"].map(lambda name: name and f" ({name})")
    return Agreement(chart=chart(frame), means=means(frame))


def chart(frame: pd.DataFrame) -> charts.Chart:
    spearman = frame[frame["measure"] == "rank correlation"]
    drawn = charts.lines(
        spearman[["series", "target", "layer", "value"]],
        value_title="rank correlation (Spearman)",
        domain=(-1, 1),
        colors=dict(zip(spearman["series"], spearman["color"], strict=True)),
        description="Rank correlation between the methods' scores of the words, per layer",
    )
    column = frame["pair"] + ": " + frame["measure"]
    by_layer = frame.assign(column=column).pivot_table(
        index="layer", columns="column", values="value", sort=False
    )
    table = Table(
        ("layer", *by_layer.columns),
        tuple(
            (str(layer), *map(write, values))
            for layer, values in zip(by_layer.index, by_layer.to_numpy(), strict=True)
        ),
    )
    return charts.finish(drawn, table, charts.dash_key(list(dict.fromkeys(spearman["target"]))))


def means(frame: pd.DataFrame) -> Table:
    by_pair = frame.pivot_table(index="pair", columns="measure", values="value", sort=False)
    return Table(
        ("mean over layers", *by_pair.columns),
        tuple(
            (pair, *map(write, values))
            for pair, values in zip(by_pair.index, by_pair.to_numpy(), strict=True)
        ),
    )


def write(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.2f}".replace("-", MINUS)


def color(method_a: str, method_b: str) -> str:
    """Colour a pair by the method compared with integrated gradients."""
    others = [name for name in (method_a, method_b) if name != "integrated_gradients"]
    return charts.SERIES[others[0] if len(others) == 1 else "neutral"]
