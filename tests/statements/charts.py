"""Line charts: what their columns tell, and where their points are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from statements.dom import Node
from statements.written import Ledger, agrees

WIDTH, HEIGHT = 300, 180


def check_lines(
    ledger: Ledger,
    figure: Node,
    lines: Mapping[str, Sequence[float]],
    low: float,
    high: float,
    unit: float,
) -> None:
    """Check a chart of lines over layers; ``unit`` is 100 where values are percentages."""
    layers = max(map(len, lines.values()))
    titles = figure.all("g.values title")
    ledger.holds(len(titles) == layers, figure, f"has not {layers} layers")
    for layer, told in enumerate(titles):
        ledger.quotes(told)
        first, *rest = told.raw.split("\n")
        said = dict(reversed(row.split("  ", 1)) for row in rest)
        wanted = {short(name): v[layer] for name, v in lines.items() if not np.isnan(v[layer])}
        names = {short(name) for name in said}
        ledger.holds(first == f"layer {layer + 1}", told, "is another layer")
        ledger.holds(names == set(wanted), told, f"tells not of {sorted(wanted)}")
        for name, text in said.items():
            value = wanted.get(short(name), np.nan)
            ledger.holds(agrees(text.rstrip("\xa0 %"), unit * value), told, f"{name} is {value}")
    points(ledger, figure, lines, low, high)
    for text in figure.all("div.plot text"):
        ticks(ledger, text, layers, low, high, unit)


def short(name: str) -> str:
    """A line's name without what is said where no output is meant."""
    return name.removesuffix(", does not depend on the output")


def points(ledger: Ledger, figure: Node, lines, low: float, high: float) -> None:
    """Where the circles of each line are."""
    groups = [g for g in figure.all("div.plot svg g") if g.nodes and g.nodes[0].tag == "circle"]
    ledger.holds(len(groups) == len(lines), figure, f"has not {len(lines)} lines")
    for group, values in zip(groups, lines.values(), strict=False):
        known = [(i, v) for i, v in enumerate(values) if not np.isnan(v)]
        ledger.holds(len(known) == len(group.nodes), figure, "has not a point for each layer")
        for circle, (layer, value) in zip(group.nodes, known, strict=False):
            x = WIDTH * (layer + 0.5) / len(values)
            y = HEIGHT * (high - value) / (high - low)
            at = float(circle.attrs["cx"]), float(circle.attrs["cy"])
            right = abs(at[0] - x) < 0.1 and abs(at[1] - y) < 0.1
            ledger.holds(right, figure, f"has a point at {at}, for {value} of layer {layer + 1}")


def ticks(ledger: Ledger, text: Node, layers: int, low: float, high: float, unit: float) -> None:
    """A number at an axis stands where its value is; the others are layers."""
    number = text.text.replace("\N{MINUS SIGN}", "-").rstrip("%")
    ledger.answered.add(id(text))
    if not re.fullmatch(r"-?[\d.]+", number):
        ledger.holds(
            not re.search(r"\d", text.text.replace("(1 is next", "")), text, "has a number"
        )
        return
    if float(text.attrs["x"]) < 0:
        y = HEIGHT * (high - float(number) / unit) / (high - low) + 4
        ledger.holds(abs(float(text.attrs["y"]) - y) < 0.1, text, "stands elsewhere on its axis")
    else:
        x = WIDTH * (int(number) - 0.5) / layers
        ledger.holds(abs(float(text.attrs["x"]) - x) < 0.1, text, "stands elsewhere on its axis")
