"""The top of an input's page: what the model says, what moved it, and how far to believe it."""

from __future__ import annotations

import numpy as np

from reportgen.methods import preferred
from reportgen.results.entities import entities, expected_entities, named, unexplained
from reportgen.results.review import LOW_CONFIDENCE
from statements.dom import Node
from statements.facts import FEW, Job, Row, mean, seen, title
from statements.trust import of_input, outcome
from statements.written import Ledger, P, Part, T

WEAK = 0.3
"""Mean correlation under which methods are said to rank words differently."""

NOISE = 0.1
"""Of the largest score: words with less are not named."""


def check_answer(ledger: Ledger, job: Job, card: Node) -> None:
    says, why = card.one("div.says"), card.one("div.why")
    headline(ledger, job, says.one("p.label"))
    for table in says.all("table.bars"):
        bars(ledger, job, table)
    for table in says.all("table.data"):
        SAID[table.one("caption").text.partition(",")[0]](ledger, job, table)
    gaps = [node for node in says.all("p.tag") if node.text.startswith("Gap")]
    for number, node in enumerate(gaps, start=1):
        ledger.says(node, "Gap ", number)
    for text in says.all("p.written"):
        written(ledger, job, text)
    for text in says.all("p.soft"):
        about(ledger, job, text)
    marks(ledger, job, says)
    contributions(ledger, job, why)
    evidence(ledger, job, why.one("ul.evidence"))


def headline(ledger: Ledger, job: Job, node: Node) -> None:
    prediction = job.facts.predictions[job.key]
    verdict = {True: "✓ right", False: "✗ wrong", None: ""}[prediction["correct"]]
    label = prediction["label"]
    if job.prediction.kind == "token-labels":
        found = named(entities(job.result), job.result.fields)
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        label = (", ".join(found[:5]) + more) or "no entity"
    elif job.prediction.kind == "span":
        label = f"“{label}”"
    elif job.result.given:
        label = f"given: {label}"
    ledger.says(node, T(label), " ", T(verdict))


def bars(ledger: Ledger, job: Job, table: Node) -> None:
    prediction = job.prediction
    gap = table.attrs["aria-label"].removeprefix("Gap ")
    if prediction.kind == "span":
        found = [(s.text, s.probability, i == 0) for i, s in enumerate(prediction.spans[:5])]
    elif prediction.kind == "tokens":
        number = int(gap) - 1 if gap.isdigit() else 0
        ledger.holds(number < len(prediction.steps), table, "is a gap that there is not")
        step = prediction.steps[number]
        found = [(s.label, s.probability, s.label == step.label) for s in step.scores]
        ledger.told.add((id(table), "aria-label"))
    else:
        chosen = set(prediction.labels) or {prediction.label}
        scores = sorted(prediction.scores, key=lambda score: -score.logit)[:10]
        logits = prediction.kind == "regression"
        found = [
            (s.label, s.logit if logits else s.probability, logits or s.label in chosen)
            for s in scores
        ]
    rows = [row for row in table.all("tr")]
    ledger.holds(len(rows) == len(found), table, f"has not {len(found)} rows")
    for row, (label, value, chosen) in zip(rows, found, strict=False):
        name = row.one("span.clip")
        ledger.says(row.one("th"), T(label))
        ledger.tells(name, "title", T(label))
        ledger.says(row.one("td.num"), value)
        ledger.holds(("chosen" in row.classes) == chosen, row, "is marked as chosen, or is not")
        for fill in row.all("rect.fill"):
            ledger.holds(abs(float(fill.attrs["width"]) - 100 * value) < 0.006, row, "is too long")


def answer_ends(ledger: Ledger, job: Job, table: Node) -> None:
    tokens = job.result.tokens

    def token(index: int | None) -> tuple[Part, ...]:
        return ("–",) if index is None else (T(seen(tokens[index].text)), " (", index + 1, ")")

    expects = len(table.heads()) > 3
    ledger.table(
        table,
        [
            [T(end.name), token(end.index), end.probability]
            + ([token(end.expected), end.expected_probability or 0.0] if expects else [])
            for end in job.prediction.ends
        ],
    )


