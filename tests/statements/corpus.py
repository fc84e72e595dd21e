"""Which labels of a model are mixed up, and which entities are right."""

from __future__ import annotations

from collections import Counter

from reportgen.results.entities import count_spans, micro
from statements.dom import Node
from statements.facts import Facts
from statements.written import Ledger, T


def check_corpus(ledger: Ledger, facts: Facts, section: Node) -> None:
    several = len(facts.order) > 1
    for prose in section.all("> p.soft"):
        ledger.says(prose, "…")
    for node in section.all("div.several > div"):
        if node.all("table.heat"):
            confusion(ledger, facts, node)
        else:
            name = node.one("h4").text if several else facts.order[0]
            entity_counts(ledger, facts, node, name)


def confusion(ledger: Ledger, facts: Facts, node: Node) -> None:
    table = node.one("table.heat")
    model = table.one("caption").text.rpartition(", ")[2]
    counts: Counter = Counter()
    for key, p in facts.predictions.items():
        job = facts.jobs[key]
        if (
            job.model == model
            and job.prediction.kind == "single-label"
            and p["correct"] is not None
        ):
            expected = p["label"] if p["correct"] else p["expected"]
            counts[expected, p["label"]] += 1
    ledger.says(node.one("p.soft"), counts.total(), " judged input…")
    columns = [head.text for head in table.heads()[1:]]
    told = {row[0].text: row[1:] for row in table.rows()}
    whole = sum(counts[row, column] for row in told for column in columns)
    ledger.holds(whole == counts.total(), table, "leaves out labels")
    for label, cells in told.items():
        for cell, column in zip(cells, columns, strict=True):
            ledger.says(cell, counts[label, column])
            step = int(next(iter(cell.classes), "m0")[1:])
            wanted = 9 * counts[label, column] / max(counts.values())
            ledger.holds(abs(step - wanted) <= 0.5001, cell, "has another shade")


def entity_counts(ledger: Ledger, facts: Facts, node: Node, model: str) -> None:
    counts = count_spans(job.result for job in facts.jobs.values() if job.model == model)
    rows = dict(counts) | ({"all (micro average)": micro(counts)} if len(counts) > 1 else {})
    table = node.one("table.data")
    wanted: list[list] = []
    for kind, one in rows.items():
        p, r = (one.right / n if n else 0.0 for n in (one.predicted, one.expected))
        f1 = 2 * one.right / (one.predicted + one.expected)
        wanted.append([T(kind), p, r, f1, one.predicted, one.expected, one.right])
    ledger.table(table, wanted)
    ledger.quotes(table.heads()[3], "F1")
