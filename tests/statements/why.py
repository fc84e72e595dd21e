"""What moved an output, and how far to believe it."""

from __future__ import annotations

import numpy as np

from reportgen.methods import preferred
from statements.dom import Node
from statements.facts import FEW, Job, Row
from statements.tables import mean, seen, title
from statements.trust import of_input, outcome
from statements.written import Ledger, P, Part, T

WEAK = 0.3
"""Mean correlation under which methods are said to rank words differently."""


NOISE = 0.1
"""Of the largest score: words with less are not named."""


def leading(job: Job) -> tuple[Row, ...]:
    """The rows of the first method with one score for each token and output."""
    return next((rows for method, rows in job.rows if method.score), ())


def contributions(ledger: Ledger, job: Job, why: Node) -> None:
    """The words that moved an output most, with their scores."""
    rows = leading(job)
    shown = [
        (
            row,
            bool(row.key[1] and (p := job.path(row.method.name, row.name)) and not p["converged"]),
        )
        for row in rows[:FEW]
    ]
    order = [row for row, failed in shown if not failed] + [row for row, failed in shown if failed]
    told = [p for p in why.all("p") if not p.classes]
    ledger.holds(len(told) == len(order), why, f"has not {len(order)} sentences")
    folded = why.all("details.unreliable p")
    for node, row in zip(told, order, strict=False):
        failed = dict(shown)[row]
        ledger.holds((node in folded) == failed, node, "is folded away, or is not")
        contribution(ledger, job, row, node, alone=len(job.result.targets) == 1)
    for node in why.all("p.soft"):
        if node.text.startswith("This is a contrast:"):
            told = {row["f_input"] for row in job.convergence if " rather than " in row["target"]}
            here = (", here ", *told, " logits…") if len(told) == 1 else ("…",)
            ledger.says(node, "…", *here)
        else:
            ledger.says(node, "…first ", FEW, " of ", len(rows), "…")


def contribution(ledger: Ledger, job: Job, row: Row, node: Node, *, alone: bool) -> None:
    scores = row.words.copy()
    share: tuple[Part, ...] = ()
    own = job.own_word(row.about)
    whole = np.abs(scores).sum()
    if own is not None and whole:
        share = (" Its own share: ", P(float(scores[own] / whole)), ".")
        scores[own] = 0
    words = [seen(word.text) for word in job.result.words]
    order = [int(i) for i in np.argsort(-np.abs(scores), kind="stable") if scores[i] != 0]
    if not row.signed:
        told = ("…is largest on ", *listed(words, scores, order[:3], "no word"), ".")
        ledger.says(node, *(job.lead(row.name) if alone else ()), *told, *share)
        return
    strong = [i for i in order if abs(scores[i]) >= NOISE * abs(scores[order[0]])]
    up, down = ([i for i in strong if side * scores[i] > 0] for side in (1, -1))
    against = ("; down by ", *listed(words, scores, down[:2], "")) if down else ()
    told = (" was pushed up by ", *listed(words, scores, up[:3], "no word"), *against, ".")
    ledger.says(node, *job.lead(row.name), *told, *share)


def listed(words, scores, order, nothing: str) -> list[Part]:
    found: list[Part] = []
    for i in order:
        # Punctuation alone stands in quotation marks.
        quote = "" if any(c.isalnum() or c in "↵␣⇥" for c in words[i]) else "…"
        found += [", "] * bool(found) + [quote, T(words[i]), quote, " ", float(scores[i])]
    return found or [nothing]


