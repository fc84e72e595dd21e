"""Scores of words and tokens: coloured texts, rows side by side, layers, and the script's data."""

from __future__ import annotations

import re

import numpy as np

from reportgen.methods import preferred
from reportgen.methods.description import Reading
from statements.answer import listed
from statements.dom import Node
from statements.facts import FEW, Job, Row, off_scale, scale_end, seen
from statements.pictures import drawn, pixels, three_digits, unpack
from statements.trust import unit
from statements.written import Ledger, Part, Size, T, wrong

SHADES = 9
LAYERED = 8


class Group:
    """Rows of one method that share a scale, unless each has its own."""

    def __init__(self, rows: tuple[Row, ...]) -> None:
        self.rows = rows
        self.table = np.stack([row.table for row in rows])
        self.words = np.stack([row.words for row in rows])
        self.own = len(rows) > FEW
        self.signed = rows[0].signed

    def part(self, i: int) -> slice:
        return slice(i, i + 1) if self.own else slice(None)

    def off(self, i: int) -> tuple[int, ...]:
        return off_scale(self.table[self.part(i)], self.rows[0].job.sinks)

    def token_end(self, i: int) -> float:
        return scale_end(self.table[self.part(i)], self.off(i))

    def end(self, i: int) -> float:
        off = set(self.off(i))
        words = self.rows[0].job.result.words
        out = tuple(n for n, w in enumerate(words) if off & set(range(w.first, w.last)))
        return max(self.token_end(i), scale_end(self.words[self.part(i)], out))

    def range(self, i: int) -> tuple[Part, ...]:
        end = self.token_end(i)
        ends: tuple[Part, ...] = (Size(end),) if self.signed else ("0 to ", end)
        return (*ends, " " + self.rows[i].unit)


def groups(job: Job) -> list[Group]:
    return [Group(rows) for _, rows in job.rows]


def check_rows(ledger: Ledger, job: Job, card: Node) -> None:
    for section in card.all("section.strips"):
        strips(ledger, job, section)
    for script in card.all("script.token-data"):
        token_data(ledger, job, script)
    for section in card.all("section"):
        if section.attrs.get("id", "").endswith("-outputs"):
            every_output(ledger, job, section)
    for section in card.all("section.compared"):
        side_by_side(ledger, job, section)


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
    rows = [row for group in found for row in group.rows[:FEW]]
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


def token_data(ledger: Ledger, job: Job, script: Node) -> None:
    data, result = script.json, job.result
    methods, layers = groups(job), layer_groups(job)
    ledger.holds(data["tokens"] == [seen(t.text) for t in result.tokens], script, "tokens")
    ledger.holds(data["special"] == np.flatnonzero(job.special).tolist(), script, "special tokens")
    words = [[seen(w.text), w.first, w.last] for w in result.words]
    ledger.holds(data["words"] == words, script, "words")
    found = data["groups"]
    ledger.holds(len(found) == len(methods) + len(layers), script, f"has {len(found)} groups")
    for told, group in zip(found, methods, strict=False):
        ledger.holds(three_digits(unpack(told["values"]), group.table), script, told["title"])
        ledger.holds(three_digits(unpack(told["sums"]), group.words), script, told["title"])
        for i, (line, row) in enumerate(zip(told["rows"], group.rows, strict=True)):
            for text, parts in ((line[1], row.label), (line[2], row.title)):
                problem = wrong(text, parts)
                ledger.holds(not problem, script, f"row {i}: {text!r} {problem}")
            p = job.path(row.method.name, row.name) if row.method.score else None
            doubted = str(i) in told.get("unreliable", {})
            ledger.holds(doubted == bool(p and not p["converged"]), script, f"{line} is doubted")
            own = told.get("own", {}).get(str(i))
            ledger.holds(
                (own and own[0]) == job.own_word(row.about), script, f"{line}: its own word"
            )
            if own:
                share = row.words[own[0]] / np.abs(row.words).sum()
                problem = wrong(own[1], (100 * float(share), " %"))
                ledger.holds(not problem, script, f"{line}: {problem}")
            off = told.get("row_off", [told.get("off", [])] * len(group.rows))[i]
            ledger.holds(tuple(off) == group.off(i), script, f"{line} is off the scale at {off}")
    for told, (_, _, table) in zip(found[len(methods) :], layers, strict=False):
        ledger.holds(three_digits(unpack(told["values"]), table), script, told["title"])
        off = off_scale(table, job.sinks)
        ledger.holds(tuple(told.get("off", ())) == off, script, "off the scale")


Layers = tuple[tuple[Part, ...], str, np.ndarray]


def layer_groups(job: Job) -> list[Layers]:
    """Every quantity with a row for each layer: its title, its unit, (layers, tokens)."""
    found: list[Layers] = []
    several = len(job.result.targets) > 1
    read = job.read_rows
    for method in preferred():
        array = method.by_layer
        if array is None:
            continue
        for name in job.explained(array)[:LAYERED] if array.per_target else ():
            stored = job.array(array.of(name))
            if array.reading is Reading.RECEIVED:
                stored = stored.sum(axis=-2) if array.sign == "signed" else stored.mean(axis=-2)
                if stored.ndim == 3:
                    stored = stored.sum(axis=1) if array.sign == "signed" else stored.mean(axis=1)
            named = (" for ", T(job.shown(name))) if several else ()
            found.append(((T(array.label), *named), array.unit, stored))
        if not array.per_target and array.name in job.names:
            stored = job.array(array.name)
            label: tuple[Part, ...] = (T(array.label),)
            if array.reading is Reading.ROW:
                rows = stored
                if read:
                    rows = stored[..., list(job.target(read[0]).read_at), :]
                stored = rows.mean(axis=-2)
                stored = stored.mean(axis=1) if stored.ndim == 3 else stored
                label = (
                    next(
                        r[0].label
                        for m, r in job.rows
                        if m is method and (r[0].key[2] == "read") == bool(read)
                    )
                    if method.rows
                    else label
                )
            found.append(((*label, ", layer by layer"), array.unit, stored))
    return found