def labels(ledger: Ledger, job: Job, table: Node) -> None:
    """The label of every token."""
    right = {True: "yes", False: "no", None: "–"}
    judged = len(table.heads()) > 3
    ledger.table(
        table,
        [
            [T(step.text), T(step.label), step.probability]
            + ([T(step.expected or "–"), right[step.correct]] if judged else [])
            for step in job.prediction.steps
        ],
    )


def entity_table(ledger: Ledger, job: Job, table: Node) -> None:
    explained = {target.position for target in job.result.targets}
    right = {True: "yes", False: "no", None: "–"}
    ledger.table(
        table,
        [
            [
                T(job.result.fields[one.segment][one.start : one.end]),
                T(one.kind),
                one.probability,
                right[any(step.position in explained for step in one.steps)],
                right[one.correct],
            ][: len(table.heads())]
            for one in entities(job.result)
        ],
    )


def written_table(ledger: Ledger, job: Job, table: Node) -> None:
    if job.result.task == "masked-lm":
        labels(ledger, job, table)
        return
    rows: list[list] = []
    for step in job.prediction.steps:
        others = [s for s in step.scores if s.label != step.label and s.probability]
        best = max(others, key=lambda s: s.probability, default=None)
        other = ("",) if best is None else (T(best.label), " ", best.probability)
        rows.append([T(seen(step.text)), step.probability, other])
    ledger.table(table, rows)


SAID = {
    "Where the answer starts and ends": answer_ends,
    "Labels of the tokens": labels,
    "Entities": entity_table,
    "What fills the gaps": written_table,
    "How likely each token was": written_table,
    "What the model wrote": written_table,
}


def best(step) -> tuple[Part, ...]:
    found: list[Part] = ["most likely: "]
    for score in step.scores:
        if score.probability is not None:
            found += [", "] * (len(found) > 1) + [T(score.label), " ", score.probability]
    return tuple(found) if len(found) > 1 else (T(step.label),)


def written(ledger: Ledger, job: Job, node: Node) -> None:
    pieces = [piece for piece in node.all("span") if piece.all("> small") or piece.all("small")]
    pieces = [piece for piece in pieces if not piece.all("span")]
    steps = job.prediction.steps
    ledger.holds(len(pieces) == len(steps), node, f"has not {len(steps)} tokens")
    for piece, step in zip(pieces, steps, strict=False):
        ledger.says(piece, T(seen(step.text)), " ", step.probability)
        ledger.tells(piece, "title", *best(step))


def about(ledger: Ledger, job: Job, node: Node) -> None:
    """How sure the model is of a text as a whole; how many entities are explained."""
    found = entities(job.result)
    left = len(unexplained(job.result))
    p = job.facts.predictions[job.key]
    if job.prediction.kind == "token-labels":
        counts = ("…", len(found) - left, " of ", len(found), " …explained…") if left else ("…",)
        ledger.says(node, *counts)
    elif p["probability"] is None or "together" not in node.text:
        ledger.says(node, "…")
    elif len(job.prediction.steps) < 2:
        ledger.says(node, "…All together: ", p["probability"], "…")
    else:
        ledger.says(node, "…All together: ", p["probability"], " (", p["per_token"], " per token)…")


def marks(ledger: Ledger, job: Job, says: Node) -> None:
    """Entities as spans in the text."""
    nodes, found = says.all("span.entity"), entities(job.result)
    ledger.holds(len(nodes) == len(found), says, f"has not {len(found)} entities")
    for node, one in zip(nodes, found, strict=False):
        text = job.result.fields[one.segment][one.start : one.end]
        low = " low" if one.probability < LOW_CONFIDENCE else ""
        wrong = " ✗ not as expected" if one.correct is False else ""
        ledger.says(node, T(text), " ", T(one.kind), " ", one.probability, low, wrong)
        told: list[Part] = []
        for step in one.steps:
            told += [", "] * bool(told) + [T(step.text.strip()), ": ", T(step.label)]
            told += [" ", step.probability]
        ledger.tells(node, "title", *told)
    for text in says.all("p.entities"):
        ledger.quotes(text)
    missed = expected_entities(job.result.tokens, job.prediction.steps, missed=True)
    for node in says.all("span.verdict.bad"):
        if "Expected" in node.text:
            names = named(missed, job.result.fields)
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            ledger.says(node, "…Expected…: ", T(", ".join(names[:5]) + more))


