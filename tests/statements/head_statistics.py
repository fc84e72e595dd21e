"""Attention heads over all inputs of a model, and how far three measures of them agree."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from reportgen.results.dataset.intervals import student
from reportgen.results.ranks import spearman
from statements.dom import Node
from statements.facts import Facts, Job
from statements.head_effects import table
from statements.heads import heat
from statements.performance import hall
from statements.tables import mean
from statements.words import links, numbers
from statements.written import Ledger, Part

MANY, LISTED, NAMED, TOP, EXAMPLES = 10, 10, 3, 3, 3
WEAK, STRONG = 0.3, 0.6
MEASURES = {
    "ablation": "effect when switched off",
    "attribution": "attribution",
    "attention": "attention on words",
}


@dataclass
class Heads:
    """What was measured of the heads of each input ``(L, H)``, by measure."""

    numbers: list[int] = field(default_factory=list)
    values: dict[str, list[np.ndarray]] = field(default_factory=lambda: defaultdict(list))
    alike: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, job: Job) -> None:
        rows = list(job.heads.values())
        label = job.prediction.label
        rows = [job.heads[label]] if label in job.heads else rows
        effects = np.mean([table(one, "effect") for one in rows], axis=0)
        attributed = np.mean([table(one, "attribution") for one in rows], axis=0)
        found = {"ablation": np.abs(effects)}
        if not np.isnan(attributed).any():
            found["attribution"] = attributed
        words = [i for i in range(len(job.result.tokens)) if i not in job.sinks]
        if "attention" in job.names and words:
            found["attention"] = job.array("attention")[..., words].sum(-1).mean(-1)
        self.numbers.append(job.number)
        self.values["effect"].append(effects)
        for measure, values in found.items():
            self.values[measure].append(values)
        for first, second in combinations(found, 2):
            value = spearman(found[first].ravel(), found[second].ravel())
            if value is not None:
                self.alike[first, second].append(value)

    def estimate(self, measure: str, place: tuple[int, int]) -> tuple[float, float, float]:
        values = np.array([one[place] for one in self.values[measure]])
        half = student(np.array([len(values) - 1]))[0] * values.std(ddof=1) / len(values) ** 0.5
        return mean(values), mean(values) - half, mean(values) + half

    def means(self, measure: str) -> np.ndarray:
        return np.mean(self.values[measure], axis=0)

    def top(self, place: tuple[int, int]) -> int:
        """In how many inputs a head is among those that matter most."""
        return sum(
            place in [np.unravel_index(i, one.shape) for i in np.argsort(-one.ravel())[:TOP]]
            for one in self.values["ablation"]
        )

    def largest(self, place: tuple[int, int]) -> list[int]:
        sizes = [float(one[place]) for one in self.values["ablation"]]
        order = sorted(range(len(sizes)), key=lambda i: -sizes[i])
        return [self.numbers[i] for i in order if sizes[i] > 0][:EXAMPLES]


def check_head_statistics(ledger: Ledger, facts: Facts, section: Node) -> None:
    of: dict[str, Heads] = {}
    for job in facts.jobs.values():
        if job.heads:
            of.setdefault(job.model, Heads()).add(job)
    of = {model: found for model, found in of.items() if len(found.numbers) >= MANY}
    nodes = section.all("div.heads-of")
    ledger.holds(len(nodes) == len(of), section, f"is not of {list(of)}")
    for node, (model, found) in zip(nodes, of.items(), strict=False):
        for heading in node.all("> h3"):
            ledger.quotes(heading, model)
        one_model(ledger, node, found)


def one_model(ledger: Ledger, node: Node, found: Heads) -> None:
    sizes = found.means("ablation")
    order = np.argsort(-sizes, axis=None, kind="stable")[:LISTED]
    places = [tuple(map(int, np.unravel_index(i, sizes.shape))) for i in order]
    places = [place for place in places if sizes[place] > 0]
    inputs = len(found.numbers)
    for prose in node.all("> p"):
        if "soft" in prose.classes:
            ledger.says(prose, "…", inputs, " input…(", 95, " %)…")
        elif prose.text.startswith("The heads"):
            agree(ledger, prose, found, sizes.size)
        else:
            most(ledger, prose, found, places)
    measured = [m for m in ("attribution", "attention") if found.values[m]]
    maps = node.all("div.wrapped > div")
    ledger.holds(len(maps) == 1 + len(measured), node, "has other maps")
    for one, measure in zip(maps, ("effect", *measured), strict=False):
        values = found.means(measure)
        heat(ledger, one.one("table.heat"), 100 * values if measure == "attention" else values)
    rows = []
    for place in places:
        value, low, high = found.estimate("effect", place)
        cells: list = [("layer ", place[0] + 1, ", head ", place[1] + 1)]
        cells.append((value, " (", low, " to ", high, ")"))
        for measure in ("ablation", *measured):
            value, low, high = found.estimate(measure, place)
            if measure == "attention":
                whole = (round(100 * v) for v in (value, low, high))
                cells.append(percent(*whole))
            else:
                cells.append((value, " (", low, " to ", high, ")"))
        times = found.top(place)
        cells.append((round(100 * times / inputs), " % (", times, ")"))
        cells.append(numbers(found.largest(place)))
        rows.append(cells)
    for told in node.all("> div.scroll table.data"):
        ledger.table(told, rows)
        for row in told.rows():
            links(ledger, row[-1])
    for fold in node.all("> details"):
        ledger.says(
            fold.one("p.soft"), "…: ", 1, " is the same order, ", -1.0, " the opposite one."
        )
        wanted = [
            [" and ".join(MEASURES[one] for one in pair), estimate(values), len(values)]
            for pair, values in found.alike.items()
        ]
        ledger.table(fold.one("table.data"), wanted)


def percent(value: int, low: int, high: int) -> tuple[Part, ...]:
    return value, " % (", low, " to ", high, ")"


def estimate(values: list[float]) -> tuple[Part, ...]:
    if len(values) == 1:
        return (mean(values),)
    low, high = hall(np.array(values), np.ones(len(values)))
    return mean(values), ", ", low, " to ", high


def agree(ledger: Ledger, prose: Node, found: Heads, heads: int) -> None:
    parts: list[Part] = ["…switched off are "]
    for measure, whose in (("attribution", "credited"), ("attention", "look at words")):
        values = found.alike.get(("ablation", measure))
        if values:
            value = mean(values)
            share = "not " if value < WEAK else "only in part " if value < STRONG else ""
            joined = " and " if len(parts) > 1 else ""
            parts += [f"{joined}{share}those …{whose} most (rank correlation "]
            parts += [*estimate(values), ")"]
    ledger.says(
        prose, *parts, ": over ", heads, " heads, mean over ", len(found.numbers), " input…"
    )


def most(ledger: Ledger, prose: Node, found: Heads, places: list[tuple[int, int]]) -> None:
    parts: list[Part] = ["Switching off "]
    for i, place in enumerate(places[:NAMED]):
        joined = [] if not i else [" and " if i == len(places[:NAMED]) - 1 else ", "]
        parts += [*joined, "layer ", place[0] + 1, ", head ", place[1] + 1]
    share = round(100 * found.top(places[0]) / len(found.numbers))
    ledger.says(prose, *parts, " moves the output most;…", share, " %…")
