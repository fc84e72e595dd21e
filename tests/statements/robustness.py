"""What small changes of inputs do: variants of one input, and kinds of changes over all of them."""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from reportgen.methods import scoring
from reportgen.results.words import named
from statements.dom import Node
from statements.facts import Facts, Job
from statements.tables import by_job, mean, records, seen
from statements.written import Ledger, P, Part, T

MANY, LEAST, HEAVY, MARGIN = 10, 10, 1.5, 0.05
FIRST, LINKED, WORDS = 8, 5, 12
Z = 1.959964
KINDS = {
    "case": "lower or upper case",
    "punctuation": "punctuation left out",
    "typos": "typos",
    "padding": "padding",
}

Rows = list[dict[str, Any]]


@functools.lru_cache(maxsize=4)
def variants(results: Any) -> dict[tuple[str, int], Rows]:
    return by_job(records(results.perturbations()))


def check_robustness(ledger: Ledger, job: Job, section: Node) -> None:
    """One input: the sentence counts, and each row is one of the table."""
    rows = variants(job.facts.results).get(job.key, [])
    told = [r for r in rows if r["label"] is not None and r["changed"] is not None]
    turned = [r for r in told if r["changed"]]
    read = sum(r["label"] is not None for r in rows)
    of_text, words = [[r for r in told if (r["kind"] == "word") == w] for w in (False, True)]
    parts: list[Part] = ["…"]
    if of_text:
        parts += [sum(bool(r["changed"]) for r in of_text), " of ", len(of_text), " change…"]
    if words:
        parts += [sum(bool(r["changed"]) for r in words), " of ", len(words), " word…"]
    if not told:
        parts = [read, " variant…"]
    elif not turned:
        parts = ["None of ", len(told), " variant…"]
    sentence, about = section.all("> p")
    ledger.says(sentence, *parts)
    ledger.says(about, "…")
    tables = section.all("table.variants")
    rest = sorted(
        (r for r in rows if r["kind"] == "word"),
        key=lambda r: (not r["changed"], -abs(r["change"] or 0)),
    )
    first = [r for r in rows if r["kind"] != "word"]
    wanted = [part for part in (first, rest[:FIRST], rest[FIRST:]) if part]
    ledger.holds(len(tables) == len(wanted), section, f"has not {len(wanted)} tables")
    texts = [p.texts for p in job.result.perturbations if p.kind != "word"]
    for table, part in zip(tables, wanted, strict=False):
        nodes = table.all("tbody tr")
        ledger.holds(len(nodes) == len(part), table, f"has not {len(part)} rows")
        for i, (node, row) in enumerate(zip(nodes, part, strict=False)):
            one_variant(ledger, node, row, texts[i] if part is first else None)


def one_variant(
    ledger: Ledger, node: Node, row: dict[str, Any], texts: dict[str, str] | None
) -> None:
    cells = node.nodes
    ledger.quotes(cells[0], f"without “{row['word']}”" if row["word"] is not None else None)
    if texts is not None:
        ledger.quotes(cells.pop(1), " / ".join(texts.values()))
    ledger.holds(("turned" in node.classes) == bool(row["changed"]), node, "turned, or did not")
    if row["label"] is None:
        ledger.says(cells[1], "…")
        return
    ledger.says(cells[1], T(seen(row["label"])), " turned" if row["changed"] else "")
    for cell, value in zip(cells[2:], (row["probability"], row["change"]), strict=True):
        ledger.says(cell, *(() if value is None else (float(value),)))


def check_over_all(ledger: Ledger, facts: Facts, section: Node) -> None:
    """All inputs of each model: shares that turned, accuracy, and words that weigh much."""
    models = [m for m in facts.order if len(rows_of(facts, m)) >= MANY]
    tables = section.all("> div.scroll")
    prose = section.all("> p")
    for heading in section.all("> h3"):
        ledger.quotes(heading)
    for model in models:
        rows = rows_of(facts, model)
        sentence, table = prose.pop(0), tables.pop(0)
        kinds(ledger, facts, model, rows, sentence, table.one("table.robust"))
        found = heavy_words(facts, model, rows)
        if found is not None:
            ledger.says(
                prose.pop(0), sum(w["weight"] >= HEAVY for w in found), " of ", len(found),
                " word… of at least ", LEAST, " inputs…",
            )  # fmt: skip
            listed = [w for w in found if w["weight"] >= HEAVY]
            shown = [w for i, w in enumerate(listed) if i < WORDS or w["empty"]]
            if shown:
                words(ledger, facts, shown, tables.pop(0).one("table.robust"))
            if len(listed) > len(shown):
                ledger.says(prose.pop(0), len(listed) - len(shown), "…")
    ledger.holds(not tables and not prose, section, "says more than is known")
    (rule,) = section.all("details > p")
    ledger.says(
        rule,
        "…Intervals (",
        P(0.95),
        ")…",
        HEAVY,
        " times…",
        P(MARGIN),
        "…",
        0,
        "…",
        P(MARGIN),
        ".",
    )


