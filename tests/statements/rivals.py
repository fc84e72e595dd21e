"""Two models that read the same inputs: where they differ, and on which words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reportgen.results.compare.runs import ModelComparison, compare_models
from reportgen.results.matching import Side
from reportgen.results.words import Shift
from statements.dom import Node
from statements.facts import Facts, Job
from statements.judged import cut, lead
from statements.tables import seen
from statements.written import Ledger, P, Part, T

LINES, WORDS = 20, 10


class Rivals:
    """Models of one task that read the same inputs, the first against each other one."""

    def __init__(self, ledger: Ledger, facts: Facts) -> None:
        self.ledger, self.facts = ledger, facts
        tasks: dict[str, list[str]] = {}
        for info in facts.manifest.models:
            tasks.setdefault(info.task, []).append(info.id)
        sides = [(first, other) for first, *others in tasks.values() for other in others]
        results = facts.results
        compared = (compare_models(Side(results, a), Side(results, b)) for a, b in sides)
        self.pairs = [pair for pair in compared if pair.changes]

    def overview(self, section: Node) -> None:
        for node, pair in zip(section.all("div.rival"), self.pairs, strict=True):
            self.pair(node, pair)

    def pair(self, node: Node, pair: ModelComparison) -> None:
        ledger = self.ledger
        a, b = pair.before.model, pair.after.model
        ledger.says(node.one("h3"), T(a), " against ", T(b))
        for change in pair.changes:
            for shift in change.shifts:
                moved = self.moved(a, b, change.after.input, shift)
                right = moved is None or abs(moved - shift.share_moved) < 1e-5
                ledger.holds(right, node, f"moved {shift.share_moved} on #{change.after.input + 1}")
        explained = [c for c in pair.changes if not (c.before.error or c.after.error)]
        compared = [c for c in pair.changes if c.shifts]
        flips = sum(self.differ(pair, change) for change in explained)
        drifts = sum(change.drifted for change in compared)
        parts: list[Part] = [T(f"{a} and {b}"), " predict …"]
        parts += part_of(flips or len(explained), len(explained))
        if compared:
            parts += ["…; …", *(part_of(drifts, len(compared)) if drifts else ("…",)), "…"]
        top = pair.words[0] if drifts and pair.words else None
        if top:
            parts += ["“", T(seen(top.word)), "”…(", P(top.before), f" in {a}, ", P(top.after)]
            parts += [f" in {b}…"]
        ledger.says(node.all("> p")[0], *parts, "…")
        for table in node.all("table.word-shares"):
            self.shares(table, pair)
        shown = pair.words[:WORDS]
        for prose in node.all("> p.soft"):
            longest = max((max(w.before, w.after) for w in shown), default=0.0)
            ways: list[tuple[Part, ...]] = [("…Bars end at ", P(longest), "…"), ("…",)]
            ways.append(("…1 − rank correlation: 0 where …, 2 where …",))
            ways.append(("and ", max(0, len(pair.changes) - LINES), " input… more…"))
            ledger.reads(prose, *ways)
        self.lines(node.one("table.lines"), pair)

    def moved(self, a: str, b: str, number: int, shift: Shift) -> float | None:
        """Half the sum of what the words' shares differ by, where the words are the same."""
        one, other = (self.facts.jobs[model, number] for model in (a, b))
        words = [[w.text for w in job.result.words] for job in (one, other)]
        if words[0] != words[1] or shift.sizes_only:
            return None
        scores = [
            job.words[shift.method, target, None]
            for job, target in zip((one, other), shift.targets, strict=True)
        ]
        first, second = (v / np.abs(v).sum() for v in scores)
        return float(np.abs(first - second).sum() / 2)

    def differ(self, pair: ModelComparison, change) -> bool:
        here, there = (
            {x.casefold() for x in side.info.labels} for side in (pair.before, pair.after)
        )
        return change.flipped and (not (here and there) or bool(here & there))

    def shares(self, table: Node, pair: ModelComparison) -> None:
        shown = pair.words[:WORDS]
        turned = len(table.heads()) > 5
        longest = max(max(w.before, w.after) for w in shown)
        rows = [
            [T(seen(w.word)), "", P(w.before), P(w.after), w.inputs]
            + ([w.turned or "–"] if turned else [])
            for w in shown
        ]
        self.ledger.table(table, rows)
        for row, word in zip(table.rows(), shown, strict=False):
            widths = [float(bar.attrs["width"]) for bar in row[1].all("rect")]
            wanted = [100 * word.before / longest, 100 * word.after / longest]
            self.ledger.holds(np.allclose(widths, wanted, atol=0.006), row[1], "has other bars")

    def lines(self, table: Node, pair: ModelComparison) -> None:
        ledger = self.ledger
        ledger.quotes(table.heads()[-1])
        ranked = sorted(pair.changes, key=lambda change: not self.differ(pair, change))[:LINES]
        rows = table.rows()
        ledger.holds(len(rows) == len(ranked), table, f"has not {len(ranked)} inputs")
        for cells, change in zip(rows, ranked, strict=False):
            number, text, first, second, flips, moved, rho = cells
            ledger.says(number, change.after.input + 1)
            ledger.quotes(text)
            for cell, model in ((first, pair.before.model), (second, pair.after.model)):
                job = self.facts.jobs[model, change.after.input]
                ledger.says(cell, *said(job))
            ledger.says(flips, "differ" if self.differ(pair, change) else "–")
            ledger.says(moved, P(change.share_moved) if change.shifts else "–")
            ledger.says(rho, reverse(change.correlation) if change.shifts else "–")

    def card(self, job: Job, card: Node) -> None:
        """Why another model differs on one input."""
        for node in card.all("details.why-differs"):
            other = node.one("summary").text.split()[1]
            pair = next(
                p for p in self.pairs if {p.before.model, p.after.model} == {job.model, other}
            )
            change = next(c for c in pair.changes if c.after.input == job.entry.input)
            shift = change.shifts[0]
            ledger = self.ledger
            ledger.says(
                node.one("summary"), "Why ", T(other), " differs: ", P(shift.share_moved), "…"
            )
            ledger.says(
                node.one("p.soft"), "…1 − rank correlation: ", reverse(shift.correlation), "."
            )
            table = node.one("table")
            ledger.says(
                table.one("caption"),
                "…",
                T(pair.before.model),
                " and ",
                T(pair.after.model),
                ", input ",
                job.number,
            )
            ranked = sorted(shift.words, key=lambda word: -abs(word.change))
            told = [[T(seen(w.text)), *map(share, (w.before, w.after))] for w in ranked]
            shown = table.rows()
            texts = [(row[0].text) for row in shown]
            kept = [row for row in told[: len(shown) + 4] if row[0].text in texts][: len(shown)]
            ledger.table(table, kept)


def share(value: float | None) -> Part:
    return "–" if value is None else P(value)


def reverse(correlation: float | None) -> Part:
    return "–" if correlation is None else max(0.0, 1 - correlation)


def part_of(part: int, whole: int) -> tuple[Part, ...]:
    if part < whole:
        return (part, " of ", whole, " …")
    return ("the only …",) if whole == 1 else ("all ", whole, " …")


def said(job: Job) -> Sequence[Part]:
    p = job.facts.predictions.get(job.key)
    if p is None:
        return ("…",)
    if p["probability"] is None:
        return (T(cut(lead(job))),)
    several = p["per_token"] is not None and len(job.prediction.steps) > 1
    each = (" (", p["per_token"], " per token)") if several else ()
    return (T(cut(lead(job))), " ", p["probability"], *each)
