"""Training examples behind predictions: every row is one of the tables of the run."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from scipy.stats import binom

from statements.dom import Node
from statements.facts import Facts, Job
from statements.tables import records
from statements.written import Ledger, P, T

LISTED, LINKED = 10, 5


def check_influence(ledger: Ledger, job: Job, section: Node) -> None:
    """The section of an input: its own rows, side by side."""
    rows = [
        row
        for row in records(job.facts.results.influence())
        if (row["model"], row["input"]) == job.key
    ]
    found = job.result.influence
    label = job.prediction.expected if job.prediction.expected is not None else None
    if label is None:
        label = job.prediction.label
    ledger.holds(found.label == label, section, f"is not about {label}")
    lead, *_, reading = section.all("> p")
    ledger.says(lead, "Of ", found.examples, " training example…", T(label), "…")
    ledger.pass_over(reading)
    sides = section.all("div.examples > div")
    for side, name in zip(sides, ("proponent", "opponent"), strict=True):
        mine = [row for row in rows if row["side"] == name]
        ledger.quotes(side.one("h4"))
        if mine:
            cells = [[r["row"], T(r["text"]), T(r["label"]), r["score"]] for r in mine]
            ledger.table(side.one("table.data"), cells)
            heading = side.one("h4").text
            ledger.holds(side.one("caption").text == heading, side, "is called otherwise")
            ledger.quotes(side.one("caption"))
            ledger.told.add((id(side.one("div.scroll")), "aria-label"))
        else:
            ledger.holds(not side.all("table.data"), side, "lists examples that are not there")


def check_training(ledger: Ledger, facts: Facts, section: Node) -> None:
    """The section over all inputs: examples that return, and those that are hard to fit."""
    tables = iter(section.all("table.data"))
    texts = iter(section.all("> p"))
    headings = iter(section.all("h3"))
    for info in facts.manifest.models:
        wrong = [
            key
            for key, p in facts.predictions.items()
            if key[0] == info.id
            and p["correct"] is not None
            and not p["correct"]
            and facts.jobs[key].result.influence is not None
        ]
        if not wrong and info.training is None:
            continue
        if len(facts.order) > 1:
            ledger.quotes(next(headings), info.id)
        returning(ledger, facts, wrong, tables, texts)
        if info.training is not None:
            heading = next(headings)
            ledger.says(heading, "…", *((T(info.id),) if len(facts.order) > 1 else ()))
            suspicious(ledger, facts, info, tables, texts)


def returning(ledger: Ledger, facts: Facts, wrong: list, tables: Any, texts: Any) -> None:
    behind: dict[int, list[tuple[str, int]]] = defaultdict(list)
    ranks: dict[int, list[int]] = defaultdict(list)
    about: dict[int, dict[str, Any]] = {}
    for row in records(facts.results.influence()):
        key = (row["model"], row["input"])
        if row["side"] == "opponent" and key in wrong:
            behind[row["row"]].append(key)
            ranks[row["row"]].append(row["rank"])
            about[row["row"]] = row
    if not behind:
        return
    kept = max(Counter(key for keys in behind.values() for key in keys).values())
    n = facts.jobs[wrong[0]].result.influence.examples
    share = min(1.0, kept / n)
    least = next(m for m in range(2, 10_000) if n * binom.sf(m - 1, len(wrong), share) <= 1)
    if least > len(wrong):
        return
    repeated = [row for row in behind if len(behind[row]) >= least]
    found = (len(repeated), "…") if repeated else ("…",)
    random = n * float(binom.sf(least - 1, len(wrong), share))
    ledger.says(
        next(texts),
        "…",
        len(wrong),
        " wrong prediction…",
        *found,
        kept,
        "…at least ",
        least,
        "…",
        n,
        " would have ",
        random,
        ".",
    )
    if not repeated:
        return
    rows = []
    order = sorted(repeated, key=lambda r: (-len(behind[r]), sum(ranks[r]) / len(ranks[r]), r))
    for row in order[:LISTED]:
        links = [part for key in behind[row][:LINKED] for part in (", #", key[1] + 1)]
        links[0] = "#"
        more = len(behind[row]) - LINKED
        links += [" and ", more, " more"] if more > 0 else []
        one = about[row]
        amount = len(behind[row])
        rows.append(
            [row, T(one["text"]), T(one["label"]), amount, P(amount / len(wrong)), tuple(links)]
        )
    ledger.table(next(tables), rows)


def suspicious(ledger: Ledger, facts: Facts, info: Any, tables: Any, texts: Any) -> None:
    data = info.training
    whole, other = data.examples, data.otherwise
    ledger.says(next(texts), "…", other, " of ", whole, " training example…", P(other / whole), "…")
    rows = [row for row in records(facts.results.self_influence()) if row["model"] == info.id]
    ledger.table(
        next(tables),
        [
            [
                row["row"],
                T(row["text"]),
                T(row["label"]),
                T(row["predicted"]),
                chance(row["probability"]),
                row["score"],
            ]
            for row in rows[:LISTED]
        ],
    )
    ledger.quotes(next(texts))  # the file's name and the start of its hash


def chance(value: float) -> Any:
    if 0 < value < 0.0005:
        return ("<", 0.001)
    return (">", 0.999) if 0.9995 <= value < 1 else value
