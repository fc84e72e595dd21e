"""How far the methods agree: a chart per layer, matrices of means, and maps of single heads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.methods import get, leading, preferred
from reportgen.methods.description import NEUTRAL
from reportgen.rendering.drawing import charts
from reportgen.rendering.drawing.line_charts import ChartLine, Scale, line_chart
from reportgen.rendering.drawing.palette import shade
from reportgen.rendering.drawing.tables import Heat, Table
from reportgen.rendering.input.score_rows import FEW
from reportgen.rendering.wording.labels import in_order, listed, output, title
from reportgen.rendering.wording.numbers import fixed
from reportgen.rendering.wording.sentences import rows_used
from reportgen.results.arrays import HEADS
from reportgen.results.model import Agreement, JobResult

NO_TARGET = "does not depend on the output"

MEASURES = {
    "spearman": "Rank correlation (Spearman)",
    "kendall": "Rank correlation (Kendall)",
    "top_k_overlap": "Overlap of the top {k}",
}

CORRELATION = Scale("rank correlation (Spearman)", (-1, -0.5, 0, 0.5, 1))


@dataclass(frozen=True)
class MethodAgreement:
    """How alike the methods rank the content tokens.

    ``chart`` follows the pairs with the leading method through the layers, ``matrices`` hold
    every measure's mean over layers for all pairs, by its title. ``rows`` says which rows of maps
    are compared, where maps are.
    """

    chart: charts.Chart
    matrices: tuple[tuple[str, Heat], ...]
    rows: str = ""


def agreement(result: JobResult) -> MethodAgreement | None:
    """Show how far each two methods rank the content tokens alike; ``None`` if undefined."""
    rows = [
        row.model_copy(update={"target": row.target and output(result, row.target)})
        for row in result.agreement
        if row.value is not None
    ]
    if not any(row.measure == "spearman" for row in rows):
        return None
    matrices = tuple(
        (measure, matrix([row for row in rows if measure_title(row) == measure]))
        for measure in dict.fromkeys(map(measure_title, rows))
    )
    compared = {name for row in rows for name in (row.method_a, row.method_b)}
    maps = [method.short_title for method in preferred() if method.rows and method.name in compared]
    used = f" Of the maps of {listed(maps)}, {rows_used(result)} is compared." if maps else ""
    return MethodAgreement(chart(rows), matrices, used)


def measure_title(row: Agreement) -> str:
    return MEASURES[row.measure].format(k=row.k)


def chart(rows: Sequence[Agreement]) -> charts.Chart:
    """Draw the pairs with the leading method, or all where no method leads."""
    main = leading({name for row in rows for name in (row.method_a, row.method_b)})
    spearman = [row for row in rows if row.measure == "spearman"]
    shown = [row for row in spearman if main in (row.method_a, row.method_b)] or spearman
    outputs = list(dict.fromkeys(row.target for row in shown if row.target))
    together = len(outputs) > FEW  # more lines than can be told apart
    layers = range(max(row.layer for row in rows) + 1)
    lines = []
    for (first, second, target), values in grouped(shown, together=together).items():
        means = tuple(mean(values.get(layer, ())) for layer in layers)
        output = "" if together else target or NO_TARGET
        lines.append(
            ChartLine(pair_title(first, second), color(first, second, main), means, output)
        )
    return line_chart(
        lines,
        CORRELATION,
        description="Rank correlation between the methods' scores of the words, per layer",
        table=by_layer(rows),
        key=f"Mean over {len(outputs)} outputs." if together else "",
    )


def grouped(
    rows: Sequence[Agreement], *, together: bool
) -> dict[tuple[str, str, str], dict[int, list[float]]]:
    """Return the values of each layer by both methods and the output, or over all outputs."""
    found: dict[tuple[str, str, str], dict[int, list[float]]] = {}
    for row in rows:
        line = row.method_a, row.method_b, "" if together else row.target or ""
        found.setdefault(line, {}).setdefault(row.layer, []).append(known(row))
    return found


def known(row: Agreement) -> float:
    """Return the value of a row that has one, as all do that are drawn."""
    assert row.value is not None
    return row.value


def by_layer(rows: Sequence[Agreement]) -> Table:
    """Write every value: one row per pair, output and measure, one column per layer."""
    found: dict[tuple[str, str, str], dict[int, float]] = {}
    for row in rows:
        name = pair_title(row.method_a, row.method_b), row.target or "", measure_title(row)
        found.setdefault(name, {})[row.layer] = known(row)
    layers = range(max(row.layer for row in rows) + 1)
    return Table(
        ("pair", "output", "measure", *(f"layer {layer + 1}" for layer in layers)),
        tuple(
            (*name, *(write(values.get(layer, np.nan)) for layer in layers))
            for name, values in found.items()
        ),
    )


def matrix(rows: Sequence[Agreement]) -> Heat:
    """Write the mean over layers (and outputs) of one measure for every two methods."""
    values: dict[frozenset[str], list[float]] = {}
    for row in rows:
        values.setdefault(frozenset((row.method_a, row.method_b)), []).append(known(row))
    return pair_means(values, write)


def pair_means(
    values: Mapping[frozenset[str], Sequence[float]], write: Callable[[float], str]
) -> Heat:
    """Write the mean for every two methods, a dash where there is none."""
    methods = in_order({name for pair in values for name in pair})

    def cell(first: str, second: str) -> tuple[str, str]:
        if first == second:
            return "", ""
        value = mean(values.get(frozenset((first, second)), ()))
        return heat_shade(value), "–" if np.isnan(value) else write(value)

    return Heat(
        "",
        tuple(title(name) for name in methods),
        tuple((title(a), tuple(cell(a, b) for b in methods)) for a in methods),
    )


@dataclass(frozen=True)
class HeadMap:
    """Spearman's correlation of two methods for each layer (rows) and head (columns).

    ``main`` is the one of them that all maps of a page have in common.
    """

    title: str
    main: str
    heat: Heat


def head_maps(result: JobResult, arrays: Mapping[str, np.ndarray]) -> tuple[HeadMap, ...]:
    """Colour the arrays ``agreement_heads/spearman/A/B[/TARGET]`` of the leading method.

    Those with the first of the others come first, outputs in their order.
    """
    start = f"{HEADS}/spearman/"
    stored = {name: name.split("/", 4)[2:] for name in arrays if name.startswith(start)}
    main = leading({name for names in stored.values() for name in names[:2]})
    pairs = {name: pair for name, pair in stored.items() if main in pair[:2]}
    compared = {name for pair in pairs.values() for name in pair[:2]} - {main}
    closest = next((method.name for method in preferred() if method.name in compared), "")
    order = {target.name: position for position, target in enumerate(result.targets)}
    found = []
    for name, (first, second, *target) in pairs.items():
        values = arrays[name]
        place = closest not in (first, second), order.get("".join(target), 0)
        of = f" ({output(result, target[0])})" if target else ""
        heat = Heat(
            "layer, head",
            tuple(str(i + 1) for i in range(values.shape[1])),
            tuple(
                (str(i + 1), tuple((heat_shade(value), write(value)) for value in row))
                for i, row in enumerate(values.tolist())
            ),
        )
        found.append((place, HeadMap(f"{pair_title(first, second)}{of}", title(main), heat)))
    return tuple(head for _, head in sorted(found, key=lambda pair: pair[0]))


def mean(values: Sequence[float]) -> float:
    """Return the mean, not a number where there is nothing."""
    return sum(values) / len(values) if values else np.nan


def heat_shade(value: float) -> str:
    return "" if np.isnan(value) else shade(value, 1.0, "signed")


@dataclass(frozen=True)
class RandomLogitTest:
    """The random-logit test: mean correlation by method, and which outputs were compared."""

    heat: Heat
    compared: str


def random_logit(result: JobResult) -> RandomLogitTest | None:
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
    compared = "; ".join(
        f"{output(result, target)} with {output(result, other)}" for target, other in pairs[:FEW]
    )
    more = f"; and {len(pairs) - FEW} more" if len(pairs) > FEW else ""
    return RandomLogitTest(
        Heat(
            "method",
            ("same order of words",),
            tuple(
                (title(name), ((heat_shade(means[name]), write(means[name])),)) for name in order
            ),
        ),
        compared + more,
    )


def pair_title(first: str, second: str) -> str:
    return f"{title(first)} and {title(second)}"


def write(value: float) -> str:
    return "–" if np.isnan(value) else fixed(value, 2)


def color(method_a: str, method_b: str, main: str) -> str:
    """Colour a pair by the method compared with the leading one."""
    others = [name for name in (method_a, method_b) if name != main]
    known = get(others[0]) if len(others) == 1 else None
    return known.colour if known else NEUTRAL