def every_output(ledger: Ledger, job: Job, section: Node) -> None:
    group = groups(job)[0]
    names = [(T(job.shown(row.name)),) for row in group.rows]
    sheet(ledger, job, section, [group], len(group.rows), names)


def side_by_side(ledger: Ledger, job: Job, section: Node) -> None:
    labels = section.all("svg.hidden text")
    for label in labels:
        width = 25 if len(job.result.tokens) <= 64 else 8
        token = seen(job.result.tokens[int(label.attrs["y"]) // width].text)
        ledger.quotes(label, token if len(token) <= 12 else f"{token[:11]}…")
    first = section.all("> div.sheet")
    if first:
        found = groups(job)
        names = [row.label for g in found for row in g.rows[:FEW]]
        sheet(ledger, job, section, found, FEW, names)
    layers = layer_groups(job)
    for prose in section.all("> p.soft"):
        most = max(
            (
                len(job.explained(m.by_layer))
                for m in preferred()
                if m.by_layer and m.by_layer.per_target
            ),
            default=0,
        )
        note = off_notes(groups(job), FEW)
        ledger.reads(prose, ("…",), ("…first ", LAYERED, " of ", most, " outputs…"), ("…", *note))
    nodes = section.all("> details")
    ledger.holds(len(nodes) == len(layers), section, f"has not {len(layers)} quantities by layer")
    for node, (name, of, table) in zip(nodes, layers, strict=False):
        by_layer(ledger, job, node, name, of, table)


def by_layer(ledger: Ledger, job: Job, node: Node, name, of: str, table: np.ndarray) -> None:
    ledger.says(node.one("summary"), *name)
    off, tokens = off_scale(table, job.sinks), job.result.tokens
    end = scale_end(table, off)
    signed = table.min(initial=0) < 0
    about = node.all("> p.soft")
    ledger.reads(
        about[0],
        ("…", Size(end), "…one scale for all layers"),
        ("…0 to ", end, "…one scale for all layers"),
    )
    heads = node.all("table.grid tbody th")
    ledger.holds(len(heads) == len(table), node, f"has not {len(table)} layers")
    for i, head in enumerate(heads, start=1):
        ledger.says(head, "layer ", i)
    picture = node.one("table.grid img")
    ledger.holds(drawn(pixels(picture.attrs["src"]), table, end), node, "is drawn otherwise")
    ledger.tells(picture, "alt", *name, ", one column per token")
    for named in (node.one("div.sheet"), node.one("table.grid")):
        ledger.tells(named, "aria-label", *name)
    largest = node.one("table.data")
    ledger.says(largest.one("caption"), "The largest cells: ", *name)
    ledger.tells(largest.parent, "aria-label", "The largest cells: ", *name)
    for note in about[1:]:
        told: list[Part] = []
        for t in off:
            values = table[:, t]
            ends = dict.fromkeys((float(values.min()), float(values.max())))
            told += ["…“", T(seen(tokens[t].text)), "” ", *join(list(ends))]
        ledger.says(note, "…", *name, ": ", *told, "…off the scale…")
    cells = node.one("table.data")
    order = np.argsort(-np.abs(table), axis=None, kind="stable")
    amount = len(cells.rows())
    places = [divmod(int(i), table.shape[1]) for i in order[:amount]]
    ledger.table(
        cells,
        [[T(seen(tokens[t].text)), layer + 1, float(table[layer, t])] for layer, t in places],
    )
    ledger.holds(bool(of) or not signed, node, "has no unit")


def join(values: list[float]) -> list[Part]:
    found: list[Part] = []
    for value in values:
        found += [" to "] * bool(found) + [value]
    return found


def sheet(ledger: Ledger, job: Job, section: Node, found: list[Group], most: int, names) -> None:
    table = section.one("> div.sheet > table.grid")
    rows = [(g, i) for g in found for i in range(min(len(g.rows), most))]
    heads = table.all("tbody th")
    ledger.holds(len(heads) == len(rows), table, f"has not {len(rows)} rows")
    for head, name, (group, i) in zip(heads, names, rows, strict=False):
        ledger.says(head, *name, " ", *group.range(i))
    colours = pixels(table.one("img").attrs["src"])
    ledger.holds(len(colours) == len(rows), table, "has a picture of other rows")
    for line, (group, i) in zip(colours, rows, strict=False):
        right = drawn(line, group.rows[i].table, group.token_end(i))
        ledger.holds(right, table, f"draws row {i} of {group.rows[0].method.name} otherwise")
    for note in section.all("> p.soft"):
        if "▲" in note.text:
            ledger.says(note, "…", *off_notes(found, most))


def off_notes(found: list[Group], most: int) -> list[Part]:
    """Which tokens the colours of some rows do not reach, with their scores there."""
    told: list[Part] = []
    for group in found:
        rows = range(min(len(group.rows), most))
        tokens = group.rows[0].job.result.tokens
        for t in sorted({t for i in rows for t in group.off(i)}):
            values = [float(group.table[i, t]) for i in rows if t in group.off(i)]
            ends = dict.fromkeys((min(values), max(values)))
            told += ["…“", T(seen(tokens[t].text)), "” ", *join(list(ends)), "…"]
    return [*told, "…"]
