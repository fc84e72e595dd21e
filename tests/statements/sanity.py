"""Sanity tests: each badge is what the table of them says, put together anew."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from reportgen.methods import all_methods
from statements.dom import Node
from statements.facts import Facts, Job
from statements.tables import mean, title
from statements.written import Ledger, P, Part

COLUMNS = {
    "Scores add up": "completeness",
    "Other output": "random_logit",
    "Random weights": "parameter_randomization",
    "Small changes": "sensitivity",
    "Padding": "padding",
    "bfloat16": "dtype",
}
SIGNS = {"passed": "✓", "warning": "!", "failed": "✗", "cannot tell": "?", "not applicable": "–"}
WORST = ("failed", "warning", "passed", "cannot tell", "not applicable")

Records = Sequence[dict[str, Any]]


def check_sanity(ledger: Ledger, job: Job, section: Node) -> None:
    methods = [m.name for m in all_methods() if any(r["method"] == m.name for r in job.sanity)]
    tables = section.all("table.data")
    ledger.holds(len(tables) == bool(methods), section, "has a table for nothing, or none")
    for table in tables:
        each_method(ledger, job, table, methods)
    numbers = [test for test in COLUMNS.values() if of_model([job], test)[0]]
    for prose in section.all("> p.soft"):
        if "another way" in prose.text:
            check_badges(ledger, prose, numbers, [job], None)
        elif "1:" in prose.text:
            ledger.says(prose, "…1: …; 0: ….")
    for item in section.all("ul.checks li"):  # which names bfloat16 and float32
        ledger.quotes(item)
    by_stage(ledger, job, section.all("table.heat"))


def each_method(ledger: Ledger, job: Job, table: Node, methods: list[str]) -> None:
    heads = [COLUMNS[head.text] for head in table.heads()[1:]]
    ledger.holds(len(table.rows()) == len(methods), table, f"has not {len(methods)} methods")
    for (name, *cells), method in zip(table.rows(), methods, strict=False):
        ledger.holds(name.text == title(method), name, f"is not {method}")
        for cell, test in zip(cells, heads, strict=True):
            mine = [r for r in job.sanity if (r["method"], r["test"]) == (method, test)]
            for badge in cell.all("span.verdict"):
                check_badge(ledger, badge, test, [mine])
            ledger.holds(bool(cell.nodes) == bool(mine), cell, "has a badge for nothing")


def of_model(jobs: Sequence[Job], test: str, method: str | None = None) -> list[Records]:
    found = [[r for r in j.sanity if (r["method"], r["test"]) == (method, test)] for j in jobs]
    return [rows for rows in found if rows] or [[]]


def check_badges(
    ledger: Ledger, node: Node, tests: Sequence[str], jobs: Sequence[Job], method: str | None
) -> None:
    """A line of named badges."""
    ledger.quotes(node)
    badges = node.all("span.verdict")
    ledger.holds(len(badges) == len(tests), node, f"has not {len(tests)} badges")
    for badge, test in zip(badges, tests, strict=False):
        check_badge(ledger, badge, test, of_model(jobs, test, method))


def check_badge(ledger: Ledger, badge: Node, test: str, inputs: list[Records]) -> None:
    verdict, value, about = judged(test, inputs)
    number: tuple[Part, ...] = ()
    if value is not None:
        number = (P(value) if test == "completeness" else float(value),)
    ledger.says(badge, f"{SIGNS[verdict]} {verdict}", *number)
    if test == "dtype":
        about = ("…bfloat", 16, "…float", 32, "…") if value is not None else ("…",)
    ledger.tells(badge, "title", *about)


def judged(test: str, inputs: list[Records]) -> tuple[str, float | None, tuple[Part, ...]]:
    """Return the verdict and the number of several outputs and inputs, and what is told of it."""
    rows = [r for found in inputs for r in found]
    verdict = next(v for v in WORST if any(r["verdict"] == v for r in rows))
    known = [[r for r in found if r["value"] is not None] for found in inputs]
    known = [found for found in known if found]
    if not known:
        return verdict, None, ("…",)
    every = [r["value"] for found in known for r in found]
    if test == "random_logit":
        value = mean(mean(r["value"] for r in found) for found in known)
        return "failed" if value > 0.95 else "warning" if value > 0.7 else "passed", value, ("…",)
    if test != "parameter_randomization":
        return verdict, min(every) if test == "dtype" else max(every), ("…",)
    value = mean(mean(r["value"] for r in found) for found in known)
    tokens = [int(found[0]["tokens"]) for found in known]
    chance = 1.96 * math.sqrt(sum(1 / (n - 1) for n in tokens)) / len(tokens)
    verdict = "failed" if abs(value) > 0.7 else "warning"
    if abs(value) <= max(0.3, chance):
        verdict = "passed"
    if chance >= 0.7:
        verdict = "cannot tell"
    return verdict, value, ("…over ", sum(tokens), " token…within ±", chance, "…")


def by_model(ledger: Ledger, facts: Facts, method: str, lines: Sequence[Node]) -> None:
    """What all tested inputs of a model say of a method, beside its description."""
    jobs: dict[str, list[Job]] = defaultdict(list)
    for job in facts.jobs.values():
        asked = job.result.settings.keys() & {"parameter_randomization", "numerical_stability"}
        if asked and job.result.status == "done":
            jobs[job.model].append(job)
    own = None if method == "numerical_stability" else method
    wanted = {}
    for model, tested in jobs.items():
        tests = [test for test in COLUMNS.values() if of_model(tested, test, own)[0]]
        if tests:
            wanted[model] = tests
    for line, (model, tests) in zip(lines, wanted.items(), strict=True):
        named = f"Sanity tests ({model}, {len(jobs[model])} input"
        ledger.holds(line.text.startswith(named), line, f"does not begin with “{named}”")
        check_badges(ledger, line, tests, jobs[model], own)


def by_stage(ledger: Ledger, job: Job, tables: Sequence[Node]) -> None:
    """How alike scores stay from stage to stage: means over outputs, coloured."""
    rows = job.result.randomized
    ledger.holds(len(tables) == 2 * bool(rows), tables[0] if tables else Node("", {}, None), "")
    stages = {row.stage: row for row in rows}
    methods = [m.name for m in all_methods() if any(row.method == m.name for row in rows)]
    for table, values in zip(tables, ("value", "size_value"), strict=False):
        for head, stage in zip(table.heads()[1:], sorted(stages), strict=True):
            layer = stages[stage].layer
            ledger.says(head, stages[stage].part) if layer is None else ledger.says(
                head, "from layer ", layer + 1
            )
        for (name, *cells), method in zip(table.rows(), methods, strict=True):
            ledger.holds(name.text == title(method), name, f"is not {method}")
            for cell, stage in zip(cells, sorted(stages), strict=True):
                mine = [r for r in rows if (r.method, r.stage) == (method, stage)]
                found = [v for v in (getattr(r, values) for r in mine) if v is not None]
                ledger.says(cell, mean(found) if found else "–")
                shade = next(iter(cell.classes), "")
                told = (-1 if shade[:1] == "n" else 1) * int(shade[1:] or 0)
                step = 9 * mean(found) if found else 0
                ledger.holds(abs(told - step) <= 0.5001, cell, f"has the shade {shade}")
