"""What is said over all inputs of a model, and of two models that read the same ones."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from reportgen.methods import preferred, scoring
from reportgen.results.words import named
from statements.agreement import pairs
from statements.dom import Node
from statements.facts import Facts, Job
from statements.tables import mean, seen, title
from statements.written import Ledger, Part, Size, T

MANY = 10
TOWARDS, AGAINST = 10, 5
OUTPUTS = 4


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
        else:
            consensus(ledger, facts, node, several)
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
    model, _, target, found, inputs = effects
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
