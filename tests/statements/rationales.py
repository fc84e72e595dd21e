"""What people marked as the reason: on an input's page, and over all inputs of a model."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from reportgen.results.bootstrap import bootstrap_interval
from statements.dom import Node
from statements.facts import Facts, Job
from statements.tables import Key, mean, title
from statements.written import Ledger, Part, T

MEASURES = ("auprc", "token_f1", "iou")
NAMED = 8
MANY = 6


class Marks:
    """Which words of an input are marked, character by character."""

    def __init__(self, job: Job) -> None:
        self.job, spans = job, job.entry.rationale
        words = list(enumerate(job.result.words))
        self.words = [(i, word) for i, word in words if spans.get(word.segment)]
        self.marked = []
        for _, word in self.words:
            text = job.texts[word.segment]
            inside = {at for start, end in spans[word.segment] for at in range(start, end)}
            own = [at for at in range(word.start, word.end) if not text[at].isspace()]
            self.marked.append(not inside.isdisjoint(own))

    @property
    def count(self) -> int:
        return sum(self.marked)


def check_rationale(ledger: Ledger, job: Job, section: Node) -> None:
    marks, rows = Marks(job), job.facts.plausibility.get(job.key, [])
    whole = len(marks.words)
    told: tuple[Part, ...] = ("…", marks.count, " of ", whole, " word…")
    if marks.count == whole:
        told = ("…All of the ", whole, " word…")
    elif not marks.count:
        told = ("…None of the ", whole, " word…")
    underlined = [p.text for p in section.all("p.text span.people")]
    own = [
        word.text.strip()
        for (_, word), marked in zip(marks.words, marks.marked, strict=True)
        if marked
    ]
    ledger.holds(underlined == own, section, f"underlines {underlined}, not {own}")
    for node in section.all("p.text"):
        ledger.quotes(node)
    tables = section.all("table.data")
    ledger.holds(bool(tables) == bool(rows), section, "has tables of nothing, or none")
    lead, *rest = section.all("> p.soft")
    ledger.says(lead, *told)
    if not rows:
        return
    top = highest(ledger, job, marks, rows[0], section)
    shaded = [p.text for p in section.all("p.text span") if p.classes - {"people", "unread"}]
    ledger.holds(shaded == top, section, f"shades {shaded}, not {top}")
    outputs = list(dict.fromkeys(row["target"] for row in rows))
    several = len(outputs) > 1
    more: tuple[Part, ...] = ("mean over ", len(outputs), " outputs") if several else ()
    ledger.says(tables[0].one("caption"), "…", *more)
    ledger.tells(tables[0].parent, "aria-label", "…", *more)
    ledger.says(rest[0], "…of ", whole, " word…F1…of the top ", marks.count, "…1 is the best…")
    chance = marks.count / whole
    by_method = defaultdict(list)
    for row in rows:
        by_method[row["method"]].append(row)
    wanted: list[list] = [
        [name(job, method), *(mean(row[m] for row in of) for m in MEASURES)]
        for method, of in by_method.items()
    ]
    ledger.table(tables[0], [*wanted, ["…", chance, chance, "–"]])
    for table in tables:
        ledger.quotes(table.heads()[-2], "F1")
    if several:
        order = sorted(rows, key=lambda row: outputs.index(row["target"]))
        each = [
            [T(job.shown(r["target"])), T(title(r["method"])), *(r[m] for m in MEASURES)]
            for r in order
        ]
        ledger.table(tables[1], each)


def name(job: Job, method: str) -> Part:
    failed = any(row["method"] == method and not row["converged"] for row in job.convergence)
    return T(title(method) + " (not converged)" * failed)


def highest(ledger: Ledger, job: Job, marks: Marks, row: dict, section: Node) -> list[str]:
    """The top words of the first method for the first output, and which of them are marked."""
    keys: list[Key] = [(row["method"], row["target"], read) for read in (None, "read")]
    scores = next(job.words[key] for key in keys if key in job.words)
    order = np.argsort([-scores[i] for i, _ in marks.words], kind="stable")[: marks.count]
    is_top = [n in order for n in range(len(marks.words))]
    groups: dict[str, list[str]] = defaultdict(list)
    for (_, word), marked, top in zip(marks.words, marks.marked, is_top, strict=True):
        kind = "Both" if marked and top else "Only people" if marked else "Only the scores"
        if marked or top:
            groups[kind].append(word.text)
    parts: list[Part] = ["Shaded: the …"]
    parts += [marks.count, " words…"] if marks.count > 1 else []
    parts += [" for ", T(job.shown(row["target"])), " (", T(title(row["method"])), ")."]
    for kind in ("Both", "Only people", "Only the scores"):
        if words := groups.get(kind):
            parts.append(f" {kind}: ")
            for i, word in enumerate(words[:NAMED]):
                parts += ["…"] * bool(i) + ["…", T(word.strip()), "…"]
            parts += [" and ", len(words) - NAMED, " more"] if len(words) > NAMED else []
            parts.append(".")
    ledger.says(next(p for p in section.all("> p") if not p.classes and "Shaded" in p.text), *parts)
    return [word.text.strip() for (_, word), top in zip(marks.words, is_top, strict=True) if top]


def check_over_inputs(ledger: Ledger, facts: Facts, section: Node) -> None:
    """Means over inputs, of many with the interval of means of inputs drawn anew."""
    values: dict[str, dict[str, dict[int, list[dict]]]] = {}
    for (model, number), rows in facts.plausibility.items():
        for row in rows:
            of = values.setdefault(model, {}).setdefault(row["method"], {})
            of.setdefault(number, []).append(row)
    inputs = {m: {n for of in by.values() for n in of} for m, by in values.items()}
    shown = [model for model in facts.order if len(inputs.get(model, ())) > 1]
    many = any(len(inputs[model]) >= MANY for model in shown)
    brackets = ("95 % …",) if many else ()
    ledger.says(section.one("> p.soft"), "…F1 …1 is the best.…", *brackets)
    tables = section.all("table.data")
    ledger.holds(len(tables) == len(shown), section, f"has not {len(shown)} tables")
    for table, model in zip(tables, shown, strict=False):
        rows = []
        for method, of in values[model].items():
            by_input = np.array(
                [[mean(r[m] for r in one) for m in MEASURES] for one in of.values()]
            )
            rows.append([T(title(method)), len(of), *(cell(column) for column in by_input.T)])
        first = [next(iter(values[model].values()))[n][0]["chance"] for n in sorted(inputs[model])]
        rows.append(["…", len(first), mean(first), mean(first), "–"])
        ledger.table(table, rows)
        ledger.quotes(table.heads()[-2], "F1")


def cell(values: np.ndarray) -> tuple[Part, ...]:
    if len(values) < MANY:
        return (float(values.mean()),)
    low, high = bootstrap_interval(values.tolist())
    return (float(values.mean()), " (", low, "–", high, ")")