def rows_of(facts: Facts, model: str) -> dict[Job, Rows]:
    """The variants that were read, by input."""
    found = {}
    for key, rows in variants(facts.results).items():
        read = [r for r in rows if r["label"] is not None]
        if key[0] == model and key in facts.jobs and read:
            found[facts.jobs[key]] = read
    return found


def kinds(
    ledger: Ledger, facts: Facts, model: str, rows: dict[Job, Rows], sentence: Node, table: Node
) -> None:
    found = []
    for kind in KINDS:
        mine = {job: [r for r in rs if r["kind"] == kind] for job, rs in rows.items()}
        mine = {job: rs for job, rs in mine.items() if rs}
        told = {j: any(r["changed"] for r in rs) for j, rs in mine.items()
                if any(r["changed"] is not None for r in rs)}  # fmt: skip
        if told:
            found.append((kind, told, mine))
    judged = any(
        r["correct"] is not None for _, _, mine in found for rs in mine.values() for r in rs
    )
    turning = sorted((f for f in found if any(f[1].values())), key=lambda f: -mean(f[1].values()))
    parts: list[Part] = ["…"]
    for i, (_, told, _) in enumerate(turning):
        parts += [P(mean(told.values())), " of ", len(told), " prediction…" if i == 0 else "…"]
    ledger.says(sentence, *parts)
    ledger.holds(len(table.rows()) == len(found), table, f"has not {len(found)} kinds")
    for cells, (kind, told, mine) in zip(table.rows(), found, strict=False):
        ledger.quotes(cells[0], KINDS[kind])
        ledger.says(cells[1], *share_with(sum(told.values()), len(told)))
        after = {
            job: mean(r["correct"] for r in rs)
            for job, rs in mine.items()
            if all(r["correct"] is not None for r in rs)
        }
        before = {job: float(facts.predictions[job.key]["correct"]) for job in after}
        if judged:
            gone = [after[job] - before[job] for job in after]
            ledger.says(cells[2], P(mean(before.values())))
            ledger.says(cells[3], P(mean(after.values())))
            difference(ledger, cells[4], list(after.values()), list(before.values()), gone)
        order = sorted(
            (job for job, turns in told.items() if turns),
            key=lambda job: -(before.get(job, 0) - after.get(job, 0)),
        )
        behind(ledger, cells[-1], order)


def difference(
    ledger: Ledger, cell: Node, after: list[float], before: list[float], gone: list[float]
) -> None:
    """Of right and wrong the interval is worked out anew; a bootstrap's only holds its value."""
    value = 100 * mean(gone)
    if set(after) <= {0.0, 1.0}:
        low, high = paired(after, before)
        ledger.says(cell, value, " [", 100 * low, ", ", 100 * high, "]")
        return
    ledger.quotes(cell)
    texts = cell.text.replace("−", "-").replace("[", " ").replace("]", " ").replace(",", " ")
    shown, low, high = map(float, texts.split())
    ledger.holds(abs(shown - value) < 0.0501 and low <= shown <= high, cell, f"is not {value}")


def words(ledger: Ledger, facts: Facts, shown: Rows, table: Node) -> None:
    ledger.holds(len(table.rows()) == len(shown), table, f"has not {len(shown)} words")
    judged = any(w["pairs"] for w in shown)
    for cells, word in zip(table.rows(), shown, strict=False):
        note = " decides next to nothing" if word["empty"] else ""
        ledger.says(cells[0], T(seen(word["word"])), note)
        count = len(word["jobs"])
        ledger.says(cells[1], count)
        ledger.says(cells[2], word["weight"], " ×")
        ledger.says(cells[3], *share_with(word["turned"], count))
        if judged:
            after, before = zip(*word["pairs"], strict=True)
            gone = [a - b for a, b in word["pairs"]]
            difference(ledger, cells[4], list(after), list(before), gone)
        behind(ledger, cells[-1], word["jobs"])


