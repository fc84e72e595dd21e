"""What is said over all inputs of a model, and of two models that read the same ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from reportgen.methods import preferred, scoring
from reportgen.results.compare.runs import ModelComparison, compare_models
from reportgen.results.entities import count_spans, micro
from reportgen.results.matching import Side
from reportgen.results.words import Shift, named
from statements.agreement import pairs
from statements.dom import Node
from statements.facts import Facts, Job, mean, seen, title
from statements.overview import cut, lead
from statements.written import Ledger, P, Part, Size, T

MANY = 10
TOWARDS, AGAINST = 10, 5
OUTPUTS = 4
LINES, WORDS = 20, 10


def check_corpus(ledger: Ledger, facts: Facts, section: Node) -> None:
    several = len(facts.order) > 1
    effects = iter(word_effects(facts))
    unconverged = sum(not_converged(job) for job in facts.jobs.values())
    for prose in section.all("> p.soft"):
        if "means" in prose.text or "mean of a word" in prose.text:
            ledger.says(prose, "…", *((unconverged, ").") if unconverged else ()))
        else:
            ledger.reads(prose, ("…",), ("…from −1 to 1.",))
    for node in section.all("div.several > div"):
        if node.all("table.pushers"):
            words(ledger, node, next(effects), several)
        elif node.all("details"):
            consensus(ledger, facts, node, several)
        elif node.all("table.heat"):
            confusion(ledger, facts, node)
        else:
            name = node.one("h4").text if several else facts.order[0]
            entity_counts(ledger, facts, node, name)
    ledger.holds(next(effects, None) is None, section, "lacks words of an output")


def not_converged(job: Job) -> bool:
    return any(not row["converged"] for row in job.convergence)


Effects = tuple[str, str, str, list[tuple[str, float, int]], int]


def word_effects(facts: Facts) -> list[Effects]:
    """The mean score of every word, over the inputs that it stands in, by model and output."""
    found: list[Effects] = []
    for model in facts.order:
        by_output: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
        for job in facts.jobs.values():
            if job.model != model or job.result.status != "done" or not_converged(job):
                continue
            signed = [
                m for m in scoring() if m.score.sign == "signed" and m.name in job.result.computed
            ]
            for (method, target, _), scores in job.words.items():
                if signed and method == signed[0].name:
                    by_output[target, method].append(by_name(job, scores))
        many = [(key, inputs) for key, inputs in by_output.items() if len(inputs) >= MANY]
        many.sort(key=lambda pair: -len(pair[1]))
        for (target, method), inputs in many[:OUTPUTS]:
            scores: dict[str, list[float]] = defaultdict(list)
            for one in inputs:
                for word, score in one.items():
                    scores[word].append(score)
            least = max(2, len(inputs) // 100)
            kept = [(w, mean(v), len(v)) for w, v in scores.items() if len(v) >= least]
            kept.sort(key=lambda one: (-one[1], one[0]))
            if any(score for _, score, _ in kept):
                found.append((model, method, target, kept, len(inputs)))
    return found


def by_name(job: Job, scores: np.ndarray) -> dict[str, float]:
    found: dict[str, list[float]] = defaultdict(list)
    for word, score in zip(job.result.words, scores, strict=True):
        found[named(word.text)].append(float(score))
    return {word: mean(values) for word, values in found.items()}


def words(ledger: Ledger, node: Node, effects: Effects, several: bool) -> None:
    model, method, target, found, inputs = effects
    for heading in node.all("h4"):
        ledger.says(heading, T(f"{model}: {target}" if several else target))
    shown = [one for one in found if one[1] > 0][:TOWARDS] + [one for one in found if one[1] < 0][
        -AGAINST:
    ]
    end = max(abs(score) for _, score, _ in shown)
    least = max(2, inputs // 100)
    ledger.says(
        node.one("p.soft"),
        inputs,
        " input…; words in at least ",
        least,
        ". Bars end at ",
        Size(end),
        "…",
    )
    table = node.one("table.pushers")
    ledger.table(table, [[T(seen(w)), "", score, amount] for w, score, amount in shown])
    for caption in table.all("caption"):
        ledger.says(caption, "…", T(target), "…", T(model), "…")
    for row, (_, score, _) in zip(table.rows(), shown, strict=False):
        bar = row[1].all("rect")[0]
        right = abs(float(bar.attrs["width"]) - 100 * abs(score) / end) < 0.011
        side = "towards" if score > 0 else "against"
        ledger.holds(right and side in bar.classes, bar, f"is no bar of {score} of {end}")


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


def consensus(ledger: Ledger, facts: Facts, node: Node, several: bool) -> None:
    heat = node.one("table.heat")
    model = heat.one("caption").text.rpartition(", ")[2]
    values: dict[tuple[str, str], list[float]] = defaultdict(list)
    alike: list[tuple[float, int]] = []
    jobs = [job for job in facts.jobs.values() if job.model == model]
    names = {r[s] for job in jobs for r in job.agreement for s in ("method_a", "method_b")}
    main = next((m.name for m in preferred() if m.score and m.name in names), "")
    for job in jobs:
        of: dict[tuple[str, str], list[float]] = defaultdict(list)
        for row in job.agreement:
            if row["measure"] == "spearman" and row["head"] is None and row["value"] is not None:
                of[tuple(sorted((row["method_a"], row["method_b"])))].append(row["value"])
        for pair, found in of.items():
            values[pair].append(mean(found))
        if with_main := [mean(found) for pair, found in of.items() if main in pair]:
            alike.append((mean(with_main), job.number))
    values = {pair: found for pair, found in values.items() if len(found) >= MANY}
    inputs = max(map(len, values.values()))
    start = (T(model), ", ") if several else ()
    ledger.says(node.one("h4"), *start, inputs, " input…")
    rows = [
        {"method_a": a, "method_b": b, "value": value}
        for (a, b), found in values.items()
        for value in found
    ]
    pairs(ledger, heat, rows)
    least: list[Part] = []
    for value, number in sorted(alike)[:3]:
        least += [", "] * bool(least) + ["#", number, " (", value, ")"]
    for prose in node.all("> p.soft"):
        ledger.says(prose, "…", T(title(main)), ": ", *least, ".")
    order = sorted(values, key=lambda pair: -mean(values[pair]))
    wanted = [
        [
            T(f"{title(a)} and {title(b)}"),
            len(v := values[a, b]),
            mean(v),
            float(np.std(v)),
            min(v),
            max(v),
        ]
        for a, b in order
    ]
    ledger.table(node.one("details table.data"), wanted)


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
