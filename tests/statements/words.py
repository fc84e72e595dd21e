"""Which words decide: means over inputs with intervals, and words whose sign changes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from reportgen.methods import scoring
from reportgen.results.dataset.intervals import student
from reportgen.results.words import named
from statements.dom import Node
from statements.facts import Facts, Job
from statements.tables import mean, seen
from statements.written import Ledger, P, Part, Size, T

MANY = 10
TOWARDS, AGAINST = 10, 5
OUTPUTS, TOLD = 4, 2
LISTED = 200
CHANGING, EITHER_SIDE, CHANGES = 10, 0.2, 8
EXAMPLES = 3


@dataclass
class Word:
    """A word's scores towards an output, by the number of the input."""

    text: str
    scores: dict[int, float] = field(default_factory=dict)

    @property
    def values(self) -> np.ndarray:
        return np.array(list(self.scores.values()))

    @property
    def mean(self) -> float:
        return mean(self.values)

    @property
    def ends(self) -> tuple[float, float]:
        values = self.values
        degrees = np.array([len(values) - 1])
        half = student(degrees)[0] * values.std(ddof=1) / np.sqrt(len(values))
        return self.mean - half, self.mean + half

    def clear(self, spread: float) -> float:
        """How far it surely stays from 0, with at least this spread."""
        values = self.values
        deviation = max(spread, values.std(ddof=1))
        return (
            abs(self.mean)
            - student(np.array([len(values) - 1]))[0] * deviation / len(values) ** 0.5
        )

    def largest(self, sign: int, least: float = 0.0) -> list[int]:
        """The inputs where it pushes most to one side."""
        order = sorted(self.scores, key=lambda number: (-sign * self.scores[number], number))
        return [n for n in order if sign * self.scores[n] > 0 and sign * self.scores[n] >= least]


