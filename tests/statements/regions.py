"""Where mistakes lie: regions and the map of the inputs, from the arrays and the predictions."""

from __future__ import annotations

import math

import numpy as np

from reportgen.results.dataset.observations import observe
from reportgen.results.dataset.regions import find_regions
from statements.dom import Node
from statements.facts import Facts
from statements.written import Ledger, P, Part, T

Z = 1.959963984540054
LINKED, LISTED = 5, 100


def check_regions(ledger: Ledger, facts: Facts, section: Node) -> None:
    """The members of a region are those that were found; all that is said of them is counted."""
    observed = observe(facts.results).inputs()
    nodes = section.all("div.mapped")
    there = [model for model in facts.order if model in observed and find_regions(observed[model])]
    ledger.holds(len(nodes) == len(there), section, f"has not the models {there}")
    for node, model in zip(nodes, there, strict=False):
        for heading in node.all("> h3"):
            ledger.quotes(heading, model if len(facts.order) > 1 else "The inputs as a map")
        for table in node.all("> div.scroll table.data"):
            regions(ledger, facts, table, model, observed[model])
        summary(ledger, facts, node.all("> p")[0], model, observed[model])
        drawn(ledger, facts, node.one("figure.chart"), model, observed[model])
    for prose in section.all("> p.soft"):
        ledger.says(prose, "…, but for ", 5, " % of the times …interval of ", 95, " %; …")


def interval(wrong: int, n: int) -> tuple[Part, ...]:
    share, square = wrong / n, Z * Z / n
    centre = (share + square / 2) / (1 + square)
    half = Z * math.sqrt(share * (1 - share) / n + square / (4 * n)) / (1 + square)
    return (P(share), " (", 100 * (centre - half), " to ", 100 * (centre + half), ")")


def judged_on_map(facts: Facts, model: str, found) -> dict[int, bool]:
    """Whether each judged input of the map is right."""
    there = found.inputs[find_regions(found).rows].tolist()
    rows = {number: facts.predictions[model, number]["correct"] for number in there}
    return {number: right for number, right in rows.items() if right is not None}


def counts(facts: Facts, model: str, found, members: list[int]) -> tuple[int, int, int, int]:
    """Wrong ones and all of a region, and of the judged inputs outside it."""
    judged = judged_on_map(facts, model, found)
    inside = [judged[number] for number in members]
    outside = [right for number, right in judged.items() if number not in set(members)]
    return inside.count(False), len(inside), outside.count(False), len(outside)


def regions(ledger: Ledger, facts: Facts, table: Node, model: str, found) -> None:
    known = find_regions(found).regions
    rows = table.rows()
    ledger.holds(len(rows) == len(known), table, f"has not {len(known)} regions")
    for cells, one in zip(rows, known, strict=False):
        members = found.inputs[one.rows].tolist()
        a, n, b, m = counts(facts, model, found, members)
        texts = {number: words_of(facts, model, number) for number in found.inputs.tolist()}
        ledger.quotes(cells[0])
        for word in one.words:
            inside = sum(word.word in texts[number] for number in members)
            rest = [number for number in texts if number not in set(members)]
            outside = sum(word.word in texts[number] for number in rest)
            more = inside / n > outside / len(rest)
            ledger.holds(more and word.word in cells[0].text, cells[0], f"{word} is not typical")
        ledger.says(cells[1], n)
        ledger.says(cells[2], *interval(a, n))
        ledger.says(cells[3], *interval(b, m))
        ledger.says(cells[4], "under 0.002" if one.p < 0.0015 else one.p)
        parts: list[Part] = []
        for number in members[:LINKED]:
            parts += [", "] * bool(parts) + ["#", number + 1]
        ledger.says(cells[5], *parts, *((" and ", n - LINKED, " more") if n > LINKED else ()))
        judged = [facts.predictions[model, number]["correct"] for number in members[:LINKED]]
        ledger.holds(judged == sorted(judged), cells[5], "links right ones before wrong ones")


def words_of(facts: Facts, model: str, number: int) -> set[str]:
    from reportgen.results.words import named

    return {named(word.text) for word in facts.jobs[model, number].result.words}


def summary(ledger: Ledger, facts: Facts, prose: Node, model: str, found) -> None:
    known = find_regions(found)
    judged = list(judged_on_map(facts, model, found).values())
    wrong = judged.count(False)
    if known.regions:
        first, others = known.regions[0], len(known.regions) - 1
        a, n, b, m = counts(facts, model, found, found.inputs[first.rows].tolist())
        typical: list[Part] = []
        for word in first.words[:3]:
            typical += ["…“", T(word.word), "”"]
        more = ("; ", others, " other region…") if others else ("…",)
        told = (n, " input… that are alike to the model", *typical, "… ", P(a / n), " are wrong")
        ledger.says(prose, "Mistakes lie together: of ", *told, ", of all others ", P(b / m), *more)
    elif not judged:
        ledger.says(prose, "No answer is judged here…")
    elif not wrong:
        ledger.says(prose, "None of ", len(judged), " judged input… is wrong…")
    elif not known.groups:
        ledger.says(prose, wrong, " of ", len(judged), " judged inputs are wrong.")
    else:
        ledger.says(prose, "…of ", known.groups, " group…more of the ", wrong, " mistake…")


def drawn(ledger: Ledger, facts: Facts, figure: Node, model: str, found) -> None:
    """The share of the variance is that of a singular value decomposition of what is stored."""
    known = find_regions(found)
    jobs = [facts.jobs[model, number] for number in found.inputs[known.rows].tolist()]
    points = found.vectors
    if known.method:
        ledger.holds(not any("representation" in job.names for job in jobs), figure, "is of words")
        points = score_matrix(found)
    else:
        points = np.stack([job.array("representation") for job in jobs])
    points = points.astype(float) - points.astype(float).mean(0)
    squares = np.linalg.svd(points, compute_uv=False) ** 2
    whole = P(float(squares[:2].sum() / squares.sum()))
    shown = len(known.rows)
    note = figure.one("figcaption p.soft")
    ledger.reads(
        note,
        ("…; they have ", whole, " of the variance."),
        ("…; they have ", whole, " of the variance. ", shown, " of ", len(found), " inputs are…"),
    )
    ledger.quotes(figure.one("figcaption h4"))
    for caption in figure.all("caption"):
        ledger.quotes(caption)
        ledger.tells(caption.parent.parent, "aria-label", T(caption.text))
    rows = figure.one("details table.data").rows()
    ledger.holds(len(rows) == min(shown, LISTED), figure, "lists other points")
    place = {number: i for i, number in enumerate(found.inputs[known.rows].tolist())}
    named = {True: "right", False: "wrong", None: "not judged"}
    for cells in rows:
        number = int(cells[0].text.split()[0].lstrip("#")) - 1
        ledger.quotes(cells[0])
        x, y = known.places[place[number]].tolist()
        ledger.says(cells[1], x)
        ledger.says(cells[2], y)
        ledger.says(cells[3], named[facts.predictions[model, number]["correct"]])


def score_matrix(found) -> np.ndarray:
    """The scores of the 300 most frequent words, by input."""
    words, rows = found.words, found.words.rows
    counts = [(-n, i) for i, n in enumerate(words.counts().tolist())]
    chosen = [i for _, i in sorted(counts)[:300]]
    explained = sorted(set(rows[np.isfinite(words.scores)].tolist()))
    held = np.zeros((len(explained), len(chosen)))
    for row, word, score in zip(rows.tolist(), words.ids.tolist(), words.scores, strict=True):
        if word in chosen and np.isfinite(score):
            held[explained.index(row), chosen.index(word)] = score
    return held
