"""What stands out in a run, counted anew from the tables of predictions and words."""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from typing import Any

import numpy as np

from reportgen.methods import by_name, scoring
from reportgen.results.bootstrap import bootstrap_interval
from reportgen.results.dataset.observations import observe
from reportgen.results.dataset.scan import Scan, scan
from reportgen.results.words import named
from statements.dom import Node
from statements.facts import Facts, Job
from statements.tables import mean, records
from statements.written import Ledger, Part, T

MANY, LINKED, Z = 10, 5, 1.959964


def check_findings(ledger: Ledger, facts: Facts, section: Node) -> None:
    rows = records(facts.results.findings())
    seed = facts.manifest.seed
    scans = {m: scan(found, seed) for m, found in observe(facts.results).inputs().items()}
    models = {m: found for m, found in scans.items() if len(predicted(facts, m)) >= MANY}
    prose, lists = section.all("> p"), iter(section.all("> ol"))
    ledger.holds(len(prose) == 2 * len(models), section, "has other models")
    for heading, model in zip(section.all("> h3"), models, strict=False):
        ledger.quotes(heading, model)
    for place, (model, tried) in enumerate(models.items()):
        own = [row for row in rows if row["model"] == model]
        headline(ledger, prose[2 * place], len(own))
        looked_for(ledger, prose[2 * place + 1], tried)
        items = next(lists).all("> li") if own else []
        ledger.holds(len(items) == len(own), section, f"has not {len(own)} findings")
        for item, row in zip(items, own, strict=False):
            sentence, links = item.all("> p")
            SAID[row["kind"]](ledger, facts, sentence, row)
            ledger.quotes(sentence.one("bdi"))
            behind(ledger, facts, links, row)


def predicted(facts: Facts, model: str) -> list[Job]:
    return [job for job in facts.jobs.values() if job.model == model and job.prediction]


def headline(ledger: Ledger, node: Node, many: int) -> None:
    if many > 1:
        ledger.says(node, many, " things stand out that nobody asked about, the surest first.")
    else:
        ledger.says(node, "One thing stands out…" if many else "Nothing stands out.")


def looked_for(ledger: Ledger, node: Node, tried: Scan) -> None:
    known = [one for one in tried.tried if one.candidates]
    parts: list[Part] = []
    for place, one in enumerate(known):
        parts += ["; " if place else "Compared were ", one.candidates, "…(", one.inputs]
        parts.append("…)")
    if known:
        parts += ["…at most ", 5, " %…"]
        if any(one.kind in SHUFFLED for one in known):
            parts += ["repeated ", 1000, " times…"]
    ledger.says(node, *(parts or ["…"]))


SHUFFLED = ("weak_slice", "attribution_differs")
"""What is tested by permuting outcomes."""


def behind(ledger: Ledger, facts: Facts, node: Node, row: dict[str, Any]) -> None:
    """The first inputs are linked, and the others counted."""
    first, more = list(row["inputs"])[:LINKED], len(row["inputs"]) - LINKED
    parts: list[Part] = ["Input…"]
    for place, number in enumerate(first):
        parts += [", "] * bool(place) + ["#", number + 1]
    ledger.says(node, *parts, *([" and ", more, " more"] if more > 0 else []))
    for link, number in zip(node.all("a"), first, strict=False):
        ledger.says(link, "#", number + 1)
        ledger.holds(str(number + 1) in link.attrs["href"], link, f"leads not to {number + 1}")


def has(job: Job, by: str, value: str) -> bool:
    """Whether an input is in a group, as the sentence tells it."""
    if by == "word":
        return value in {named(word.text) for word in job.result.words}
    if by == "label":
        p = job.facts.predictions[job.key]
        return (p["label"] if p["correct"] else p["expected"]) == value
    if by == "length":
        numbers = [int(text) for text in value.split() if text.isdigit()]
        length = len(job.result.words)
        if "or more" in value:
            return length >= numbers[0]
        return (0 if "or fewer" in value else numbers[0]) <= length <= numbers[-1]
    return job.entry.columns.get(by) == value


def wilson(right: int, count: int) -> tuple[float, float]:
    a, b, c = count + Z * Z, -(2 * right + Z * Z), right * right / count
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def written(share: float) -> Part:
    """A percentage: whole, or with a decimal below 10 %."""
    return round(100 * share) if share >= 0.1 else round(100 * share, 1)


