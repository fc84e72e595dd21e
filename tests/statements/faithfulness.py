"""How much each method foretells of what removing words does: sentences, tables and the chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from reportgen.methods import by_name
from reportgen.results.removal import Faithfulness, Removal
from statements.dom import Node
from statements.facts import FEW, Job
from statements.written import Ledger, P, Part, T

OTHER = (
    "comprehensiveness",
    "sufficiency",
    "log_odds",
    "leave_one_out",
    "monotonicity",
    "infidelity",
)


def measured(game: Removal) -> bool:
    return len(game.units) > 1 and {row.method for row in game.measures} > {"random"}


def called(job: Job, game: Removal) -> tuple[Part, ...]:
    return ("The whole answer",) if game.target is None else job.lead(game.target)


def title(method: str) -> str:
    return "random order" if method == "random" else by_name()[method].short_title


def ranked(game: Removal) -> list[Faithfulness]:
    def place(row: Faithfulness) -> float:
        value = row.normalized_comprehensiveness
        return np.inf if value is None else -value

    return sorted(game.measures, key=place)


def evidence(ledger: Ledger, job: Job, games: Sequence[Removal], section: Node) -> None:
    blocks = section.all("> div.removal-parts")
    ledger.holds(len(blocks) == min(len(games), FEW), section, f"has not {len(games)} outputs")
    for heading, game in zip(section.all("> h4"), games, strict=False):
        ledger.says(heading, *called(job, game))
    for node in section.all("> p.soft")[1:]:
        ledger.says(node, len(games) - FEW, " more output…")
    for block, game in zip(blocks, games, strict=False):
        others = [g for g in job.result.removals if g.target == game.target and measured(g)]
        curves(ledger, game, block)
        shares(ledger, game, block.one("div.ranking"))
        measures(ledger, others, block.one("div.ranking"))


def shares(ledger: Ledger, game: Removal, node: Node) -> None:
    """What is said before the table."""
    known = {r.method: r.normalized_comprehensiveness for r in game.measures}
    known = {method: value for method, value in known.items() if value is not None}
    methods = {method: value for method, value in known.items() if method != "random"}
    lines = list(node.all("> p"))  # which is kept for the next time
    if methods:
        first = [m for m in by_name().values() if m.score and m.name in methods]
        main = min(first, key=lambda m: m.preference).name if first else next(iter(methods))
        parts: list[Part] = ["Of …", T(title(main)), " show… ", P(methods[main]), " here"]
        if "random" in known:
            parts += [", a random order ", P(known["random"])]
        best = max(methods, key=lambda name: methods[name])
        if round(methods[best], 3) != round(methods[main], 3):
            shown = title(best)
            parts += [". ", T(shown[0].upper() + shown[1:]), " show… most: ", P(methods[best])]
        ledger.says(lines.pop(0), *parts, ".")
    bound = lines.pop(0)
    ledger.says(bound, "0 % …, 100 % …")
    ledger.holds(("all orders in" in bound.text) == game.exact, bound, "is exact, or is not")
    narrow = game.probable and game.bounds[1] - game.bounds[0] < 0.01
    ledger.holds(("say little" in bound.text) == narrow, bound, "is narrow, or is not")


def measures(ledger: Ledger, games: Sequence[Removal], node: Node) -> None:
    """The table of normalised measures, and those of all others."""
    first, *others = node.all("table.data")
    ledger.says(first.one("caption"), "…0 % …, 100 % …")
    chance = next((r for r in games[0].measures if r.method == "random"), None)
    rows: list[list] = []
    for row in ranked(games[0]):
        mine = [next((r for r in g.measures if r.method == row.method), None) for g in games]
        cells = [r and r.normalized_comprehensiveness for r in mine]
        weak = (
            chance is not None
            and row.method != "random"
            and None not in (cells[0], chance.normalized_comprehensiveness)
            and cells[0] <= chance.normalized_comprehensiveness
        )
        cells += [r and r.normalized_sufficiency for r in mine]
        label = (T(title(row.method)), "! no better than a random order" if weak else "")
        rows.append([label, *("–" if value is None else P(value) for value in cells)])
    ledger.table(first, rows)
    ledger.holds(len(others) == len(games), node, f"has not {len(games)} tables")
    for table, game in zip(others, games, strict=False):
        found = [
            [
                T(title(row.method)),
                *("–" if getattr(row, m) is None else getattr(row, m) for m in OTHER),
            ]
            for row in ranked(game)
        ]
        ledger.table(table, found)
    for legend in node.all("details > p.soft"):
        ledger.pass_over(legend)


def curves(ledger: Ledger, game: Removal, block: Node) -> None:
    """What the chart draws, and the numbers below it."""
    for figure in block.all("figure.chart"):
        ledger.pass_over(figure.one("div.plot"))  # its data are checked below
        found = {(c.order, c.ascending): c for c in game.curves}
        drawn = [r.method for r in ranked(game) if r.method != "random"]
        drawn = [name for name in drawn if (name, False) in found]
        known = [name for name in ("best", "worst", "random") if (name, False) in found]
        n = len(game.units)
        steps = list(range(n + 1)) if n < 16 else [round(i * n / 15) for i in range(16)]
        rows, last = [], len(steps) - 1
        some = range(last + 1) if last < 7 else [round(i * last / 6) for i in range(7)]
        for panel in (False, True):
            of = [found.get((name, panel), found[name, False]).values for name in (*drawn, *known)]
            for k in (steps[i] for i in some):
                rows.append([("…first, ", k), *(values[k] for values in of)])
        ledger.table(figure.one("table.data"), rows)
        for head, name in zip(figure.one("table.data").heads()[1:], drawn, strict=False):
            ledger.holds(head.text == title(name), head, f"is not {title(name)}")
        for spec in figure.all("> script"):
            check_spec(ledger, spec, found, drawn, steps)
        circles = figure.all("div.plot path")
        ledger.holds(len(circles) >= 2 * len(drawn), figure, "has not a line for each method")


def check_spec(ledger: Ledger, spec: Node, found: Any, drawn: Sequence[str], steps: Any) -> None:
    n = steps[-1]
    for panel, data in zip((False, True), spec.json["datasets"]["curves"], strict=True):
        shares = [100 * k / n for k in steps]
        ledger.holds(np.allclose(data["removed %"], shares, atol=0.051), spec, "has other shares")
        lines = {title(name): name for name in drawn} | {
            "best order found": "best",
            "worst order found": "worst",
            "random order": "random",
        }
        for column, name in lines.items():
            if (name, False) in found:
                values = found.get((name, panel), found[name, False]).values
                right = np.allclose(data[column], [values[k] for k in steps], atol=6e-4)
                ledger.holds(right, spec, f"draws {column} otherwise")
