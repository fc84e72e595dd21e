"""How a model does on parts of its inputs, counted anew from the tables of its run."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import numpy as np

from reportgen.methods import scoring
from reportgen.results.words import named
from statements.dom import Node
from statements.facts import Facts, Job
from statements.tables import mean, records, seen
from statements.written import Ledger, Part, T

FEWEST, FIRST, MOST, LINKED, TOP = 10, 20, 100, 3, 5
Z = 1.959964


def check_slices(ledger: Ledger, facts: Facts, section: Node) -> None:
    told = records(facts.results.slices())
    models = [model for model in facts.order if any(row["model"] == model for row in told)]
    nodes = section.all("div.slices")
    ledger.holds(len(nodes) == len(models), section, "has other models")
    for node, model in zip(nodes, models, strict=False):
        rows = [row for row in told if row["model"] == model]
        jobs = [job for job in facts.jobs.values() if job.model == model and job.prediction]
        for heading in node.all("> h3"):
            ledger.quotes(heading, model)
        for caption in node.all("caption"):
            ledger.says(caption, "…, ", T(model))
            ledger.tells(caption.parent.parent, "aria-label", "…, ", T(model))
        summary(ledger, node.all("> p")[0], rows)
        small(ledger, node.all("> p")[1:], jobs, rows)
        listed(ledger, node, jobs, rows)
    for prose in section.all("> p.soft"):
        ledger.reads(prose, ("…intervals of ", 95, " %; …"), ("…",))


def parts_of(job: Job) -> dict[str, str]:
    """By what an input is told apart beside its length: its columns, and the expected label."""
    p = job.facts.predictions[job.key]
    label = p["label"] if p["correct"] in (True, None) else p["expected"]
    return ({"label": label} if job.prediction.kind == "single-label" else {}) | job.entry.columns


def members(job: Job, by: str, value: str) -> bool:
    """Whether an input is in a slice; lengths are read from what the slice is called."""
    if by in parts_of(job):
        return parts_of(job)[by] == value
    if by == "word":
        return named(value) in {named(word.text) for word in job.result.words}
    if by == "length":
        length = len(job.result.words)
        numbers = [int(word.replace(",", "")) for word in value.split() if word[0].isdigit()]
        if "or more" in value:
            return length >= numbers[0]
        if value.startswith("up to"):
            return length <= numbers[0]
        return numbers[0] <= length <= numbers[-1]
    return False


def judged(jobs: list[Job]) -> list[Job]:
    held = [job for job in jobs if job.prediction.correct is not None]
    return held or jobs


def wilson(right: int, count: int) -> tuple[float, float]:
    """The roots of the equation that the score interval solves."""
    a, b, c = count + Z * Z, -(2 * right + Z * Z), right * right / count
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def fisher(right: int, count: int, all_right: int, whole: int) -> float:
    """The probability of all tables that are no more probable, counted with whole numbers."""
    tables = [
        math.comb(all_right, k) * math.comb(whole - all_right, count - k)
        for k in range(min(count, all_right) + 1)
        if count - k <= whole - all_right
    ]
    start = max(0, count - (whole - all_right))
    return sum(t for t in tables if t <= tables[right - start]) / math.comb(whole, count)


def numbers(jobs: list[Job], rows: list[dict[str, Any]]) -> list[dict[str, float]]:
    """Accuracy, difference, effect and q of each slice, counted anew."""
    base = judged(jobs)
    all_right, whole = sum(bool(job.prediction.correct) for job in base), len(base)
    found = []
    for row in rows:
        mine = [job for job in base if members(job, row["by"], row["slice"])]
        right, count = sum(bool(job.prediction.correct) for job in mine), len(mine)
        rest, others = all_right - right, whole - count
        here, there = right / count, rest / others
        (l1, u1), (l2, u2) = wilson(right, count), wilson(rest, others)
        found.append(
            {"count": count, "accuracy": here, "low": l1, "high": u1, "difference": here - there}
            | {"diff_low": here - there - math.hypot(here - l1, u2 - there)}
            | {"diff_high": here - there + math.hypot(u1 - here, there - l2)}
            | {"effect": 2 * (math.asin(math.sqrt(here)) - math.asin(math.sqrt(there)))}
            | {"p": fisher(right, count, all_right, whole)}
        )
    for one in found:  # the least that a threshold at this p or above could promise
        one["q"] = min(
            len(found) * other["p"] / sum(p["p"] <= other["p"] * (1 + 1e-9) for p in found)
            for other in found
            if other["p"] >= one["p"] * (1 - 1e-9)
        )
    return found


def summary(ledger: Ledger, node: Node, rows: list[dict[str, Any]]) -> None:
    if rows[0]["accuracy"] is None:
        ledger.says(node, "Nothing is expected…: of ", len(rows), " slice…")
        return
    by: dict[str, int] = defaultdict(int)
    for row in rows:
        by[row["by"]] += 1
    order = sorted(by, key=lambda name: (name in ("length", "label", "word"), name))
    parts: list[Part] = [len(rows), " slice… compared with all others ("]
    for place, name in enumerate(order):
        joint = " and " if place == len(order) - 1 else ", "
        parts += [joint] * bool(place) + [by[name], " by ", T(name)]
    certain = [row for row in rows if row["q"] <= 0.05]
    worse = [row for row in certain if row["difference"] < 0]
    better = len(certain) - len(worse)
    if not certain:
        ledger.says(node, *parts, "); none differs by more than chance.")
    elif not worse:
        ledger.says(node, *parts, "); ", better, "…better, none is worse…")
    else:
        first = worse[0]
        also: list[Part] = [" and ", better, "…better"] if better else []
        ledger.says(
            node,
            *parts,
            "); ",
            len(worse),
            "…worse",
            *also,
            " by more than chance. The clearest is “",
            T(called(first)),
            "”: of ",
            first["count"],
            " input… ",
            *(round(100 * first["accuracy"]), " % (", round(100 * first["low"]), " to "),
            *(round(100 * first["high"]), ") are right, ", round(-100 * first["difference"])),
            *(" percentage points (", round(-100 * first["diff_high"]), " to "),
            *(round(-100 * first["diff_low"]), ") below all others."),
        )


def called(row: dict[str, Any]) -> str:
    if row["by"] == "length":
        return row["slice"]
    return f"with {row['slice']}" if row["by"] == "word" else f"{row['by']}: {row['slice']}"


def small(ledger: Ledger, nodes: list[Node], jobs: list[Job], rows: list[dict[str, Any]]) -> None:
    """How many values of each column have too few inputs."""
    values: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for job in judged(jobs):
        for by, value in parts_of(job).items():
            values[by][value] += 1
    few = {by: sum(n < FEWEST for n in of.values()) for by, of in values.items()}
    words = (jobs[0].facts.manifest.spec.get("slices") or {}).get("words") or []
    base = judged(jobs)
    few["word"] = sum(sum(members(job, "word", w) for job in base) < FEWEST for w in words)
    if "length" not in values:
        asked = (jobs[0].facts.manifest.spec.get("slices") or {}).get("lengths")
        few["length"] = small_groups([len(job.result.words) for job in base], asked)
    few = {by: many for by, many in few.items() if many}
    ledger.holds(len(nodes) == bool(few), Node("p", {}, None), "tells of other values")
    for node in nodes:
        parts: list[Part] = ["Not compared, with fewer than ", FEWEST, " inputs: "]
        names = sorted(
            few,
            key=lambda by: min(
                node.text.find(f" of {by}") % 10**6, node.text.find(f" by {by}") % 10**6
            ),
        )
        for place, by in enumerate(names):
            joint = " and " if place == len(names) - 1 else ", "
            parts += [joint] * bool(place) + [
                few[by],
                "…",
                T(("by " if by == "length" else "of ") + by),
            ]
        ledger.says(node, *parts, ".")


def small_groups(lengths: list[int], asked: list[int] | None) -> int:
    """How many groups by length have too few inputs: quarters of them, or those of the spec."""
    order = sorted(lengths)
    quarters = {order[math.ceil(len(order) * k / 4) - 1] for k in (1, 2, 3)}
    cuts = asked or sorted(cut for cut in quarters if cut < order[-1])
    groups = [sum(cut < length for cut in cuts) for length in lengths]
    return sum(0 < groups.count(group) < FEWEST for group in range(len(cuts) + 1))


def listed(ledger: Ledger, node: Node, jobs: list[Job], rows: list[dict[str, Any]]) -> None:
    tables = node.all("table.data")
    trs = [row for table in tables for row in table.all("tbody > tr")]
    ledger.holds(len(trs) == min(MOST, len(rows)), node, "has other slices")
    for summed in node.all("details > summary"):
        ledger.says(summed, min(MOST, len(rows)) - FIRST, " slice… more")
    for prose in node.all("details > p"):
        ledger.says(prose, "and ", len(rows) - MOST, " more…")
    for head in node.all("thead span.ends"):
        ledger.pass_over(head)  # the ends of the axis
    expecting = rows[0]["accuracy"] is not None
    counted = numbers(jobs, rows) if expecting else [{} for _ in rows]
    for tr, row, anew in zip(trs, rows, counted, strict=False):
        for name, value in anew.items():
            ledger.holds(abs(row[name] - value) < 1e-6, tr, f"{name} is {value}, not {row[name]}")
        cells = iter(tr.nodes)
        head = next(cells)
        ledger.holds(head.text.startswith(called(row)), head, f"is not {called(row)}")
        verdict = "" if not expecting or row["q"] > 0.05 else "worse"
        verdict = "better" if verdict and row["difference"] > 0 else verdict
        ledger.holds(
            head.text.removeprefix(called(row)).strip(" ▼▲\xa0") == verdict, head, "judges"
        )
        ledger.quotes(head)
        ledger.holds(tr.attrs["data-slice"] == f"{row['by']}={row['slice']}", tr, "is another")
        ledger.says(next(cells), row["count"])
        base = judged(jobs)
        mine = [job for job in base if members(job, row["by"], row["slice"])]
        ledger.holds(len(mine) == row["count"], tr, f"has {len(mine)} inputs")
        if expecting:
            accuracies(ledger, cells, row, base)
        sure = [job.facts.predictions[job.key] for job in mine]
        sure = [p["probability"] if p["per_token"] is None else p["per_token"] for p in sure]
        means(ledger, next(cells), [value for value in sure if value is not None])
        shown = [cell for cell in cells if cell.classes & {"num", "words", "wrong"}]
        rest(ledger, shown, mine, expecting)


def accuracies(ledger: Ledger, cells, row: dict[str, Any], base: list[Job]) -> None:
    line = next(cells)
    whole = sum(bool(job.prediction.correct) for job in base) / len(base)
    ledger.holds(f"M{round(120 * whole, 1):g}"[:4] in line.one("path.chance").attrs["d"], line, "")
    at = float(line.one("circle").attrs["cx"])
    ledger.holds(abs(at - 120 * row["accuracy"]) < 0.02, line, f"is not at {row['accuracy']}")
    share = 100 * row["accuracy"], 100 * row["low"], 100 * row["high"]
    ledger.says(next(cells), round(share[0]), " %", round(share[1]), " to ", round(share[2]))
    names = ("difference", "diff_low", "diff_high")
    value, low, high = (float(100 * row[name]) for name in names)
    ledger.says(next(cells), value, low, " to ", high)
    ledger.says(next(cells), row["effect"], "…")
    ledger.says(next(cells), row["q"])


def means(ledger: Ledger, cell: Node, values: list[float]) -> None:
    """A mean with the interval of Student's t."""
    if not values:
        ledger.says(cell, "–")
        return
    if len(values) == 1:
        ledger.says(cell, round(100 * values[0]), " %")
        return
    from scipy.stats import t

    spread = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    half = float(t.ppf(0.975, len(values) - 1)) * spread
    middle = mean(values)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    ledger.says(cell, 100 * middle, " %", 100 * low, " to ", 100 * high)