def weak_slice(ledger: Ledger, facts: Facts, node: Node, row: dict[str, Any]) -> None:
    jobs = [job for job in predicted(facts, row["model"]) if job.prediction.correct is not None]
    also = [(row["also_by"], row["also_name"])] if row["also_by"] else []
    asked = [(row["by"], row["name"]), *also]
    mine = [job for job in jobs if all(has(job, *one) for one in asked)]
    ledger.holds({job.entry.input for job in mine} == set(row["inputs"]), node, "is of others")
    right = sum(bool(job.prediction.correct) for job in mine)
    rest = sum(bool(job.prediction.correct) for job in jobs) - right
    low, high = wilson(right, len(mine))
    others = len(jobs) - len(mine)
    ledger.holds(right / len(mine) < rest / others, node, "is not weak")
    order = ("length", "label", "word")
    asked.sort(key=lambda one: order.index(one[0]) if one[0] in order else 9)
    groups: list[Part] = []
    for place, (by, value) in enumerate(asked):
        groups += ["… and " if place else " inputs ", *grouped(by, value)]
    ledger.says(
        node,
        *("Wrong on ", written(1 - right / len(mine)), " % (", written(1 - high), " to "),
        *(written(1 - low), " %) of the ", len(mine), *groups, "…, against "),
        *(written(1 - rest / others), " % of the ", others, " other…"),
    )


def grouped(by: str, value: str) -> list[Part]:
    if by == "length":
        numbers = [int(text) for text in value.split() if text.isdigit()]
        return ["of ", numbers[0], *([" to ", numbers[1]] if len(numbers) > 1 else []), " word…"]
    if by in ("word", "label"):
        return ["with the word “…" if by == "word" else "expected to be …", T(value), "…"]
    return ["where ", T(by), " is “", T(value), "”"]


def attribution(ledger: Ledger, facts: Facts, node: Node, row: dict[str, Any]) -> None:
    """The mean score of a word over the inputs that are wrong, and over those that are right."""
    found: dict[bool, list[float]] = defaultdict(list)
    inputs = set()
    for job in predicted(facts, row["model"]):
        correct, label = job.prediction.correct, job.prediction.label
        if correct is None or (row["also_by"] and label != row["also_name"]):
            continue
        score = scored(facts, job).get(row["name"])
        if score is not None:
            found[bool(correct)].append(score)
            inputs.add(job.entry.input)
    ledger.holds(inputs == set(row["inputs"]), node, "is of others")
    wrong, right = (np.array(found[side]) for side in (False, True))
    about: list[Part] = [" ", T(row["also_name"])] if row["also_by"] else []
    ledger.says(
        node,
        *(
            "Where the prediction",
            *about,
            " is wrong, the word “",
            T(row["name"]),
            "” contributes ",
        ),
        *(float(wrong.mean()), "…(", *between(wrong), ") to it on average over "),
        *(len(wrong), " inputs; where it is right, ", float(right.mean()), " ("),
        *(*between(right), ") over ", len(right), "."),
    )


def between(values: np.ndarray) -> tuple[Part, ...]:
    low, high = bootstrap_interval(values)
    return (low, " to ", high)


def scored(facts: Facts, job: Job) -> dict[str, float]:
    """The score of each word towards what is predicted; nothing where that did not converge."""
    method = first_method(facts, job.model)
    if any(not row["converged"] for row in job.convergence):
        return {}
    rows = {key[1]: row for key, row in job.words.items() if key[0] == method}
    label = job.prediction.label
    kept = [rows[label]] if label in rows else list(rows.values())
    words: dict[str, list[float]] = defaultdict(list)
    for place, word in enumerate(job.result.words if kept else ()):
        words[named(word.text)].append(mean(row[place] for row in kept))
    return {word: mean(values) for word, values in words.items()}


@functools.cache
def first_method(facts: Facts, model: str) -> str:
    """The first method with signed scores of the first result that has one."""
    signed = [method.name for method in scoring() if method.score.sign == "signed"]
    for job in predicted(facts, model):
        for name in signed:
            if name in job.result.computed and name in by_name():
                return name
    return ""


def changed(ledger: Ledger, facts: Facts, node: Node, row: dict[str, Any]) -> None:
    """The share of predictions that turn, as the table has it: others count it anew."""
    share = (written(row[name]) for name in ("estimate", "low", "high"))
    value, low, high = share
    word: tuple[Part, ...] = ("The word “", T(row["name"]), "”") if row["by"] == "word" else ()
    ledger.says(node, *word, "…", value, " % (", low, " to ", high, " %) of…", row["count"], "…")


SAID = {
    "weak_slice": weak_slice,
    "attribution_differs": attribution,
    "sensitive": changed,
    "uninformative_word": changed,
}
