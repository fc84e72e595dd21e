"""Which explanation to believe: what each method shows of removing words, over inputs."""

from __future__ import annotations

from collections import defaultdict

from reportgen.results.bootstrap import bootstrap_interval
from statements.dom import Node
from statements.facts import Facts
from statements.tables import mean, records, title
from statements.written import Ledger, Part

RANDOM = "random"

Shown = dict[str, dict[int, float]]


def check_faithful(ledger: Ledger, facts: Facts, section: Node) -> None:
    rows = records(facts.results.faithfulness())
    for node in section.all("> p.soft"):
        ledger.says(node, "…: ", 0, " % is what the worst order shows, ", 100, " %…", 95, " %…")
    models = [model for model in facts.order if any(row["model"] == model for row in rows)]
    nodes = section.all("div.faithful")
    ledger.holds(len(nodes) == len(models), section, "has other models")
    for node, model in zip(nodes, models, strict=False):
        shown = by_operator([row for row in rows if row["model"] == model])
        for heading in node.all("h3"):
            ledger.quotes(heading, model)
        ledger.quotes(node.one("caption"))  # names the model
        for region in node.all("div.scroll"):
            ledger.told.add((id(region), "aria-label"))
        said(ledger, node.one("> p"), next(iter(shown.values())))
        table(ledger, node.one("table.data"), shown)


def by_operator(rows: list[dict]) -> dict[str, Shown]:
    """What each method shows of each input, the mean over its outputs."""
    held: dict[str, dict[str, dict[int, list[float]]]] = defaultdict(dict)
    for row in rows:
        if row["normalized_comprehensiveness"] is not None:
            inputs = held[row["operator"]].setdefault(row["method"], defaultdict(list))
            inputs[row["input"]].append(row["normalized_comprehensiveness"])
    return {
        operator: {m: {n: mean(v) for n, v in found.items()} for m, found in methods.items()}
        for operator, methods in held.items()
    }


def ranked(shown: Shown) -> list[str]:
    return sorted(shown, key=lambda name: (-len(shown[name]), -mean(shown[name].values()), name))


def written(values: dict[int, float]) -> tuple[Part, ...]:
    whole = round(100 * mean(values.values()))
    if len(values) == 1:
        return whole, " %"
    low, high = bootstrap_interval(list(values.values()))
    return whole, " % (", round(100 * low), " to ", round(100 * high), ")"


def is_chance(shown: Shown, name: str) -> bool:
    """Whether the difference to random orders, input by input, may as well be 0 or below."""
    random = shown.get(RANDOM, {})
    above = [value - random[n] for n, value in shown[name].items() if n in random]
    return name != RANDOM and bool(above) and bootstrap_interval(above)[0] <= 0


def said(ledger: Ledger, node: Node, shown: Shown) -> None:
    names = [name for name in ranked(shown) if name != RANDOM]
    best = shown[names[0]]
    start: tuple[Part, ...] = ("Over ", len(best), " input") if len(best) > 1 else ()
    random: tuple[Part, ...] = ()
    if RANDOM in shown:
        random = ("random orders ", round(100 * mean(shown[RANDOM].values())), " %…")
    ledger.says(node, *start, "…", *written(best), " of what removing words could show…", *random)
    none = "No explanation is clearly better than random orders." in node.text
    ledger.holds(none == all(is_chance(shown, n) for n in names), node, "judges otherwise")


def table(ledger: Ledger, node: Node, shown: dict[str, Shown]) -> None:
    for head in node.all("thead span.ends"):
        ledger.pass_over(head)  # the ends of the axis
    first = next(iter(shown.values()))
    names = list(dict.fromkeys(n for found in shown.values() for n in ranked(found)))
    found = node.rows()
    ledger.holds(len(found) == len(names), node, "has other methods")
    for cells, name in zip(found, names, strict=False):
        weak = [operator for operator, of in shown.items() if name in of and is_chance(of, name)]
        called = "random orders" if name == RANDOM else title(name)
        ledger.holds(cells[0].text.startswith(called), cells[0], f"is not {called}")
        marked = "not clearly better than random orders" in cells[0].text
        ledger.holds(marked == bool(weak), cells[0], "is marked otherwise")
        inputs = max(len(of[name]) for of in shown.values() if name in of)
        few = inputs < max(map(len, first.values()))
        ledger.says(cells[0], "…", *(("over ", inputs, " input…") if few else ()))
        for cell, of in zip(cells[2:], shown.values(), strict=True):
            ledger.says(cell, *(written(of[name]) if name in of else ("–",)))
        dots(ledger, cells[1], [of[name] for of in shown.values() if name in of])


def dots(ledger: Ledger, cell: Node, values: list[dict[int, float]]) -> None:
    circles = cell.all("circle")
    ledger.holds(len(circles) == len(values), cell, "has other dots")
    for circle, one in zip(circles, values, strict=False):
        at = 200 * min(1.0, max(0.0, mean(one.values())))
        ledger.holds(abs(float(circle.attrs["cx"]) - at) < 0.02, circle, f"is not at {at}")