def leading(job: Job) -> tuple[Row, ...]:
    """The rows of the first method with one score for each token and output."""
    return next((rows for method, rows in job.rows if method.score), ())


def contributions(ledger: Ledger, job: Job, why: Node) -> None:
    """The words that moved an output most, with their scores."""
    rows = leading(job)
    shown = [
        (
            row,
            bool(row.key[1] and (p := job.path(row.method.name, row.name)) and not p["converged"]),
        )
        for row in rows[:FEW]
    ]
    order = [row for row, failed in shown if not failed] + [row for row, failed in shown if failed]
    told = [p for p in why.all("p") if not p.classes]
    ledger.holds(len(told) == len(order), why, f"has not {len(order)} sentences")
    folded = why.all("details.unreliable p")
    for node, row in zip(told, order, strict=False):
        failed = dict(shown)[row]
        ledger.holds((node in folded) == failed, node, "is folded away, or is not")
        contribution(ledger, job, row, node, alone=len(job.result.targets) == 1)
    for node in why.all("> p.soft"):
        ledger.says(node, "…first ", FEW, " of ", len(rows), "…")


def contribution(ledger: Ledger, job: Job, row: Row, node: Node, *, alone: bool) -> None:
    scores = row.words.copy()
    share: tuple[Part, ...] = ()
    own = job.own_word(row.about)
    whole = np.abs(scores).sum()
    if own is not None and whole:
        share = (" Its own share: ", P(float(scores[own] / whole)), ".")
        scores[own] = 0
    words = [seen(word.text) for word in job.result.words]
    order = [int(i) for i in np.argsort(-np.abs(scores), kind="stable") if scores[i] != 0]
    if not row.signed:
        told = ("…is largest on ", *listed(words, scores, order[:3], "no word"), ".")
        ledger.says(node, *(job.lead(row.name) if alone else ()), *told, *share)
        return
    strong = [i for i in order if abs(scores[i]) >= NOISE * abs(scores[order[0]])]
    up, down = ([i for i in strong if side * scores[i] > 0] for side in (1, -1))
    against = ("; down by ", *listed(words, scores, down[:2], "")) if down else ()
    told = (" was pushed up by ", *listed(words, scores, up[:3], "no word"), *against, ".")
    ledger.says(node, *job.lead(row.name), *told, *share)


def listed(words, scores, order, nothing: str) -> list[Part]:
    found: list[Part] = []
    for i in order:
        # Punctuation alone stands in quotation marks.
        quote = "" if any(c.isalnum() or c in "↵␣⇥" for c in words[i]) else "…"
        found += [", "] * bool(found) + [quote, T(words[i]), quote, " ", float(scores[i])]
    return found or [nothing]


