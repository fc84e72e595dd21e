"""What removing words does: the facts beside the answer, sentences in colour, and the measures."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log

import numpy as np

from reportgen.results.removal import Removal, RemovalOutcome
from statements.dom import Node
from statements.facts import FEW, Job
from statements.faithfulness import called, evidence, measured
from statements.tables import seen
from statements.written import Ledger, Part, T

LONG = 300
"""Characters of a text that is shown with its gaps."""


def check_removals(ledger: Ledger, job: Job, card: Node) -> None:
    games = [g for g in job.result.removals if g.operator == job.result.removals[0].operator]
    whole = [game for game in games if game.target is None]
    for node in card.all("div.removed"):
        facts(ledger, job, whole or games, node)
    ledger.holds(bool(card.all("div.removed")) == bool(told(job, whole or games)), card, "facts")
    for section in card.all("section.context"):
        sentences = [game for game in games if game.granularity == "sentence"]
        context(ledger, job, ([g for g in sentences if g.target is None] or sentences)[0], section)
    for section in card.all("section"):
        if section.attrs.get("id", "").endswith("-removal"):
            evidence(ledger, job, [game for game in games if measured(game)], section)


def written(job: Job, unit: tuple[int, int]) -> tuple[str, int, int]:
    """The text of a unit, and its characters there."""
    tokens = [t for t in job.result.tokens[unit[0] : unit[1]] if t.segment]
    start, end = min(t.start for t in tokens), max(t.end for t in tokens)
    text = job.texts[tokens[0].segment]
    while text[start:end].strip() and text[start].isspace():
        start += 1
    return tokens[0].segment, start, start + len(text[start:end].rstrip() or text[start:end])


def text_of(job: Job, unit: tuple[int, int]) -> str:
    segment, start, end = written(job, unit)
    return job.texts[segment][start:end]


def name(job: Job, game: Removal, i: int) -> list[Part]:
    text = text_of(job, game.units[i])
    if game.granularity == "sentence":
        short = " ".join(text.split())
        cut = short[:32].rpartition(" ")[0] or short[:32]
        return ["…entence ", i + 1, " (“", T(short if len(short) <= 32 else cut), "…”)"]
    alike = [k for k, unit in enumerate(game.units) if text_of(job, unit) == text]
    place = alike.index(i) + 1
    which: list[Part] = [place, "th "] if place > 9 else ["…"]
    return [*(["…he ", *which] if len(alike) > 1 else ["…"]), T(seen(text)), "…"]


def names(job: Job, game: Removal, units: Sequence[int]) -> list[Part]:
    shown = units if len(units) <= 9 else units[:8]
    found: list[Part] = []
    for i in shown:
        found += name(job, game, i)
    return found if shown == units else [*found, " and ", len(units) - 8, " others"]


def answer(job: Job, outcome: RemovalOutcome) -> list[Part]:
    label = seen(outcome.label).strip() if outcome.label else "nothing"
    for step in job.prediction.steps:
        if step.label == outcome.label and step.text.isspace():
            label = seen(step.text)
    sure: list[Part] = [] if outcome.probability is None else [" (", outcome.probability, ")"]
    return ["…", T(label), "…", *sure]


def own_token(job: Job, name: str | None) -> str:
    """The token of a text that the model wrote which an output is."""
    target = next((t for t in job.result.targets if t.name == name), None)
    if target is None or job.result.task not in ("causal-lm", "seq2seq-lm"):
        return ""
    steps = (s for s in job.prediction.steps if s.position == target.position + 1)
    return next((seen(s.text if s.text.isspace() else s.label.strip()) for s in steps), "")


def two(job: Job, game: Removal) -> tuple[str, str] | None:
    """Both outputs of a contrast."""
    target = next((t for t in job.result.targets if t.name == game.target), None)
    if target is None or target.rather_than is None:
        return None
    first, second = target.name.split(" rather than ")
    return first, second if target.position is None else second[: second.rindex(" at ")]


def turned(job: Job, game: Removal, outcome: RemovalOutcome) -> list[Part]:
    """What a prediction turns to, or which of two is ahead."""
    if sides := two(job, game):
        first, second = sides if outcome.label == sides[0] else sides[::-1]
        both: list[Part] = ["…“", T(first), "” is ahead of “", T(second), "”"]
        return [*both, " (", outcome.probability, ")"]
    return in_place(job, game, outcome)


def in_place(job: Job, game: Removal, outcome: RemovalOutcome) -> list[Part]:
    own = own_token(job, outcome.at or game.target)
    return [*answer(job, outcome), *([" in place of “", T(own), "”"] if own else [])]


def stays(job: Job, game: Removal, outcome: RemovalOutcome) -> list[Part]:
    """What a prediction is that stays."""
    if two(job, game):
        return turned(job, game, outcome)
    if outcome.at is not None:
        return ["…the answer, of which ", *answer(job, outcome), " is least sure"]
    return answer(job, outcome)


def about(job: Job, game: Removal) -> list[Part]:
    """What turns."""
    if sides := two(job, game):
        return ["the order of “", T(sides[0]), "” and “", T(sides[1]), "”"]
    if job.prediction.kind == "multi-label":
        return ["the decision on ", T(game.target)]
    return ["the label" if job.prediction.kind == "token-labels" else "the answer"]


def told(job: Job, games: Sequence[Removal]) -> list[tuple[Removal, list[list[Part]]]]:
    """The games about which there are sentences, with these."""
    found = ((game, sentences(job, game)) for game in games)
    return [(game, lines) for game, lines in found if lines]


def sentences(job: Job, game: Removal) -> list[list[Part]]:
    n = len(game.units)
    if not game.probable:
        if not any(game.effects):
            return [["No …"]] if game.effects else []
        i = int(np.argmax(np.abs(game.effects)))
        ends = [game.output, " to ", game.output - game.effects[i], "."]
        return [["Without ", *name(job, game, i), " the number …: from ", *ends]]
    lines: list[list[Part]] = []
    if game.singles:
        ranked = sorted(game.singles, key=lambda outcome: outcome.output)
        shown = ranked if len(ranked) <= 4 else ranked[:3]
        line: list[Part] = []
        for outcome in shown:
            line += ["…ithout ", *name(job, game, outcome.removed[0]), "…"]
            line += turned(job, game, outcome)
        if len(shown) < len(ranked):
            what = about(job, game) if two(job, game) else ["…"]
            line += [", and ", *what, "…any one of ", len(ranked) - 3, " other …"]
        lines.append([*line, "."])
    elif game.flip is not None and game.flip.units != ():
        flip = game.flip
        if flip.units is None or flip.outcome is None:
            start = "Whatever …" if flip.exact else "No …"
            lines.append([start, *about(job, game), "…"])
        else:
            every = ["any of the ", n, " …"] if len(flip.units) == n else None
            none: list[Part] = ["No …", *about(job, game), ". "] if flip.ruled_out >= 1 else []
            line = [*none, "Without ", *(every or names(job, game, flip.units)), "…"]
            lines.append([*line, *turned(job, game, flip.outcome), "…."])
    if game.sufficient is not None and (n > 1 or game.sufficient.units == ()):
        found = game.sufficient
        if found.units is None or found.outcome is None:
            lines.append(["No …", *about(job, game), "…"])
        elif not found.units:
            lines.append(["Even without any …", *stays(job, game, found.outcome), "."])
        elif len(found.units) == n:
            lines.append(["It takes all ", n, " …", *stays(job, game, found.outcome), "…."])
        else:
            line = [*names(job, game, found.units), " alone …", *stays(job, game, found.outcome)]
            lines.append([*line, "…."])
    return lines


def facts(ledger: Ledger, job: Job, games: Sequence[Removal], node: Node) -> None:
    known = told(job, games)
    for heading, (game, _) in zip(node.all("> h4"), known, strict=False):
        ledger.says(heading, *called(job, game))
    lists = node.all("> ul")
    ledger.holds(len(lists) == min(len(known), FEW), node, "has not a list for each output")
    read: list[tuple[str, list[Part]]] = []
    for items, (game, lines) in zip(lists, known, strict=False):
        ledger.holds(len(items.nodes) == len(lines), items, f"has not {len(lines)} sentences")
        for item, parts in zip(items.nodes, lines, strict=False):
            ledger.says(item, *parts)
        read += gaps(job, game)
    for how in node.all("div.soft"):
        if "tried" in how.text:
            asked = known[0][0].evaluations
            ledger.says(how, "Where …. ", asked, " set…tried.…")
        else:
            ledger.says(how, len(known) - FEW, " more output…")
    held = [game for game, _ in known[:FEW] if gaps(job, game)]
    for lead, game in zip(node.all("details > div > strong"), held, strict=False):
        ledger.says(lead, *called(job, game))
    rows = node.all("details li")
    ledger.holds(len(rows) == len(read), node, f"has not {len(read)} texts")
    for row, (text, said) in zip(rows, read, strict=False):
        ledger.says(row, T(text), " → ", *said)


def gaps(job: Job, game: Removal) -> list[tuple[str, list[Part]]]:
    """The texts with gaps that sentences are about."""
    ranked = sorted(game.singles, key=lambda outcome: outcome.output)[:3]
    sets = [s.outcome for s in (game.flip, game.sufficient) if s and s.outcome]
    outcomes = {outcome.removed: outcome for outcome in (*ranked, *sets) if outcome.removed}
    found = []
    keeps = game.sufficient and game.sufficient.outcome
    for removed, outcome in outcomes.items():
        says = stays if outcome == keeps else turned
        texts: dict[str, list[str]] = {}
        at: dict[str, int] = {}
        for i, unit in enumerate(game.units):
            segment, start, end = written(job, unit)
            text = job.texts[segment]
            texts.setdefault(segment, []).append(text[at.get(segment, 0) : start])
            texts[segment].append("▢" if i in removed else text[start:end])
            at[segment] = end
        for segment, parts in texts.items():
            end = max(t.end or 0 for t in job.result.tokens if t.segment == segment)
            cut = " …" if job.texts[segment][end:].strip() else ""
            parts.append(job.texts[segment][at[segment] : end].rstrip() + cut)
        whole = ["".join(parts).strip() for parts in texts.values()]
        if len(" / ".join(whole)) <= LONG:
            found.append((" / ".join(whole), says(job, game, outcome)))
    return found


def context(ledger: Ledger, job: Job, game: Removal, section: Node) -> None:
    """The sentences of a text, each with its place and number."""
    scores = game.shapley or game.effects
    end = max(map(abs, scores))
    heading, *_ = section.all("div.strip-head h4")
    ledger.says(heading, *called(job, game))
    (legend,) = section.all("p.legend")
    ledger.says(legend, "Scale: ", -end, " ", end)
    spans = [span for span in section.all("p.text > span") if "unread" not in span.classes]
    ledger.holds(len(spans) == len(game.units), section, f"has not {len(game.units)} sentences")
    order = sorted(range(len(game.units)), key=lambda i: written(job, game.units[i]))
    order.sort(key=lambda i: list(job.texts).index(written(job, game.units[i])[0]))
    for node, i in zip(spans, order, strict=False):
        ledger.says(node, i + 1, T(text_of(job, game.units[i])), " ", scores[i])
        step = round(9 * abs(scores[i]) / end) if end else 0
        shade = {f"{'p' if scores[i] > 0 else 'n'}{step}"} if step else set()
        ledger.holds(set(node.classes) == shade, node, f"has not the shade {shade}")
    for text in section.all("p.text"):
        ledger.quotes(text)
    for line in section.all("> p"):
        i = int(np.argmax(game.effects))
        after = exp(log(game.output) - game.effects[i])
        ends = [" the probability of the answer …from ", game.output, " to ", after, "."]
        ledger.says(line, "Without ", *name(job, game, i), *ends)
