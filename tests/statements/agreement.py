"""How far methods agree: by layer, by pair, by head, and for another output."""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import numpy as np

from reportgen.methods import all_methods, preferred
from statements.charts import check_lines
from statements.dom import Node
from statements.facts import FEW, Job
from statements.heads import heat
from statements.tables import mean, title
from statements.trust import rows_read
from statements.written import Ledger, Part, T

TITLES = {
    "spearman": "Rank correlation (Spearman)",
    "kendall": "Rank correlation (Kendall)",
    "top_k_overlap": "Overlap of the top",
}


def check_agreement(ledger: Ledger, job: Job, section: Node) -> None:
    rows = [r for r in job.agreement if r["head"] is None and r["value"] is not None]
    for figure in section.all("figure.chart"):
        outputs = by_layer(ledger, job, rows, figure)
        for prose in figure.all("figcaption p"):
            read_rows(ledger, job, prose, outputs)
    for node in section.all("div.paired > div"):
        if "Every two methods" in node.text:
            every_two(ledger, rows, node)
        elif node.all("p.soft"):
            compared(ledger, job, node.one("p.soft"))
    for table in section.all("div.paired > div > table.heat"):
        another(ledger, job, table)
    for node in section.all("details.fold"):
        for prose in node.all("p.soft"):
            ledger.says(prose, "…from −1 (blue) to 1 (red)…")
        for one in node.all("div.wrapped > div"):
            head_map(ledger, job, one)


def read_rows(ledger: Ledger, job: Job, prose: Node, outputs: list[str]) -> None:
    """Which rows of maps are compared, and which line is which output."""
    start: tuple[Part, ...] = ("…1: …; 0: …; −1: …",)
    if "Of the maps of" in prose.text:
        start = (*start, *rows_read(job))
    if len(outputs) > FEW:
        start = (*start, "…Mean over ", len(outputs), " outputs…")
    dashes: list[Part] = ["…"]
    for output in outputs if 1 < len(outputs) <= FEW else ():
        dashes += ["…: ", T(output), "…"]
    ledger.says(prose, *start, *dashes)


def by_layer(ledger: Ledger, job: Job, rows: list[dict], figure: Node) -> list[str]:
    """The table has every value; the lines are those with the leading method."""
    table = figure.one("table.data")
    layers = max(row["layer"] for row in rows) + 1
    found: dict[tuple, dict[int, float]] = defaultdict(dict)
    for row in rows:
        pair = f"{title(row['method_a'])} and {title(row['method_b'])}"
        output = job.shown(row["target"]) if row["target"] else ""
        measure = TITLES[row["measure"]] + (f" {row['k']}" if row["k"] else "")
        found[pair, output, measure][row["layer"]] = row["value"]
    for number, head in enumerate(table.heads()[3:], start=1):
        ledger.says(head, "layer ", number)
    ledger.table(
        table,
        [
            [*map(T, name), *(of.get(layer, "–") for layer in range(layers))]
            for name, of in found.items()
        ],
    )
    lines: dict[str, list[float]] = {}
    names = {row[side] for row in rows for side in ("method_a", "method_b")}
    main = next((m.name for m in preferred() if m.score and m.name in names), "")
    spearman = [r for r in rows if r["measure"] == "spearman"]
    shown = [r for r in spearman if main in (r["method_a"], r["method_b"])] or spearman
    outputs = list(dict.fromkeys(r["target"] for r in shown if r["target"]))
    together = len(outputs) > FEW
    values: dict[tuple, list[float]] = defaultdict(list)
    for r in shown:
        output = job.shown(r["target"]) if r["target"] else "does not depend on the output"
        pair = f"{title(r['method_a'])} and {title(r['method_b'])}"
        values[pair if together else f"{pair}, {output}", r["layer"]].append(r["value"])
    for name in dict.fromkeys(name for name, _ in values):
        of = (values.get((name, layer)) for layer in range(layers))
        lines[name] = [mean(v) if v else np.nan for v in of]
    check_lines(ledger, figure, lines, -1.0, 1.0, 1.0)
    return [job.shown(name) for name in outputs]


