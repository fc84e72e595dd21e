"""Heads that were switched off: the tables of each output, and what is said of them."""

from __future__ import annotations

import numpy as np

from reportgen.results.ranks import spearman
from statements.dom import Node
from statements.facts import FEW, Job
from statements.heads import heat
from statements.written import Ledger, Part, T

NAMED = 3
WEAK, STRONG = 0.3, 0.6


def check_head_effects(ledger: Ledger, job: Job, card: Node) -> None:
    for section in card.all("section.head-effects"):
        amount = len(job.heads)
        more: tuple[Part, ...] = ("the first ", FEW, " of ", amount, " outputs…")
        set_to: tuple[Part, ...] = (" set to ", 0, "…") if job.zeroed else ()
        few = more if amount > FEW else ()
        ledger.says(section.one("> p.soft"), "…", *set_to, *few)
        shown = section.all("div.wrapped > div")
        ledger.holds(len(shown) == min(amount, FEW), section, f"is not of {amount} outputs")
        for node, (target, rows) in zip(shown, job.heads.items(), strict=False):
            one_output(ledger, job, node, target, rows)
        scripts(ledger, job, card, section)


def one_output(ledger: Ledger, job: Job, node: Node, target: str, rows: list[dict]) -> None:
    values, sizes = (table(rows, name) for name in ("effect", "attribution"))
    name = job.shown(target)
    ledger.quotes(node.one("h4"), name)
    told = node.one("table.heat")
    ledger.quotes(told.one("caption"), f"Effect of each head on {name}")
    ledger.tells(told.parent, "aria-label", T(f"Effect of each head on {name}"))
    heat(ledger, told, values)
    supports, opposes = (named(values, sign) for sign in (1, -1))
    ledger.says(
        node.one("> p.soft"),
        "Colours end at ",
        float(np.abs(values).max()),
        ". ",
        *(["Needed most: ", *supports, "."] if supports else []),
        *([" Speak against it most: ", *opposes, "."] if opposes else []),
    )
    verdicts = node.all("span.verdict")
    value = None if np.isnan(sizes).any() else spearman(np.abs(values).ravel(), sizes.ravel())
    ledger.holds(len(verdicts) == (value is not None), node, f"says nothing of {value}")
    for verdict in verdicts:
        are = "are not those" if value < WEAK else "are only in" if value < STRONG else "are those"
        ledger.says(verdict, f"…{are}…: rank correlation ", value, " over ", values.size, " heads")


def table(rows: list[dict], column: str) -> np.ndarray:
    shape = tuple(max(row[axis] for row in rows) + 1 for axis in ("layer", "head"))
    found = np.full(shape, np.nan)
    for row in rows:
        value = row[column]
        found[row["layer"], row["head"]] = np.nan if value is None else value
    return found


def named(values: np.ndarray, sign: int) -> list[Part]:
    parts: list[Part] = []
    for i in np.argsort(-sign * values, axis=None, kind="stable")[:NAMED]:
        layer, head = map(int, np.unravel_index(i, values.shape))
        value = float(values[layer, head])
        if sign * value > 0:
            more = ["; "] if parts else []
            parts += [*more, "layer ", layer + 1, ", head ", head + 1, " (", value, ")"]
    return parts


def scripts(ledger: Ledger, job: Job, card: Node, section: Node) -> None:
    """The explorer tells the same of a head that is chosen, and draws the same output's maps."""
    explorers = [node.all("script")[-1].json for node in card.all("section.explorer")]
    for data in explorers[:1]:
        told = data["effects"]
        names = [job.shown(target) for target in job.heads][:FEW]
        ledger.holds([one["title"] for one in told] == names, section, "is told of others")
        for one, rows in zip(told, job.heads.values(), strict=False):
            right = np.allclose(one["values"], table(rows, "effect"), rtol=0.0051, atol=1e-9)
            ledger.holds(right, section, "is something else to the script")
        for node, name in zip(section.all("div.wrapped > div"), names, strict=False):
            if "data-map" in node.attrs:
                quantity = data["quantities"][node.attrs["data-map"]]
                several = quantity["title"] != "Attribution"
                right = name in quantity["title"] or not several
                ledger.holds(right, node, "leads to the maps of another output")
