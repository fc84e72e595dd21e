"""Texts with coloured words: shades, scales and the words with the largest scores."""

from __future__ import annotations

import re

import numpy as np

from statements.dom import Node
from statements.facts import FEW, Job, Row
from statements.groups import Group, groups
from statements.tables import seen
from statements.trust import unit
from statements.why import listed
from statements.written import Ledger, Part, T

SHADES = 9


def strips(ledger: Ledger, job: Job, section: Node) -> None:
    for prose in section.all("> p.soft"):
        ledger.says(prose, "…", *kept(job))
    found = [g for g in groups(job) if g.rows[0].key[2] != "all" or not job.read_rows]
    found = [g for g in found if g.rows[0].method.in_text] or found
    shown = [
        (g, i)
        for g in found
        for i in range(len(g.rows))
        if i < (FEW if g.rows[0].method.score else 1)
    ]
    nodes = section.all("div.strip")
    ledger.holds(len(nodes) == len(shown), section, f"has not {len(shown)} texts")
    for node, (group, i) in zip(nodes, shown, strict=False):
        strip(ledger, job, node, group, i)
    for table in section.all("div.top table"):
        largest_words(ledger, job, table)


def kept(job: Job) -> tuple[Part, ...]:
    """What the first token does where the path left it as it is."""
    told = job.result.kept
    if told is None:
        return ()
    start: tuple[Part, ...] = ("“", T(seen(told.text)), "”…")
    changes = [(job.shown(name), change) for name, change in told.changes.items()]
    if len(changes) == 1:
        return (*start, changes[0][1], " logits…")
    if 1 < len(changes) <= 4:
        parts = [("…", change, " logits of ", T(name)) for name, change in changes]
        return (*start, *(part for one in parts for part in one), "…")
    if changes:
        sizes = [change for _, change in changes]
        return (*start, min(sizes), " to ", max(sizes), " logits of the ", len(sizes), " output…")
    return start


def strip(ledger: Ledger, job: Job, node: Node, group: Group, i: int) -> None:
    row, end, off = group.rows[i], group.end(i), group.off(i)
    ledger.says(node.one("h4"), *row.title)
    failed = row.key[1] and (p := job.path(row.method.name, row.name)) and not p["converged"]
    ledger.holds(("unreliable" in node.classes) == bool(failed), node, "is muted, or is not")
    legend = node.one("p.legend")
    low = -end if group.signed else 0
    ledger.says(legend, "Scale: ", low, " … ", end, " " + row.unit)
    about = node.one("div.strip-head > p.soft")
    words = job.result.words
    out = [n for n, w in enumerate(words) if set(off) & set(range(w.first, w.last))]
    told = {seen(words[n].text): row.words[n] for n in out}
    tokens = job.result.tokens
    told |= {tokens[t].text: row.table[t] for t in off if tokens[t].special}
    told = {name: score for name, score in told.items() if score}
    names, scores = list(told), np.array(list(told.values()))
    parts = listed(names, scores, range(len(names)), "")
    joined = [
        "… and " if part == ", " and n == len(parts) - 5 else part for n, part in enumerate(parts)
    ]
    joined = ["…" if part == ", " else part for part in parts]
    ledger.says(about, "…", *([": ", *joined] if told else []))
    for text, scored, of in (("by-word", words, row.words), ("by-token", tokens, row.table)):
        shades(ledger, job, node, text, scored, of, end, end if off else np.inf)
    for special in node.all("p.specials"):
        ledger.quotes(special)
        pieces = [s for s in special.all("span") if "soft" not in s.classes]
        values = [row.table[t] for t, token in enumerate(tokens) if token.special]
        coloured(ledger, pieces, values, end, end if off else np.inf)


def shades(ledger, job, node, text, scored, of, end, limit) -> None:
    segments = list(dict.fromkeys(t.segment for t in job.result.tokens if t.segment))
    nodes = node.all(f"p.{text}")
    ledger.holds(len(nodes) == len(segments), node, f"has not {len(segments)} texts")
    for paragraph, name in zip(nodes, segments, strict=False):
        ledger.quotes(paragraph)
        pieces = [s for s in paragraph.nodes if s.tag == "span" and "unread" not in s.classes]
        values = [of[n] for n, one in enumerate(scored) if one.segment == name]
        coloured(ledger, pieces, values, end, limit)


def coloured(ledger: Ledger, pieces: list[Node], values, end: float, limit: float) -> None:
    """Check classes of colours: p for up, n for down, a and v for sizes, and a step."""
    if len(pieces) != len(values):
        where = pieces[0] if pieces else Node("span", {}, None)
        ledger.holds(False, where, f"and {len(pieces)} pieces for {len(values)} scores")
        return
    for piece, value in zip(pieces, values, strict=True):
        named = next((re.fullmatch(r"([pnav])(\d)", c) for c in piece.classes if c != "off"), None)
        step = int(named[2]) if named else 0
        wanted = min(SHADES, SHADES * abs(value) / end) if end > 0 else 0
        right = abs(step - wanted) <= 0.5001
        if named and named[1] in "pn":
            right = right and (named[1] == "p") == (value > 0)
        ledger.holds(
            right, piece, f"has the shade {piece.attrs.get('class', '')}: {value} of {end}"
        )
        ledger.holds(
            ("off" in piece.classes) == (abs(value) > limit * (1 + 1e-6)),
            piece,
            "is off, or is not",
        )


def largest_words(ledger: Ledger, job: Job, table: Node) -> None:
    found = [g for g in groups(job) if g.rows[0].key[2] != "all" or not job.read_rows]
    shown = found if len(found[0].rows) == 1 else found[:1]  # more columns cannot be read
    rows = [row for group in shown for row in group.rows[:FEW]]
    for head, row in zip(table.heads()[1:], rows, strict=False):
        ledger.says(head, *row.label, *unit(row))
    first = []
    for row in found[0].rows[:FEW]:
        scores = np.abs(row.words)
        if (own := job.own_word(row.about)) is not None:
            scores[own] = 0
        first.append(scores)
    order = np.argsort(-np.stack(first).max(axis=0), kind="stable")[:8]

    def cell(row: Row, word: int) -> tuple[Part, ...]:
        mine = job.own_word(row.about) == word
        return (float(row.words[word]), *((" (itself)",) if mine else ()))

    words = job.result.words
    ledger.table(table, [[T(seen(words[w].text)), *(cell(row, w) for row in rows)] for w in order])