@dataclass
class Output:
    """The words of one output, over its inputs."""

    name: str
    method: str
    inputs: int
    words: dict[str, Word]

    @property
    def least(self) -> int:
        return max(2, self.inputs // 100)

    @cached_property
    def spread(self) -> float:
        """The standard deviation within words, all together."""
        held = [word.values for word in self.words.values() if len(word.scores) > 1]
        squares = sum(((values - values.mean()) ** 2).sum() for values in held)
        return float(np.sqrt(squares / sum(len(values) - 1 for values in held)))

    @property
    def ordered(self) -> list[Word]:
        found = [word for word in self.words.values() if len(word.scores) >= self.least]
        return sorted(found, key=lambda word: -word.clear(self.spread))

    @property
    def typical(self) -> float:
        return mean([abs(v) for word in self.words.values() for v in word.scores.values()])

    def changing(self) -> list[tuple[Word, list[int], list[int]]]:
        found = []
        for word in self.words.values():
            sides = [word.largest(sign, self.typical) for sign in (1, -1)]
            enough = min(map(len, sides)) >= EITHER_SIDE * len(word.scores)
            if len(word.scores) >= CHANGING and enough:
                found.append((word, *sides))

        def weaker(one: tuple) -> float:
            return min(abs(sum(one[0].scores[n] for n in side)) for side in one[1:])

        return sorted(found, key=lambda one: -weaker(one))


def check_words(ledger: Ledger, facts: Facts, section: Node) -> None:
    found = {model: outputs(facts, model) for model in facts.order}
    models = [model for model in facts.order if found[model]]
    nodes = section.all("div.words-of")
    ledger.holds(len(nodes) == len(models), section, f"is not of {models}")
    for node, model in zip(nodes, models, strict=False):
        for heading in node.all("> h3"):
            ledger.quotes(heading, model)
        jobs = [job for job in facts.jobs.values() if job.model == model]
        unconverged = sum(not_converged(job) for job in jobs)
        sentence, prose = node.all("> p")
        said(ledger, sentence, found[model])
        more = (unconverged, ").") if unconverged else ()
        ledger.says(prose, "…", 95, " %…", *more)
        shown = node.all("div.several > div")
        ledger.holds(len(shown) == len(found[model]), node, "has other outputs")
        for one, output in zip(shown, found[model], strict=False):
            check_output(ledger, facts, one, output, LISTED // len(found[model]), model)


def not_converged(job: Job) -> bool:
    return any(not row["converged"] for row in job.convergence)


def outputs(facts: Facts, model: str) -> list[Output]:
    """The scores of every word, over the inputs that it stands in, by output."""
    found: dict[tuple[str, str], Output] = {}
    for job in facts.jobs.values():
        if job.model != model or job.result.status != "done" or not_converged(job):
            continue
        signed = [
            m for m in scoring() if m.score.sign == "signed" and m.name in job.result.computed
        ]
        for (method, target, _), scores in job.words.items():
            if not signed or method != signed[0].name:
                continue
            output = found.setdefault((target, method), Output(target, method, 0, {}))
            output.inputs += 1
            for word, score in by_name(job, scores).items():
                output.words.setdefault(word, Word(word)).scores[job.number] = score
    many = sorted(found.values(), key=lambda one: -one.inputs)
    many = [one for one in many if one.inputs >= MANY][:OUTPUTS]
    return [one for one in many if any(word.mean for word in one.ordered)]


def by_name(job: Job, scores: np.ndarray) -> dict[str, float]:
    found: dict[str, list[float]] = defaultdict(list)
    for word, score in zip(job.result.words, scores, strict=True):
        found[named(word.text)].append(float(score))
    return {word: mean(values) for word, values in found.items()}


def said(ledger: Ledger, node: Node, of: list[Output]) -> None:
    """The clearest word of each output, and how many change their sign."""
    parts: list[Part] = []
    none = []
    for output in of[:TOLD]:
        clear = (w for w in output.ordered if w.mean > 0 and w.clear(output.spread) > 0)
        best = next(clear, None)
        if best is None:
            none.append(output.name)
            continue
        parts += ["; …" if parts else "What pushes most clearly "]
        parts += ["towards ", T(output.name), "…“", T(seen(best.text)), "” (", best.mean, "…"]
        parts += [best.ends[0], " to ", best.ends[1], ", in ", len(best.scores), " input…)"]
    parts += ["."] * bool(parts)
    if none:
        parts += ["…No word clearly pushes towards ", T(" and ".join(none)), "."]
    changing = {word.text for output in of for word, *_ in output.changing()}
    if changing:
        parts += ["…", len(changing), " word…"]
    ledger.says(node, *parts)


def check_output(
    ledger: Ledger, facts: Facts, node: Node, output: Output, most: int, model: str
) -> None:
    ledger.says(node.one("h4"), T(output.name))
    bars = node.one("table.pushers")
    shown = drawn(output)
    largest = max(abs(word.mean) for word in shown)
    end = min(2 * largest, max(abs(v) for word in shown for v in (word.mean, *word.ends)))
    ledger.says(
        node.all("> p.soft")[0],
        *(output.inputs, " input…; words in at least ", output.least),
        *(". Bars end at ", Size(end), "…"),
    )
    ledger.table(
        bars,
        [
            [T(seen(w.text)), "", w.mean, interval(w), len(w.scores), examples(w, sign(w))]
            for w in shown
        ],
    )
    told(ledger, bars, output, model)
    for row, word in zip(bars.rows(), shown, strict=False):
        draw(ledger, row[1], word, end)
        links(ledger, row[-1])
    changes(ledger, node, output)
    ordered = output.ordered
    tables = node.all("details table.data")
    ledger.holds(bool(tables) == (len(ordered) > len(shown)), node, "lists words or does not")
    for table in tables:
        kept = ordered[:most]
        both = (len(kept), " clearest of ", len(ordered), " words")
        summary = node.one("details summary")
        ledger.reads(summary, ("The ", *both), ("All ", len(ordered), " words"))
        labels = expected(facts, model)
        for head in table.heads():
            ledger.reads(head, ("above ", 0), ("…",), *(("expected ", T(one)) for one in labels))
        told(ledger, table, output, model)
        ledger.table(table, [listed(word, labels) for word in kept])
        for row in table.rows():
            links(ledger, row[-1])


def drawn(output: Output) -> list[Word]:
    ordered = output.ordered
    shown = [word for word in ordered if word.mean > 0][:TOWARDS]
    shown += [word for word in ordered if word.mean < 0][:AGAINST]
    return sorted(shown, key=lambda word: (-word.mean, word.text))


def told(ledger: Ledger, table: Node, output: Output, model: str) -> None:
    """What a table is called names the output and the model."""
    for caption in table.all("caption"):
        ledger.says(caption, "…", T(output.name), ", ", T(model))
    ledger.tells(table.parent, "aria-label", "…", T(output.name), ", ", T(model))


def sign(word: Word) -> int:
    return 1 if word.mean > 0 else -1


def interval(word: Word) -> tuple[Part, ...]:
    low, high = word.ends
    return low, " to ", high


def examples(word: Word, side: int) -> tuple[Part, ...]:
    return numbers(word.largest(side))


def numbers(inputs: list[int]) -> tuple[Part, ...]:
    parts: list[Part] = []
    for number in inputs[:EXAMPLES]:
        parts += [" "] * bool(parts) + ["#", number]
    return tuple(parts)


def links(ledger: Ledger, cell: Node) -> None:
    for link in cell.all("a"):
        right = link.attrs["href"].endswith(f"-{link.text.lstrip('#')}")
        ledger.holds(right, link, f"leads to {link.attrs['href']}")


def listed(word: Word, labels: dict[str, set[int]]) -> list:
    above = mean([value > 0 for value in word.scores.values()])
    cells = []
    for numbers_of in labels.values():
        values = [value for number, value in word.scores.items() if number in numbers_of]
        cells.append((mean(values), " (", len(values), ")") if values else "–")
    name, ends = T(seen(word.text)), interval(word)
    largest = examples(word, sign(word))
    return [name, word.mean, ends, len(word.scores), P(above), *cells, largest]


def expected(facts: Facts, model: str) -> dict[str, set[int]]:
    """Which inputs are expected to have each label, where there are two or three of them."""
    found: dict[str, set[int]] = {}
    for (of, number), row in facts.predictions.items():
        wanted = row["label"] if row["correct"] else row["expected"]
        wanted = wanted or facts.jobs[of, number].result.expect
        if of == model and wanted:
            found.setdefault(wanted, set()).add(number + 1)
    return found if 2 <= len(found) <= 3 else {}


def draw(ledger: Ledger, cell: Node, word: Word, end: float) -> None:
    bar = cell.all("rect")[0]
    right = abs(float(bar.attrs["width"]) - 100 * abs(word.mean) / end) < 0.011
    side = "towards" if word.mean > 0 else "against"
    ledger.holds(right and side in bar.classes, bar, f"is no bar of {word.mean} of {end}")
    low, high = (min(200.0, max(0.0, 100 + 100 * value / end)) for value in word.ends)
    start, stop = cell.one("path.range").attrs["d"].lstrip("M").split(",5H")
    right = abs(float(start) - low) < 0.011 and abs(float(stop) - high) < 0.011
    ledger.holds(right, cell, f"has not the interval {word.ends}")


def changes(ledger: Ledger, node: Node, output: Output) -> None:
    found = output.changing()
    items = node.all("ul.changes > li")
    ledger.holds(len(items) == min(CHANGES, len(found)), node, f"has not {len(found)} changes")
    for item, (word, towards, against) in zip(items, found, strict=False):
        means = [mean([word.scores[n] for n in side]) for side in (towards, against)]
        ledger.says(
            item,
            *("“", T(seen(word.text)), "” pushes towards ", T(output.name), " in "),
            *(len(towards), " input… (", means[0], "…) and against it in ", len(against)),
            *(" (", means[1], "…), of ", len(word.scores), ": "),
            *(*numbers(towards), " / ", *numbers(against)),
        )
        links(ledger, item)
    for more in node.all("> p.more"):
        ledger.says(more, "and ", len(found) - CHANGES, " more")
    for prose in node.all("> p.soft")[1:]:
        ledger.says(prose, "…", CHANGING, "…", 20, " %…", Size(output.typical), "…")