def evidence(ledger: Ledger, job: Job, node: Node) -> None:
    """Whether scores add up, and whether methods agree; the rest is said of checks and cuts."""
    items = node.all("> li")
    main = next((rows[0].method.name for _, rows in job.rows if rows[0].method.score), "")
    paths: dict[str, list] = {}
    for row in job.convergence:
        paths.setdefault(row["method"], []).append(row)
    first = main if main in paths else next((m.name for m in preferred() if m.name in paths), "")
    wanted: list[tuple[str, tuple[Part, ...]]] = []
    tolerance = {r.method: r.tolerance for r in job.result.convergence}
    if first:
        rows = paths.pop(first)
        if all(row["converged"] for row in rows):
            gap, most = max(r["gap"] for r in rows), max(r["steps"] for r in rows)
            wanted.append(("✓", ("…add up to…within ", P(gap), " (", most, " point…on the path)")))
        elif first != main:
            wanted.append(("✗", ("…Did not converge: ", *missed(rows, tolerance[first]), "…")))
    others: dict[tuple[Part, ...], list[str]] = {}
    for method, rows in paths.items():
        if not all(row["converged"] for row in rows):
            others.setdefault(missed(rows, tolerance[method]), []).append(title(method))
    for told, names in others.items():
        called = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
        wanted.append(("✗", ("…", T(called), " did not converge: ", *told)))
    found = correlations(job)
    if found:
        told = []
        for name, value in found.items():
            told += [", "] * bool(told) + [T(name), " ", value]
        weak = max(found.values()) < WEAK
        sign, lead = (
            ("!", "…rank the words differently…: ") if weak else ("✓", "…correlation with ")
        )
        wanted.append((sign, (lead, *told)))
    start = next((i for i, li in enumerate(items) if is_evidence(li)), len(items))
    for item, (sign, parts) in zip(items[start:], wanted, strict=False):
        ledger.says(item, T(sign), " ", *parts)
    ledger.holds(len(items) >= start + len(wanted), node, f"has not {len(wanted)} verdicts")
    for item in (*items[:start], *items[start + len(wanted) :]):
        other(ledger, job, item)


def is_evidence(item: Node) -> bool:
    return any(
        word in item.text
        for word in ("add up to", "correlation", "did not converge", "Did not conv")
    ) and not item.text.startswith(("✗ Check", "! Check"))


def missed(rows: list, tolerance: float) -> tuple[Part, ...]:
    failed = [row for row in rows if not row["converged"]]
    over = [row for row in failed if row["gap"] > tolerance]
    if over:
        gap, most = max(r["gap"] for r in over), max(r["steps"] for r in over)
        return ("…miss…by ", P(gap), " after ", most, " point… (allowed: ", P(tolerance), ")")
    gap, most = max(r["gap"] for r in failed), max(r["steps"] for r in failed)
    return ("…jumps…where ", most, " point…add up within ", P(gap))


def correlations(job: Job) -> dict[str, float]:
    """Mean rank correlation of the leading method with each that knows no output."""
    rows = [r for r in job.agreement if r["measure"] == "spearman" and r["head"] is None]
    names = {row[side] for row in rows for side in ("method_a", "method_b")}
    main = next((m.name for m in preferred() if m.score and m.name in names), "")
    found = {}
    for method in preferred():
        if method.name == main or not method.by_layer or method.by_layer.per_target:
            continue
        pair = {main, method.name}
        of = [r["value"] for r in rows if {r["method_a"], r["method_b"]} == pair]
        values = [value for value in of if value is not None]
        if values:
            found[method.short_title] = mean(values)
    return found


def other(ledger: Ledger, job: Job, item: Node) -> None:
    """Checks of the spec, methods that failed, cuts and warnings."""
    for row in of_input(job):
        broken = row["status"] in ("failed", "warning", "error")
        if broken and "Check" in item.text and (row["what"] or row["note"]) in item.text:
            ledger.says(item, "…Check …: ", *outcome(row))
            return
    cut = job.result.truncation
    if cut is not None and "tokens were read" in item.text:
        ledger.says(item, "…", cut.kept, " of ", cut.total, " tokens were read…")
        return
    for step in job.prediction.specials:
        if item.text.startswith(f"! The model labels the special token {step.text}"):
            ledger.says(item, "…", T(step.text), " ", T(step.label), " (", step.probability, ")…")
            return
    for name, failure in job.result.failed.items():
        if f"Not computed here: {title(name)}" in item.text:
            ledger.says(
                item,
                "…",
                T(title(name)),
                ": ",
                T(failure.message.rstrip(".")),
                "…",
                T(failure.hint.rstrip(".")),
                "…",
            )
            return
    if any(warning in item.text for warning in job.result.warnings):
        ledger.quotes(item)