def evidence(ledger: Ledger, job: Job, node: Node) -> None:
    """Whether scores add up, and whether methods agree; the rest is said of checks and cuts."""
    items = node.all("> li")
    main = next((rows[0].method.name for _, rows in job.rows if rows[0].method.score), "")
    paths: dict[str, list] = {}
    for row in job.convergence:
        paths.setdefault(row["method"], []).append(row)
    first = main if main in paths else next((m.name for m in preferred() if m.name in paths), "")
    wanted: list[tuple[str, tuple[Part, ...]]] = []
    tolerance = {r.method: r.tolerance for r in job.result.convergence}
    if first:
        rows = paths.pop(first)
        if all(row["converged"] for row in rows):
            gap, most = max(r["gap"] for r in rows), max(r["steps"] for r in rows)
            wanted.append(("✓", ("…add up to…within ", P(gap), " (", most, " point…on the path)")))
        elif first != main:
            wanted.append(("✗", ("…Did not converge: ", *missed(rows, tolerance[first]), "…")))
    others: dict[tuple[Part, ...], list[str]] = {}
    for method, rows in paths.items():
        if not all(row["converged"] for row in rows):
            others.setdefault(missed(rows, tolerance[method]), []).append(title(method))
    for told, names in others.items():
        called = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
        wanted.append(("✗", ("…", T(called), " did not converge: ", *told)))
    found = correlations(job)
    if found:
        told = []
        for name, value in found.items():
            told += [", "] * bool(told) + [T(name), " ", value]
        weak = max(found.values()) < WEAK
        sign, lead = (
            ("!", "…rank the words differently…: ") if weak else ("✓", "…correlation with ")
        )
        wanted.append((sign, (lead, *told)))
    start = next((i for i, li in enumerate(items) if is_evidence(li)), len(items))
    for item, (sign, parts) in zip(items[start:], wanted, strict=False):
        ledger.says(item, T(sign), " ", *parts)
    ledger.holds(len(items) >= start + len(wanted), node, f"has not {len(wanted)} verdicts")
    for item in (*items[:start], *items[start + len(wanted) :]):
        other(ledger, job, item)


def is_evidence(item: Node) -> bool:
    return any(
        word in item.text
        for word in ("add up to", "correlation", "did not converge", "Did not conv")
    ) and not item.text.startswith(("✗ Check", "! Check"))


def missed(rows: list, tolerance: float) -> tuple[Part, ...]:
    failed = [row for row in rows if not row["converged"]]
    over = [row for row in failed if row["gap"] > tolerance]
    if over:
        gap, most = max(r["gap"] for r in over), max(r["steps"] for r in over)
        return ("…miss…by ", P(gap), " after ", most, " point… (allowed: ", P(tolerance), ")")
    gap, most = max(r["gap"] for r in failed), max(r["steps"] for r in failed)
    return ("…jumps…where ", most, " point…add up within ", P(gap))


def correlations(job: Job) -> dict[str, float]:
    """Mean rank correlation of the leading method with each that knows no output."""
    rows = [r for r in job.agreement if r["measure"] == "spearman" and r["head"] is None]
    names = {row[side] for row in rows for side in ("method_a", "method_b")}
    main = next((m.name for m in preferred() if m.score and m.name in names), "")
    found = {}
    for method in preferred():
        if method.name == main or not method.by_layer or method.by_layer.per_target:
            continue
        pair = {main, method.name}
        of = [r["value"] for r in rows if {r["method_a"], r["method_b"]} == pair]
        values = [value for value in of if value is not None]
        if values:
            found[method.short_title] = mean(values)
    return found


def other(ledger: Ledger, job: Job, item: Node) -> None:
    """Checks of the spec, methods that failed, cuts and warnings."""
    for row in of_input(job):
        broken = row["status"] in ("failed", "warning", "error")
        if broken and "Check" in item.text and (row["what"] or row["note"]) in item.text:
            ledger.says(item, "…Check …: ", *outcome(row))
            return
    cut = job.result.truncation
    if cut is not None and "tokens were read" in item.text:
        ledger.says(item, "…", cut.kept, " of ", cut.total, " tokens were read…")
        return
    for step in job.prediction.specials:
        if item.text.startswith(f"! The model labels the special token {step.text}"):
            ledger.says(item, "…", T(step.text), " ", T(step.label), " (", step.probability, ")…")
            return
    for name, failure in job.result.failed.items():
        if f"Not computed here: {title(name)}" in item.text:
            ledger.says(
                item,
                "…",
                T(title(name)),
                ": ",
                T(failure.message.rstrip(".")),
                "…",
                T(failure.hint.rstrip(".")),
                "…",
            )
            return
    if any(warning in item.text for warning in job.result.warnings):
        ledger.quotes(item)
