"""How far to trust the numbers: completeness, self-tests, the spec's checks, all words."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from reportgen.methods import by_name, preferred
from statements.dom import Node
from statements.facts import FEW, Job, Row
from statements.tables import seen, title
from statements.written import Ledger, P, Part, T

VERDICTS = {True: "converged", False: "not converged"}


def check_trust(ledger: Ledger, job: Job, section: Node) -> None:
    tables = section.all("table.data")
    for table in tables:
        if table.one("caption").text.startswith("Completeness"):
            completeness(ledger, job, table)
    words = [t for t in tables if not t.one("caption").text.startswith("Completeness")]
    start = 0
    for number, table in enumerate(words, start=1):
        start = all_words(ledger, job, table, start, last=number == len(words))
    for paragraph in section.all("> p"):
        if "Computed in" in paragraph.text:
            code = [T(code.text) for code in paragraph.all("code")]
            rest = ("…: ", *code) if code else ("…",)
            ledger.says(paragraph, "Computed in ", job.result.seconds, " s.…", *rest)
            for snippet in paragraph.all("code"):
                readable(ledger, job, snippet)
        elif "Not computed here" in paragraph.text:
            reasons = dict(job.result.skipped)
            reasons |= {name: f.message for name, f in job.result.failed.items()}
            known = [
                r for n, r in reasons.items() if f"Not computed here: {title(n)}" in paragraph.text
            ]
            ledger.holds(
                any(r.rstrip(".") in paragraph.text for r in known), paragraph, "says why not"
            )
            ledger.quotes(paragraph)
        elif "faded in" in paragraph.text:
            path(ledger, job, paragraph)
        else:
            recorded(ledger, job, paragraph)
    lists = section.all("> ul.checks")
    tests = list(job.result.self_tests.items())
    for node in lists[: bool(tests)]:
        items = node.all("> li")
        ledger.holds(len(items) == len(tests), node, f"has not {len(tests)} self-tests")
        for item, (name, value) in zip(items, tests, strict=False):
            numbers = ("…float32…", value) if name == "float32_logits" else ("…", value)
            if name == "attention_row_sum":
                numbers = ("…add up to 1, …", value)
            ledger.says(item, *numbers)
    for node in lists[bool(tests) :]:
        outcomes(ledger, job, node)


def readable(ledger: Ledger, job: Job, code: Node) -> None:
    """The line of Python that is offered gives an array."""
    call = code.text.partition(".matrix(")[2].rstrip(")")
    model, number, name = json.loads(f"[{call}]".replace("'", '"'))
    right = (model, number) == job.key and name in job.names
    ledger.holds(right, code, "reads no array of this input")


def completeness(ledger: Ledger, job: Job, table: Node) -> None:
    rows: list[list] = []
    for row, stored in zip(job.convergence, job.result.convergence, strict=True):
        change = row["f_input"] - row["f_baseline"]
        layers = row["layer_gaps"]
        layer = (" (layer ", int(np.argmax(layers)) + 1, ")") if len(layers) else ()
        of = job.result.settings.get(row["method"], {})
        whole = by_name()[row["method"]].complete and not of.get("sequential")
        jumps = not row["converged"] and row["gap"] <= stored.tolerance
        baseline = job.result.settings.get(row["method"], {}).get("baseline", "–")
        rows.append(
            [
                T(title(row["method"])),
                T(job.shown(row["target"])),
                T(baseline if isinstance(baseline, str) else "a text"),
                row["f_input"],
                row["f_baseline"],
                change,
                (change + row["delta"], *layer) if whole else "–",
                (P(row["gap"]), *layer),
                row["steps"],
                VERDICTS[row["converged"]] + (": …" if jumps else ""),
            ]
        )
        ledger.holds(adds_up(job, row), table, f"{row['method']} does not add up to its sum")
    ledger.table(table, rows)


def adds_up(job: Job, row: dict[str, Any]) -> bool:
    """Tell whether the stored scores give the ``sum of scores`` that the table has."""
    method, target = row["method"], row["target"]
    rescaled = job.result.settings.get(method, {}).get("normalize", "none") != "none"
    if (method, target, None) not in job.tokens or rescaled or not real(job):
        return True
    total = float(job.tokens[method, target, None].sum())
    change = row["f_input"] - row["f_baseline"]
    return abs(total - change - row["delta"]) <= 2e-3 * max(abs(change), 1)


def real(job: Job) -> bool:
    """Tell whether a model was run; made-up numbers need not add up."""
    return not job.info.architecture.startswith("Fake")


def path(ledger: Ledger, job: Job, node: Node) -> None:
    """What was integrated along which path, and which baselines were tried."""
    method = next(m for m in preferred() if m.path and m.name in job.result.computed)
    baseline = job.result.settings[method.name].get("baseline")
    given = ("…", T(baseline.get("text", "")), "…") if isinstance(baseline, dict) else ()
    ledger.says(node, "…", *given, *tried(job, method.name), "…")


def tried(job: Job, method: str) -> tuple[Part, ...]:
    found = job.result.tried.get(method, ())
    if not found:
        return ()
    if found[0].converged:
        return ("…", T(job.result.settings[method]["baseline"]), "…")
    told: list[Part] = ["…"]
    for one in found:
        told += [T(f"{one.baseline}: ")]
        if one.gap is not None and not one.converged:
            told += [P(one.gap)]
        told += ["…"]
    return tuple(told)


def recorded(ledger: Ledger, job: Job, node: Node) -> None:
    """Which rows of the maps that know no output are shown."""
    ledger.says(node, "…", *rows_read(job), "…")


def rows_read(job: Job) -> tuple[Part, ...]:
    """Name the row of a map that the output is read from, where there is one."""
    read = list(dict.fromkeys(t.read_at for t in job.result.targets))
    if len(read) != 1 or read[0] is None or len(read[0]) != 1 or len(job.result.tokens) == 1:
        return ()
    place, tokens = read[0][0], job.result.tokens
    text = seen(tokens[place].text.strip() or tokens[place].text)
    alike = [t for t in tokens if t.text.strip() == tokens[place].text.strip()]
    number = (" (", place + 1, ")") if len(alike) > 1 else ()
    return ("…the row of …", T(text), "…", *number, "…")


def all_words(ledger: Ledger, job: Job, table: Node, start: int, *, last: bool) -> int:
    """Every word with all its scores; the columns are found by their names.

    Those of this table come after ``start`` others; returned is where the next one starts.
    """
    heads, columns = table.heads()[1:], []
    main = next((m for m, rows in job.rows if m.score), None)
    rows = [row for _, rows in job.rows for row in rows if row.key[2] != "all" or not job.read_rows]
    end = start + len(heads)
    if not rows:
        columns = [by_part(job, head, ledger) for head in heads]
    for head, row in zip(heads, rows[start:end], strict=False):
        plain = row.method is main and row.signed
        named = (T(job.shown(row.name)),) if plain else row.label
        ledger.says(head, *named, *unit(row))
        columns.append((row.words, row.signed))
    ledger.holds(len(columns) == len(heads), table, f"has {len(heads)} columns")
    ledger.holds(not (rows and last) or end == len(rows), table, "leaves columns out")
    wanted: list[list] = [
        [T(seen(word.text)), *(float(scores[i]) for scores, _ in columns)]
        for i, word in enumerate(job.result.words)
    ]
    ledger.table(table, wanted)
    return end


def by_part(job: Job, head: Node, ledger: Ledger) -> tuple[np.ndarray, bool]:
    """Read a column of a layer or a part: ``Layer conductance for X, layer 3 (logits)``."""
    for label, about, words in layered(job):
        if head.text.startswith(f"{label} ({about})") or head.text == label:
            ledger.quotes(head)
            return words, True
    ledger.holds(False, head, "is no column of the tables")
    return np.zeros(len(job.result.words)), True


def layered(job: Job):
    for method in preferred():
        for array in (*method.parts, *filter(None, (method.by_layer,))):
            for name in job.explained(array) if array.per_target else ():
                stored = job.array(array.of(name))
                if stored.ndim == 1:
                    yield f"{array.label}: {job.shown(name)}", array.unit, by_word(job, stored)
                    continue
                if stored.ndim > 2:
                    stored = stored.sum(axis=(1, 2)) if stored.ndim == 4 else stored.sum(axis=1)
                of = f" for {job.shown(name)}" if len(job.result.targets) > 1 else ""
                for layer, scores in enumerate(stored, start=1):
                    label = f"{array.label}{of}, layer {layer}"
                    yield label, array.unit, by_word(job, scores)


def by_word(job: Job, scores: np.ndarray) -> np.ndarray:
    return np.array([scores[w.first : w.last].sum() for w in job.result.words])


def unit(row: Row) -> tuple[Part, ...]:
    return (f" ({row.unit})",) if row.unit else ()


def outcomes(ledger: Ledger, job: Job, node: Node) -> None:
    """What the spec's checks found of this input."""
    mine = of_input(job)
    items = node.all("> li")
    ledger.holds(len(items) == len(mine), node, f"has not {len(mine)} outcomes")
    left = list(mine)
    for item in items:
        for row in left:
            if row["status"] in item.text and (row["what"] or row["note"]) in item.text:
                left.remove(row)
                ledger.says(item, "…", T(row["status"]), " ", *outcome(row))
                break


