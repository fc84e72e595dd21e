"""Templates: matrices of fillings, what each slot does, and one value against another."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations, product
from string import Formatter

import numpy as np

from reportgen.methods import scoring
from reportgen.results.dataset.intervals import benjamini_hochberg, mean
from statements.dom import Node
from statements.facts import Facts, Job
from statements.words import not_converged
from statements.written import Ledger, P, Part, T

FEW, PAIRS, LINKS, EXACT = 5, 10, 5, 12


@dataclass
class Template:
    """A template of one model: its jobs, and of each how it is filled and what it put out."""

    model: str
    texts: dict[str, str]
    jobs: list[Job]
    label: str
    depends: bool
    output: np.ndarray

    def __post_init__(self) -> None:
        self.filled = [job.entry.columns for job in self.jobs]
        self.values = {
            slot: list(dict.fromkeys(f[slot] for f in self.filled)) for slot in self.filled[0]
        }
        ((self.usual, _),) = Counter(job.prediction.label for job in self.jobs).most_common(1)
        self.others = [job for job in self.jobs if job.prediction.label != self.usual]
        if self.depends:
            self.others = [job for job in self.jobs if job.prediction.correct is False]

    def at(self, **values: str) -> list[int]:
        return [i for i, f in enumerate(self.filled) if all(f[s] == v for s, v in values.items())]

    def means(self, slot: str) -> dict[str, float]:
        return {v: float(self.output[self.at(**{slot: v})].mean()) for v in self.values[slot]}

    def explained(self, slot: str) -> float:
        means = self.means(slot)
        of = np.array([means[filled[slot]] for filled in self.filled])
        return float(of.var() / self.output.var())

    def ends(self, slot: str) -> tuple[tuple[float, str], tuple[float, str]]:
        means = self.means(slot)
        low, high = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
        return (means[low], low), (means[high], high)

    def share(self, job: Job, slots: set[str]) -> float:
        """The part of the sizes of scores that lies on words that touch the slots."""
        method = next(
            m.name for m in scoring() if m.score.sign == "signed" and m.name in job.result.computed
        )
        by_target = {target: s for (name, target, _), s in job.words.items() if name == method}
        if not_converged(job):
            return np.nan
        label = job.prediction.label
        chosen = [by_target[label]] if label in by_target else list(by_target.values())
        sizes = np.abs(np.mean(chosen, axis=0))
        inside = set()
        for segment, text in self.texts.items():
            at = 0
            for before, slot, _, _ in Formatter().parse(text):
                at += len(before)
                if slot is not None:
                    end = at + len(job.entry.columns[slot])
                    if slot in slots:
                        inside |= {(segment, place) for place in range(at, end)}
                    at = end
        on = [
            any((word.segment, place) in inside for place in range(word.start, word.end))
            for word in job.result.words
        ]
        return float(sizes[on].sum() / sizes.sum())


def templates(facts: Facts) -> list[Template]:
    found = []
    for model in facts.order:
        for position, entry in enumerate(facts.manifest.spec["inputs"]):
            jobs = [
                job
                for job in facts.jobs.values()
                if job.model == model
                and job.entry.entry == position
                and job.result.status == "done"
            ]
            if "fill" not in entry or len(jobs) < 2:
                continue
            rows = [facts.predictions[job.key] for job in jobs]
            expected = {r["label"] if r["correct"] else r["expected"] for r in rows} - {None}
            depends = len(expected) > 1
            label = expected.pop() if len(expected) == 1 else ""
            label = label or Counter(r["label"] for r in rows).most_common(1)[0][0]
            output = [
                next(s.probability for s in job.prediction.scores if s.label == label)
                for job in jobs
            ]
            texts = {name: entry[name] for name in ("text", "text_pair") if entry.get(name)}
            found.append(Template(model, texts, jobs, label, depends, np.array(output)))
    return found


def check_fillings(ledger: Ledger, facts: Facts, section: Node) -> None:
    nodes, found = section.all("div.fillings"), templates(facts)
    ledger.holds(len(nodes) == len(found), section, f"has not {len(found)} templates")
    for node, one in zip(nodes, found, strict=False):
        check_template(ledger, node, one)


def check_template(ledger: Ledger, node: Node, one: Template) -> None:
    for text in node.all("h3 bdi"):
        ledger.quotes(text)
    for tag in node.all("> p.tag"):
        ledger.quotes(tag, one.model)
    lead, said = (p for p in node.all("> p") if not p.classes)
    order = sorted(one.values, key=lambda slot: -one.explained(slot))
    first, amount = order[0], len(one.jobs)
    (low, least), (high, most) = one.ends(first)
    ends: tuple[Part, ...] = (low, " (", T(least), ") to ", high, " (", T(most), ")")
    name = ("probability of ", T(one.label))
    if len(order) == 1:
        ledger.says(
            lead, "With {", T(first), "} the ", *name, " goes from ", *ends, ", over ", amount, "…"
        )
    else:
        start = ("{", T(first), "} moves the ", *name, " most: ", P(one.explained(first)))
        over = (" of its variance over ", amount, " fillings … go from ")
        ledger.says(lead, *start, *over, *ends, ".")
    check_said(ledger, said, one)
    check_matrices(ledger, node, one, order)
    tables = node.all("table.data")
    ledger.holds(len(tables) == (2 if len(order) > 1 else 0), node, "has other tables")
    if len(order) > 1:
        check_slots(ledger, tables[0], one, order)
        check_pairs(ledger, node, tables[1], one)


def check_said(ledger: Ledger, node: Node, one: Template) -> None:
    amount = len(one.jobs)
    if one.depends and not one.others:
        ledger.says(node, "In all ", amount, " fillings the prediction is as expected.")
        return
    if not one.others:
        ledger.says(node, "In all ", amount, " fillings the model predicts ", T(one.usual), ".")
        return
    links: list[Part] = []
    for job in one.others[:LINKS]:
        links += [", "] * bool(links) + ["#", job.number]
    more = (" and ", len(one.others) - LINKS, " more") if len(one.others) > LINKS else ()
    what = (" it is not as expected",)
    if not one.depends:
        what = (" it predicts something else than ", T(one.usual))
    told = ("In ", len(one.others), " of ", amount, " fillings")
    ledger.says(node, *told, *what, ": ", *links, *more, ".")


def check_matrices(ledger: Ledger, node: Node, one: Template, order: list[str]) -> None:
    rows, *columns = sorted(order[:2], key=lambda slot: -len(one.values[slot]))
    shares = np.array([one.share(job, set(one.values)) for job in one.jobs])
    figures = node.all("figure.filled")
    ledger.holds(len(figures) == 2, node, "has not two matrices")
    for figure, numbers in zip(figures, (one.output, shares), strict=False):
        for prose in figure.all("figcaption p"):
            ledger.reads(prose, ("…",), ("…(", float(one.output.mean()), ")…"))
        table = figure.one("table.heat")
        wanted: list[list] = []
        for row in one.values[rows]:
            cells: list[Part] = []
            for column in one.values[columns[0]] if columns else [None]:
                here = one.at(**{rows: row} | ({columns[0]: column} if columns else {}))
                value = float(np.mean(numbers[here]))
                cells.append(value if numbers is one.output else P(value))
            wanted.append([T(row), *cells])
        for cells, parts in zip(table.rows(), wanted, strict=True):
            for cell, part in zip(cells, parts, strict=True):
                marked = cell.all("a.unequal")
                ledger.says(cell, part, *(("otherwise",) if marked else ()))
        heads = [head.text for head in table.heads()[1:]]
        if columns:
            ledger.holds(heads == one.values[columns[0]], table, "has other columns")
            for head in table.heads()[1:]:
                ledger.quotes(head)
        marked = {a.attrs["href"].rpartition("-")[2] for a in table.all("a.unequal")}
        if numbers is one.output and len(one.values) <= 2:
            wanted_marks = {str(job.number) for job in one.others}
            ledger.holds(marked == wanted_marks, table, f"does not mark {wanted_marks}")
        else:
            ledger.holds(not marked, table, "marks fillings")


def check_slots(ledger: Ledger, table: Node, one: Template, order: list[str]) -> None:
    wanted: list[list] = []
    for slot in order:
        (low, least), (high, most) = one.ends(slot)
        share = float(np.nanmean([one.share(job, {slot}) for job in one.jobs]))
        wanted.append(
            [
                *(T(slot), len(one.values[slot]), P(one.explained(slot))),
                *((low, " (", T(least), ")"), (high, " (", T(most), ")"), P(share)),
            ]
        )
    ledger.table(table, wanted)
    for caption in table.all("caption"):
        ledger.quotes(caption)


def check_pairs(ledger: Ledger, node: Node, table: Node, one: Template) -> None:
    found = []
    for slot, values in one.values.items():
        others = [name for name in one.values if name != slot]
        for a, b in combinations(values, 2):
            pairs = []
            for rest in product(*(one.values[name] for name in others)):
                same = dict(zip(others, rest, strict=True))
                here, there = one.at(**{slot: a}, **same), one.at(**{slot: b}, **same)
                if here and there:
                    pairs.append((here[0], there[0]))
            each = np.array([one.output[i] - one.output[j] for i, j in pairs])
            found.append((slot, a, b, each, pairs))
    ps = [sign_test(each) if len(each) >= FEW else np.nan for *_, each, _ in found]
    known = [i for i, p in enumerate(ps) if np.isfinite(p)]
    qs = dict(zip(known, benjamini_hochberg([ps[i] for i in known]), strict=True))
    order = sorted(
        range(len(found)),
        key=lambda i: (ps[i] if i in qs else 1.0, -abs(float(found[i][3].mean())), i),
    )
    wanted: list[list] = []
    for i in order[:PAIRS]:
        slot, a, b, each, pairs = found[i]
        estimate = mean(each)
        told: Part | tuple[Part, ...] = "too few"
        if i in qs:
            told = (estimate.low, " to ", estimate.high)
        here, there = pairs[int(np.argmax(each if each.mean() >= 0 else -each))]
        links = ("#", one.jobs[here].number, " and #", one.jobs[there].number)
        q = float(qs[i]) if i in qs else "–"
        wanted.append([T(slot), T(a), T(b), float(each.mean()), told, len(each), q, links])
    ledger.table(table, wanted)
    note = node.all("> p.soft")[-1]
    which: tuple[Part, ...] = (PAIRS, " of ", len(found), " pairs, …") if len(found) > PAIRS else ()
    ledger.reads(
        note,
        (*which, "…"),
        (*which, "…interval of ", 95, " %…"),
        (*which, "…With fewer than ", FEW, "…"),
        (*which, "…interval of ", 95, " %…With fewer than ", FEW, "…"),
    )


def sign_test(each: np.ndarray) -> float:
    seen = abs(each.sum())
    if len(each) > EXACT:
        drawn = np.random.default_rng(0).integers(0, 2, size=(2**EXACT - 1, len(each)))
        sums = [seen, *np.abs((1 - 2 * drawn) @ each)]
    else:
        sums = [abs(np.dot(s, each)) for s in product((1, -1), repeat=len(each))]
    return float(np.mean(np.array(sums) >= seen - 1e-12))
