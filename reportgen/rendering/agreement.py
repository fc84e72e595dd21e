"""How far the methods agree: a chart per layer, matrices of means, and maps of single heads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reportgen.rendering import charts
from reportgen.rendering.grid import FEW
from reportgen.rendering.names import TITLES, title
from reportgen.rendering.numbers import MINUS
from reportgen.rendering.palette import shade
from reportgen.rendering.table import Heat, Table
from reportgen.results.model import JobResult

NO_TARGET = "does not depend on the output"

MEASURES = {
    "spearman": "Rank correlation (Spearman)",
    "kendall": "Rank correlation (Kendall)",
    "top_k_overlap": "Overlap of the top {k}",
}


@dataclass(frozen=True)
class Agreement:
    """How alike the methods rank the content tokens.

    ``chart`` follows the pairs with integrated gradients through the layers, ``matrices`` hold
    every measure's mean over layers for all pairs, by its title.
    """

    chart: charts.Chart
    matrices: tuple[tuple[str, Heat], ...]


def agreement(result: JobResult) -> Agreement | None:
    """Show how far each two methods rank the content tokens alike; ``None`` if undefined."""
    rows = [row for row in result.agreement if row.value is not None]
    if not any(row.measure == "spearman" for row in rows):
        return None
    frame = pd.DataFrame(
        {
            "a": row.method_a,
            "b": row.method_b,
            "output": row.target or "",
            "layer": row.layer + 1,
            "measure": MEASURES[row.measure].format(k=row.k),
            "value": round(row.value, 4),
        }
        for row in rows
    )
    matrices = tuple(
        (measure, matrix(frame[frame["measure"] == measure]))
        for measure in dict.fromkeys(frame["measure"])
    )
    return Agreement(chart(frame), matrices)


def chart(frame: pd.DataFrame) -> charts.Chart:
    """Draw the pairs with integrated gradients, or all where there is none of them."""
    main = "integrated_gradients"
    spearman = frame[frame["measure"] == MEASURES["spearman"]]
    with_main = (spearman["a"] == main) | (spearman["b"] == main)
    drawn = spearman[with_main] if with_main.any() else spearman
    pairs = list(zip(drawn["a"], drawn["b"], strict=True))
    drawn = drawn.assign(
        series=[pair_title(*pair) for pair in pairs], color=[color(*pair) for pair in pairs]
    )
    outputs = [name for name in dict.fromkeys(drawn["output"]) if name]
    if len(outputs) > FEW:  # more lines than can be told apart
        drawn = drawn.groupby(["series", "color", "layer"], sort=False, as_index=False).agg(
            value=("value", "mean")
        )
        drawn["target"] = ""
        key = f"Mean over {len(outputs)} outputs."
    else:
        drawn["target"] = [name or NO_TARGET for name in drawn["output"]]
        key = charts.dash_key(list(dict.fromkeys(drawn["target"])))
    picture = charts.lines(
        drawn[["series", "target", "layer", "value"]],
        value_title="rank correlation (Spearman)",
        domain=(-1, 1),
        colors=dict(zip(drawn["series"], drawn["color"], strict=True)),
        description="Rank correlation between the methods' scores of the words, per layer",
    )
    return charts.finish(picture, by_layer(frame), key)


def by_layer(frame: pd.DataFrame) -> Table:
    named = frame.assign(
        pair=[pair_title(a, b) for a, b in zip(frame["a"], frame["b"], strict=True)]
    )
    table = named.pivot_table(
        index=["pair", "output", "measure"], columns="layer", values="value", sort=False
    )
    return Table(
        ("pair", "output", "measure", *(f"layer {layer}" for layer in table.columns)),
        tuple(
            (*key, *map(write, values))
            for key, values in zip(table.index, table.to_numpy(), strict=True)
        ),
    )


def matrix(frame: pd.DataFrame) -> Heat:
    """Write the mean over layers (and outputs) of one measure for every two methods."""
    means = frame.groupby(["a", "b"])["value"].mean()
    methods = [name for name in TITLES if name in set(frame["a"]) | set(frame["b"])]

    def cell(first: str, second: str) -> tuple[str, str]:
        for pair in ((first, second), (second, first)):
            if pair in means.index:
                return shade(means[pair], 1.0, "signed"), write(means[pair])
        return "", "" if first == second else "–"

    return Heat(
        "",
        tuple(title(name) for name in methods),
        tuple((title(a), tuple(cell(a, b) for b in methods)) for a in methods),
    )


@dataclass(frozen=True)
class HeadMap:
    """Spearman's correlation of two methods for each layer (rows) and head (columns)."""

    title: str
    heat: Heat


def head_maps(result: JobResult, arrays: Mapping[str, np.ndarray]) -> tuple[HeadMap, ...]:
    """Colour the arrays ``agreement_heads/spearman/A/B[/TARGET]`` of integrated gradients.

    Those with attention come first, outputs in their order.
    """
    order = {target.name: position for position, target in enumerate(result.targets)}
    found = []
    for name, values in arrays.items():
        if not name.startswith("agreement_heads/spearman/"):
            continue
        first, second, *target = name.split("/", 4)[2:]
        if "integrated_gradients" not in (first, second):
            continue
        place = "attention" not in (first, second), order.get("".join(target), 0)
        of = f" ({target[0]})" if target else ""
        heat = Heat(
            "layer, head",
            tuple(str(i + 1) for i in range(values.shape[1])),
            tuple(
                (str(i + 1), tuple((head_shade(value), write(value)) for value in row))
                for i, row in enumerate(values.tolist())
            ),
        )
        found.append((place, HeadMap(f"{pair_title(first, second)}{of}", heat)))
    return tuple(head for _, head in sorted(found, key=lambda pair: pair[0]))


def head_shade(value: float) -> str:
    return "" if np.isnan(value) else shade(value, 1.0, "signed")


@dataclass(frozen=True)
class RandomLogit:
    """The random-logit test: mean correlation by method, and which outputs were compared."""

    heat: Heat
    compared: str


def random_logit(result: JobResult) -> RandomLogit | None:
    """Say how alike each method's scores are for this output and for another one."""
    values: dict[str, list[float]] = {}
    for row in result.random_logit:
        if row.value is not None:
            values.setdefault(row.method, []).append(row.value)
    if not values:
        return None
    means = {name: float(np.mean(found)) for name, found in values.items()}
    order = sorted(means, key=lambda name: means[name])
    pairs = list(dict.fromkeys((row.target, row.other) for row in result.random_logit))
    compared = "; ".join(f"{target} with {other}" for target, other in pairs[:FEW])
    more = f"; and {len(pairs) - FEW} more" if len(pairs) > FEW else ""
    return RandomLogit(
        Heat(
            "method",
            ("same order of words",),
            tuple(
                (title(name), ((shade(means[name], 1.0, "signed"), write(means[name])),))
                for name in order
            ),
        ),
        compared + more,
    )


def pair_title(first: str, second: str) -> str:
    return f"{title(first)} and {title(second)}"


def write(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.2f}".replace("-", MINUS)


def color(method_a: str, method_b: str) -> str:
    """Colour a pair by the method compared with integrated gradients."""
    others = [name for name in (method_a, method_b) if name != "integrated_gradients"]
    return charts.SERIES.get(others[0] if len(others) == 1 else "", charts.SERIES["neutral"])