def of_input(job: Job) -> list[dict[str, Any]]:
    return [
        row
        for row in job.facts.checks
        if row["models"] == (job.model,) and job.entry.input in row["inputs"]
    ]


def outcome(row: dict[str, Any]) -> tuple[Part, ...]:
    """What was expected and what was found, as parts of a sentence."""
    if not row["relation"]:
        return ("…: ", *found(row))
    return (T(row["what"]), " …", *value(row["expected"], row["unit"]), "…; found ", *found(row))


def found(row: dict[str, Any]) -> tuple[Part, ...]:
    if row["found"] is None:
        return (T(row["note"]),)
    note = ("…; ", T(row["note"])) if row["note"] else ("…",)
    return (*value(row["found"], row["unit"]), *note)


def value(text: str, unit: str) -> tuple[Part, ...]:
    """Return a value of the table of checks; numbers and lists are written as JSON."""
    try:
        known = json.loads(text)
    except (TypeError, ValueError):
        return ("…", T(text or ""), "…")
    if isinstance(known, list):
        parts: list[Part] = []
        for word in known:
            bare = any(char.isalnum() for char in word)
            parts += [", "] * bool(parts) + [T(seen(word) if bare else f"“{seen(word)}”")]
        return tuple(parts) or ("…",)
    if isinstance(known, bool) or not isinstance(known, int | float):
        return ("…", T(text), "…")
    if unit == "of accuracy":
        return (100 * float(known), " percentage points")
    return (P(known),) if unit.startswith("of ") else (float(known),)