def rest(ledger: Ledger, cells: list[Node], mine: list[Job], expecting: bool) -> None:
    """Faithfulness, the wrong inputs and the top words."""
    wrong = [job for job in mine if job.prediction.correct is False]
    for cell in cells:
        if "wrong" in cell.classes:
            ledger.holds(expecting, cell, "judges what nothing is expected of")
            links = [f"#{job.number}" for job in wrong[:LINKED]]
            ledger.holds([a.text for a in cell.all("a")] == links, cell, f"is not {links}")
            more: tuple[Part, ...] = ("…",)
            if len(wrong) > LINKED:
                more = (" and ", len(wrong) - LINKED, " more")
            ledger.says(cell, T(", ".join(links) or "–"), *more)
        elif "words" in cell.classes:
            ledger.says(cell, T(", ".join(map(seen, top_words(mine))) or "–"))
        else:
            means(ledger, cell, [v for job in mine if (v := faithfulness(job)) is not None])


def faithfulness(job: Job) -> float | None:
    for removal in job.result.removals[:1]:
        order = [method.name for method in scoring() if method.name in job.result.computed]
        shown = {one.method: one.normalized_comprehensiveness for one in removal.measures}
        return next((shown[name] for name in order if name in shown), None)
    return None


def top_words(jobs: list[Job]) -> list[str]:
    """The words of the largest mean score towards what is predicted."""
    scores: dict[str, list[float]] = defaultdict(list)
    order = [method.name for method in scoring() if method.score.sign == "signed"]
    for job in jobs:
        method = next((name for name in order if name in job.result.computed), None)
        if any(not row["converged"] for row in job.convergence) or method is None:
            continue
        label = job.prediction.label
        rows = {key[1]: row for key, row in job.words.items() if key[0] == method}
        kept = [rows[label]] if label in rows else list(rows.values())
        if not kept:
            continue
        words: dict[str, list[float]] = defaultdict(list)
        for word, score in zip(job.result.words, np.mean(kept, axis=0), strict=True):
            words[named(word.text)].append(float(score))
        for word, values in words.items():
            scores[word].append(mean(values))
    least = max(3, len(jobs) // 50)
    means = {w: mean(v) for w, v in scores.items() if len(v) >= least and mean(v) > 0}
    return sorted(means, key=lambda word: -means[word])[:TOP]