def heavy_words(facts: Facts, model: str, rows: dict[Job, Rows]) -> Rows | None:
    """Words that are removed and explained in enough inputs, the heaviest first."""
    found: dict[str, list[tuple[float, Job, dict[str, Any]]]] = defaultdict(list)
    chosen = ""
    for job, rs in rows.items():
        signed = [m.name for m in scoring() if m.score.sign == "signed"]
        chosen = chosen or next((n for n in signed if n in job.result.computed), "")
        weights = relative(job, chosen)
        for r in rs:
            if r["kind"] == "word" and r["changed"] is not None and r["word"] in weights:
                found[r["word"]].append((weights[r["word"]], job, r))
    made: Rows = []
    for word, held in found.items():
        if len(held) < LEAST:
            continue
        held.sort(key=lambda one: -one[0])
        pairs = [
            (float(r["correct"]), float(facts.predictions[job.key]["correct"]))
            for _, job, r in held
            if r["correct"] is not None
        ]
        turned = sum(bool(r["changed"]) for _, _, r in held)
        p = sum(
            math.comb(len(held), k) * MARGIN**k * (1 - MARGIN) ** (len(held) - k)
            for k in range(turned + 1)
        )
        made.append(
            {"word": word, "weight": mean(w for w, _, _ in held), "turned": turned, "p": p}
            | {"jobs": [job for _, job, _ in held], "pairs": pairs, "empty": False}
        )
    made.sort(key=lambda w: (-w["weight"], w["word"]))
    heavy = sorted((w for w in made if w["weight"] >= HEAVY), key=lambda w: w["p"])
    worst = 0.0
    for i, word in enumerate(heavy):
        worst = max(worst, word["p"] * (len(heavy) - i))
        within = True
        if word["pairs"]:
            after, before = zip(*word["pairs"], strict=True)
            low, high = paired(after, before)
            within = -MARGIN <= low <= 0 <= high <= MARGIN
        word["empty"] = worst <= 0.05 and within
    return made or None


def relative(job: Job, method: str) -> dict[str, float]:
    """How many times the attribution of an average word each word has."""
    if not method or any(not row["converged"] for row in job.convergence):
        return {}
    by_target = {key[1]: scores for key, scores in job.words.items() if key[0] == method}
    if job.prediction.label in by_target:
        by_target = {job.prediction.label: by_target[job.prediction.label]}
    if not by_target:
        return {}
    means = np.mean(list(by_target.values()), axis=0)
    found: dict[str, list[float]] = defaultdict(list)
    for word, score in zip(job.result.words, means, strict=True):
        found[named(word.text)].append(float(score))
    sizes = {word: abs(mean(values)) for word, values in found.items()}
    whole = sum(sizes.values())
    return {word: len(sizes) * size / whole for word, size in sizes.items()} if whole else {}


def share_with(turned: int, count: int) -> tuple[Part, ...]:
    low, high = wilson(turned, count)
    return (P(turned / count), " [", 100 * low, ", ", 100 * high, "]")


def wilson(turned: int, count: int) -> tuple[float, float]:
    share, more = turned / count, Z * Z / count
    centre = (share + more / 2) / (1 + more)
    half = Z * math.sqrt(share * (1 - share) / count + more / (4 * count)) / (1 + more)
    return max(0.0, centre - half), min(1.0, centre + half)


def paired(after: Sequence[float], before: Sequence[float]) -> tuple[float, float]:
    pairs = list(zip(after, before, strict=True))
    up, down = (sum(pair == way for pair in pairs) for way in ((1, 0), (0, 1)))
    (lu, hu), (ld, hd) = wilson(up, len(pairs)), wilson(down, len(pairs))
    u, d = up / len(pairs), down / len(pairs)
    return u - d - math.hypot(u - lu, hd - d), u - d + math.hypot(hu - u, d - ld)


def behind(ledger: Ledger, cell: Node, jobs: Sequence[Job]) -> None:
    links = cell.all("a")
    ledger.holds(len(links) == min(LINKED, len(jobs)), cell, "links other inputs")
    for link, job in zip(links, jobs, strict=False):
        ledger.says(link, "#", job.number)
    more = len(jobs) - len(links)
    parts: list[Part] = []
    for i, job in enumerate(jobs[: len(links)]):
        parts += [", "] * bool(i) + ["#", job.number]
    ledger.says(cell, *parts, *((" and ", more, " more") if more else ()))