def check_unreliable(ledger: Ledger, job: Job, node: Node) -> None:
    """What a page opens with where its scores did not converge."""
    main = next(rows[0].method.name for _, rows in job.rows if rows[0].method.score)
    tolerance = {(r.method, r.target): r.tolerance for r in job.result.convergence}
    failed = [r for r in job.convergence if r["method"] == main and not r["converged"]]
    told = node.all("> p")
    alone = len(failed) if len(failed) <= FEW else 1  # of more, the first stands for all
    for paragraph, row in zip(told, failed[:alone], strict=False):
        allowed = tolerance[main, row["target"]]
        change = row["f_input"] - row["f_baseline"]
        several = len(job.result.targets) > 1
        lead: tuple[Part, ...] = ("✗ ", *job.lead(row["target"]), "…") if several else ("…",)
        if row["gap"] <= allowed:
            ledger.says(paragraph, *lead, "…add up…", row["steps"], " point…")
        elif not by_name()[main].complete:
            ledger.says(paragraph, *lead, "misses ", P(row["gap"]), "…")
        else:
            ledger.says(
                paragraph,
                *lead,
                "come to ",
                change + row["delta"],
                " logits…by ",
                change,
                "…misses…by ",
                P(row["gap"]),
                " after ",
                row["steps"],
                " point…: ",
                P(allowed),
                ".",
            )
    more = len(failed) - alone
    if more > 0:
        ledger.says(told[alone], "…", more, " more output…")
    ledger.says(told[-1], "…", *tried(job, main), "…")
    most = job.result.settings.get(main, {}).get("max_steps")
    steps = job.result.settings.get(main, {}).get("steps")
    for item in node.all("li"):
        ways: list[tuple[Part, ...]] = [("…",)]
        if isinstance(most, int):
            ways.append(("…max_steps…", most, " point…"))
        if isinstance(steps, int):
            ways.append(("…steps…", steps, "…"))
        ledger.reads(item, *ways)
