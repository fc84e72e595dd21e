"""Scores of words and tokens: coloured texts, rows side by side, layers, and the script's data."""

from __future__ import annotations

import numpy as np

from reportgen.methods import preferred
from reportgen.methods.description import Reading
from statements.coloured import strips
from statements.dom import Node
from statements.facts import FEW, Job
from statements.groups import Group, groups
from statements.pictures import drawn, pixels, three_digits, unpack
from statements.tables import off_scale, scale_end, seen
from statements.written import Ledger, Part, Size, T, wrong

LAYERED = 8


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
            doubted = str(i) in told.get("unreliable", {})
            ledger.holds(doubted == row.doubted, script, f"{line} is doubted")
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