def every_two(ledger: Ledger, rows: list[dict], node: Node) -> None:
    for prose in node.all("p.soft"):
        ledger.says(prose, "…from −1 to 1.")
    for table in node.all("table.heat"):
        caption = table.one("caption").text
        for heading in node.all("h5"):
            ledger.quotes(heading)
        measure = next(m for m, name in TITLES.items() if caption.startswith(name))
        of = [r for r in rows if r["measure"] == measure]
        if measure == "top_k_overlap":
            k = of[0]["k"]
            ledger.says(table.one("caption"), "…", k)
            ledger.tells(table.parent, "aria-label", "…", k)
            for heading in node.all("h5"):
                if heading.text == caption:
                    ledger.says(heading, "…", k)
        pairs(ledger, table, of)


def pairs(ledger: Ledger, table: Node, rows: list[dict]) -> None:
    """A table of every two methods has their means."""
    values: dict[frozenset, list[float]] = defaultdict(list)
    for row in rows:
        values[frozenset((row["method_a"], row["method_b"]))].append(row["value"])
    names = {name for pair in values for name in pair}
    order = [m.name for m in all_methods() if m.name in names]
    same = [head.text for head in table.heads()[1:]] == [title(name) for name in order]
    ledger.holds(same, table, f"is not of {order}")
    matrix = np.full((len(order), len(order)), np.nan)
    for (i, a), (j, b) in product(enumerate(order), enumerate(order)):
        if found := values.get(frozenset((a, b))):
            matrix[i, j] = mean(found)
    for i, row in enumerate(table.rows()):
        for j, cell in enumerate(row[1:]):
            value = matrix[i, j]
            ledger.says(cell, "" if i == j else "–" if np.isnan(value) else float(value))
            shade = next(iter(cell.classes), "")
            step = 0 if np.isnan(value) else 9 * value
            told = (-1 if shade[:1] == "n" else 1) * int(shade[1:] or 0)
            ledger.holds(abs(told - step) <= 0.5001, cell, f"has the shade {shade}")


def another(ledger: Ledger, job: Job, table: Node) -> None:
    values: dict[str, list[float]] = defaultdict(list)
    for row in job.random_logit:
        if row["value"] is not None:
            values[row["method"]].append(row["value"])
    order = sorted(values, key=lambda name: mean(values[name]))
    ledger.table(table, [[T(title(name)), mean(values[name])] for name in order])


def compared(ledger: Ledger, job: Job, prose: Node) -> None:
    pairs = list(dict.fromkeys((r["target"], r["other"]) for r in job.random_logit))
    parts: list[Part] = []
    for target, other in pairs[:FEW]:
        parts += ["; "] * bool(parts) + [T(job.shown(target)), " with ", T(job.shown(other))]
    if len(pairs) > FEW:
        parts += ["; and ", len(pairs) - FEW, " more"]
    ledger.says(prose, "…; ", *parts, ")…1.00 …")


def head_map(ledger: Ledger, job: Job, node: Node) -> None:
    heading = node.one("h4").text
    found: dict[tuple, dict[tuple[int, int], float]] = defaultdict(dict)
    for r in job.agreement:
        if r["head"] is not None and r["measure"] == "spearman":
            of = f" ({job.shown(r['target'])})" if r["target"] else ""
            name = f"{title(r['method_a'])} and {title(r['method_b'])}{of}"
            found[name][r["layer"], r["head"]] = np.nan if r["value"] is None else r["value"]
    ledger.holds(heading in found, node, "is of no two methods that were compared")
    of = found.get(heading, {(0, 0): np.nan})
    shape = tuple(max(place[axis] for place in of) + 1 for axis in (0, 1))
    values = np.full(shape, np.nan)
    for place, value in of.items():
        values[place] = value
    ledger.quotes(node.one("h4"))
    table = node.one("table.heat")
    ledger.quotes(table.one("caption"), f"Head by head: {heading}")
    ledger.tells(table.parent, "aria-label", T(f"Head by head: {heading}"))
    heat(ledger, table, values, end=1.0)
