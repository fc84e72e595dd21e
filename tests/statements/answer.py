"""The top of an input's page: what the model says, what moved it, and how far to believe it."""

from __future__ import annotations

from reportgen.results.entities import entities, expected_entities, named, unexplained
from reportgen.results.review import LOW_CONFIDENCE
from statements.dom import Node
from statements.facts import Job
from statements.tables import seen
from statements.why import contributions, evidence
from statements.written import Ledger, Part, T


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
    rows = table.all("tr")
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
