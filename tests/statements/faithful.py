"""Which explanation to believe: what methods show of removing words, and how alike they are."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from reportgen.methods import preferred
from reportgen.results.bootstrap import bootstrap_interval
from statements.agreement import pairs
from statements.dom import Node
from statements.facts import Facts
from statements.performance import hall
from statements.tables import mean, records, title
from statements.written import Ledger, Part, T

RANDOM = "random"
MANY = 10

Shown = dict[str, dict[int, float]]


def check_faithful(ledger: Ledger, facts: Facts, section: Node) -> None:
    rows = records(facts.results.faithfulness())
    for node in section.all("> p.soft"):
        ledger.says(node, "…: ", 0, " % is what the worst order shows, ", 100, " %…", 95, " %…")
    alike = {model: Alike(facts, model) for model in facts.order}
    measured = {row["model"] for row in rows}
    models = [m for m in facts.order if m in measured or alike[m].pairs]
    nodes = section.all("div.faithful")
    ledger.holds(len(nodes) == len(models), section, "has other models")
    for node, model in zip(nodes, models, strict=False):
        for heading in node.all("> h3"):
            if heading.text != "Do the methods tell the same story?":
                ledger.quotes(heading, model)
        if model in measured:
            shown = by_operator([row for row in rows if row["model"] == model])
            ledger.quotes(node.one("> div.scroll caption"))  # names the model
            for region in node.all("> div.scroll"):
                ledger.told.add((id(region), "aria-label"))
            said(ledger, node.one("> p"), next(iter(shown.values())))
            table(ledger, node.one("> div.scroll table.data"), shown)
        parts = node.all("div.consensus")
        ledger.holds(bool(parts) == bool(alike[model].pairs), node, "tells of agreement or not")
        for part in parts:
            consensus(ledger, alike[model], part)


class Alike:
    """How alike every two methods of a model are on each input."""

    def __init__(self, facts: Facts, model: str) -> None:
        jobs = [job for job in facts.jobs.values() if job.model == model]
        names = {r[s] for job in jobs for r in job.agreement for s in ("method_a", "method_b")}
        self.main = next((m.name for m in preferred() if m.score and m.name in names), "")
        found: dict[tuple[str, str], list[float]] = defaultdict(list)
        self.with_main: list[tuple[float, int]] = []
        for job in jobs:
            of: dict[tuple[str, str], list[float]] = defaultdict(list)
            for row in job.agreement:
                if (
                    row["measure"] == "spearman"
                    and row["head"] is None
                    and row["value"] is not None
                ):
                    of[tuple(sorted((row["method_a"], row["method_b"])))].append(row["value"])
            for pair, values in of.items():
                found[pair].append(mean(values))
            if held := [mean(values) for pair, values in of.items() if self.main in pair]:
                self.with_main.append((mean(held), job.number))
        self.pairs = {pair: values for pair, values in found.items() if len(values) >= MANY}


def consensus(ledger: Ledger, alike: Alike, node: Node) -> None:
    order = sorted(alike.pairs, key=lambda pair: -mean(alike.pairs[pair]))
    most, least = ((*named(pair), *between(alike.pairs[pair])) for pair in (order[0], order[-1]))
    sentence, prose, *more = node.all("> p")
    ledger.reads(
        sentence,
        ("Most alike are ", *most, "; least ", *least, "."),
        ("…put words in an order whose correlation is ", *between(alike.pairs[order[0]]), "."),
    )
    inputs = max(map(len, alike.pairs.values()))
    ledger.says(prose, "…over ", inputs, " input…(", 95, " %)…from −1 to 1.")
    rows = [
        {"method_a": a, "method_b": b, "value": value}
        for (a, b), values in alike.pairs.items()
        for value in values
    ]
    pairs(ledger, node.one("table.heat"), rows)
    few: list[Part] = []
    for value, number in sorted(alike.with_main)[:3]:
        few += [", "] * bool(few) + ["#", number, " (", value, ")"]
    for one in more:
        ledger.says(one, "…", T(title(alike.main)), ": ", *few, ".")
    wanted = []
    for pair in order:
        values = alike.pairs[pair]
        low, high = hall(np.array(values), np.ones(len(values)))
        spread = float(np.std(values)), min(values), max(values)
        name = T(" and ".join(map(title, pair)))
        wanted.append([name, len(values), mean(values), (low, " to ", high), *spread])
    ledger.table(node.one("details table.data"), wanted)


def named(pair: tuple[str, str]) -> tuple[Part, ...]:
    return T(" and ".join(map(title, pair))), ": "


def between(values: list[float]) -> tuple[Part, ...]:
    low, high = hall(np.array(values), np.ones(len(values)))
    return mean(values), " (", low, " to ", high, ")"


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
    tail: list[Part] = []
    if len(best) >= MANY and len(names) > 1:
        second = shown[names[1]]
        tail += [
            ". The next, ",
            T(title(names[1])),
            ", is at ",
            *written(second),
            ahead(best, second),
        ]
        if "point" in node.text:
            apart = [value - second[n] for n, value in best.items() if n in second]
            low, high = hall(np.array(apart), np.ones(len(apart)))
            points = (100 * mean(apart), " points (", 100 * low, " to ", 100 * high, ")")
            tail += [*points, "…"]
        elif "shows more" in node.text:
            tail += [len(best.keys() & second.keys()), "…"]
    ledger.says(
        node,
        *start,
        "…",
        *written(best),
        " of what removing words could show…",
        *random,
        *tail,
        "…",
    )
    none = "No explanation is clearly better than random orders." in node.text
    ledger.holds(none == all(is_chance(shown, n) for n in names), node, "judges otherwise")
    if len(best) >= MANY and RANDOM in shown and not none:
        judged = "not clearly" if is_chance(shown, names[0]) else "is clearly"
        ledger.holds(f"{judged} better than random orders" in node.text, node, "judges otherwise")


def ahead(best: dict[int, float], second: dict[int, float]) -> str:
    """Whether the first method is clearly better than the next, input by input."""
    apart = np.array([v - second[n] for n, v in best.items() if n in second])
    low, high = hall(apart, np.ones(apart.size))
    if low > 0:
        return ": clearly less, by "
    return ": over the " if high < 0 else ": which of the two…cannot be told, they are "


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
