"""How often a model is right, and how sure it is: counted anew, with intervals by other ways."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from functools import cached_property

import numpy as np
from scipy import optimize, stats

from reportgen.results.answers import token_f1
from reportgen.results.dataset.calibration import expected_error, risk_area
from reportgen.results.dataset.resampling import cells_interval
from reportgen.results.entities import count_spans
from statements.dom import Node
from statements.facts import Facts, Job
from statements.written import Ledger, P, Part, T

MANY = 10
MISTAKES, EXAMPLES = 12, 5

Ends = tuple[float, float]


def wilson(part: float, whole: int) -> Ends:
    """Where the score test of a share just does not reject."""
    z = stats.norm.ppf(0.975)
    middle, square = part / whole, z**2 / whole

    def off(share: float) -> float:
        return (middle - share) ** 2 - square * share * (1 - share)

    low = 0.0 if part == 0 else optimize.brentq(off, 0.0, min(middle, 1 - 1e-12))
    high = 1.0 if part == whole else optimize.brentq(off, max(middle, 1e-12), 1.0)
    return low, high


def hall(above: np.ndarray, below: np.ndarray) -> Ends:
    """Where Hall's transformed statistic has Student's quantiles, found by search."""
    above, below = above[below > 0], below[below > 0]
    each, n = above / below, above.size
    if set(each) <= {0, 1} and (len(set(each)) == 1 or set(below) == {1}):
        return wilson(each.sum(), n)
    value = above.sum() / below.sum()
    off = (above - value * below) / below.mean()
    error = math.sqrt((off**2).sum() / (n - 1) / n)
    skew = stats.skew(off) if error > 1e-12 else 0.0

    def transformed(t: float) -> float:
        shift = skew / math.sqrt(n)
        return t + shift / 3 * t**2 + shift**2 / 27 * t**3 + shift / 6

    far = stats.t.ppf(0.975, n - 1)
    ends = [
        value - error * optimize.brentq(lambda t, q=q: transformed(t) - q, -1e6, 1e6)
        for q in (far, -far)
    ]
    return max(ends[0], each.min()), min(ends[1], each.max())


def within(value: float, ends: Ends, unit: float = 1) -> tuple[Part, ...]:
    first: Part = P(value) if unit == 100 else value
    return (first, " (", unit * ends[0], " to ", unit * ends[1], ")")


class Judged:
    """The inputs of one model, and what is expected of them."""

    def __init__(self, facts: Facts, model: str) -> None:
        jobs = [job for job in facts.jobs.values() if job.model == model]
        self.model = model
        self.jobs = [job for job in jobs if job.prediction and job.result.status == "done"]
        self.places = {job.number: job for job in self.jobs}

    @cached_property
    def kind(self) -> str:
        return self.jobs[0].prediction.kind if self.jobs else ""

    @cached_property
    def judged(self) -> list[Job]:
        return [job for job in self.jobs if job.prediction.correct is not None]

    @cached_property
    def right(self) -> np.ndarray:
        return np.array([job.prediction.correct for job in self.judged], dtype=float)

    @cached_property
    def pairs(self) -> Counter[tuple[str, str]]:
        return Counter(map(labels, self.judged))

    @cached_property
    def sure(self) -> np.ndarray:
        held = [job.prediction.confidence for job in self.jobs]
        return np.array([one for one in held if one is not None])

    @cached_property
    def calibrated(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Confidence and being right of the judged inputs, the surest first."""
        held = [job for job in self.judged if job.prediction.confidence is not None]
        if self.kind not in ("single-label", "span") or len(held) < MANY:
            return None
        sure = np.array([job.prediction.confidence for job in held])
        right = np.array([job.prediction.correct for job in held], dtype=float)
        order = np.argsort(-sure, kind="stable")
        return sure[order], right[order]

    @cached_property
    def entities(self) -> dict[str, np.ndarray]:
        """Predicted, expected and right entities of each text, by kind."""
        if len(self.judged) < MANY:
            return {}
        counted = [count_spans((job.result,)) for job in self.jobs]
        kinds = sorted({kind for one in counted for kind in one})
        empty = (0, 0, 0)
        return {
            kind: np.array(
                [
                    (one[kind].predicted, one[kind].expected, one[kind].right)
                    if kind in one
                    else empty
                    for one in counted
                ]
            )
            for kind in kinds
        }

    @cached_property
    def words(self) -> np.ndarray:
        """F1 of the words of answers."""
        if self.kind != "span":
            return np.array([])
        pairs = [(job.prediction.label, job.prediction.expected) for job in self.judged]
        return np.array([token_f1(*pair) for pair in pairs])

    @cached_property
    def losses(self) -> tuple[np.ndarray, np.ndarray]:
        """The negative log-probability of the known tokens of each input, and their number."""
        known = []
        for job in self.jobs:
            steps = job.prediction.steps
            if job.result.given:
                known.append([step.probability for step in steps])
            else:
                expected = (step.expected_probability for step in steps)
                known.append([one for one in expected if one is not None])
        held = [one for one in known if one]
        return np.array([-np.log(one).sum() for one in held]), np.array([len(o) for o in held])

    @property
    def shown(self) -> bool:
        return bool(
            len(self.judged) >= MANY
            or self.entities
            or len(self.words) >= MANY
            or len(self.losses[1]) >= MANY
            or len(self.sure) >= MANY
        )


def labels(job: Job) -> tuple[str, str]:
    said = job.prediction
    return (said.label if said.correct else said.expected), said.label


def check_performance(ledger: Ledger, facts: Facts, section: Node) -> None:
    models = [one for one in (Judged(facts, model) for model in facts.order) if one.shown]
    told = [(one, sentence(one)) for one in models]
    told = [(one, parts) for one, parts in told if parts]
    prose = section.all("> p.said")
    ledger.holds(len(prose) == len(told), section, "says nothing of a model")
    for node, (one, parts) in zip(prose, told, strict=False):
        name = (T(f"{one.model}:"), " ") if len(models) > 1 else ()
        ledger.answered |= {id(strong) for strong in node.all("strong")}
        ledger.says(node, *name, *parts)
    for node in section.all("> p.soft"):
        start = ("In brackets: …", 95, " of ", 100, " data sets…")
        ledger.reads(node, start, (*start, 0, " is the best of both…"))
    kinds = dict.fromkeys(one.kind for one in models)
    groups = [[one for one in models if one.kind == kind] for kind in kinds]
    tables = section.all("> div.scroll table.data")
    ledger.holds(len(tables) == len(groups), section, "has other tables")
    for table, group in zip(tables, groups, strict=False):
        numbers(ledger, table, group)
    parts = iter(section.all("div.performance"))
    for one in models:
        if one.kind == "single-label" or one.entities or len(one.sure) >= MANY:
            model_part(ledger, one, next(parts))


def quote_table(ledger: Ledger, table: Node) -> None:
    for node in (*table.all("caption"), *table.heads()):
        ledger.quotes(node)
    if table.parent is not None:
        ledger.told.add((id(table.parent), "aria-label"))


def sentence(one: Judged) -> list[Part]:
    parts: list[Part] = []
    n, right = len(one.judged), int(one.right.sum())
    if n >= MANY:
        low, high = wilson(right, n)
        parts += ["Right on ", right, " of ", n, " input… (", P(right / n), ", ", 95]
        parts += [" % interval ", 100 * low, " to ", 100 * high, " %)."]
    if one.entities:
        parts += [" F", 1, " of its entities: ", *entity_f1(sum(one.entities.values())), "."]
    if len(one.words) >= MANY:
        ends = hall(one.words, np.ones(one.words.size))
        parts += [" F", 1, " of the words of its answers: ", *within(one.words.mean(), ends), "."]
    tokens = one.losses[1]
    if len(tokens) >= MANY:
        parts += [" Perplexity ", *perplexity(one), " per token, over ", int(tokens.sum())]
        parts += [" token… of ", len(tokens), " input…."]
    if one.calibrated is None:
        return parts
    sure, correct = one.calibrated
    off = sure - correct
    low, high = hall(off, np.ones(off.size))
    if low > 0 or high < 0:
        near, far = sorted((abs(low), abs(high)))
        parts += [" It is surer" if low > 0 else " It is less sure", "…confidence is "]
        parts += [P(sure.mean()), " on average, ", 100 * abs(off.mean()), " ("]
        parts += [100 * near, " to ", 100 * far, ") points "]
        return [*parts, "more…" if low > 0 else "less…"]
    error, by_chance = expected_error(sure, correct)
    if error.value > by_chance:
        return [*parts, " Whether…: it is ", P(sure.mean()), " sure…error, ", error.value, ",…"]
    return [*parts, " Whether…: it is ", P(sure.mean()), " sure…"]


def entity_f1(counts: np.ndarray) -> tuple[Part, ...]:
    predicted, expected, right = counts.T
    return part_of(2 * right, predicted + expected)


def part_of(above: np.ndarray, below: np.ndarray) -> tuple[Part, ...]:
    if not below.sum():
        return (T("–"),)
    value = above.sum() / below.sum()
    return within(value, hall(above, below)) if (below > 0).sum() > 1 else (value,)


def perplexity(one: Judged) -> tuple[Part, ...]:
    losses, tokens = one.losses
    low, high = hall(losses, tokens)
    return within(math.exp(losses.sum() / tokens.sum()), (math.exp(low), math.exp(high)))


def share(right: float, n: int) -> tuple[Part, ...]:
    return within(right / n, wilson(right, n), 100)


def numbers(ledger: Ledger, table: Node, models: list[Judged]) -> None:
    quote_table(ledger, table)
    names = [head.text for head in table.heads()[1:]]
    ledger.holds(names == [one.model for one in models], table, "has other models")
    told = [model_numbers(one) for one in models]
    wanted = dict.fromkeys(name for cells in told for name in cells)
    rows = table.rows()
    ledger.holds([row[0].text for row in rows] == list(wanted), table, "has other numbers")
    for head, *cells in rows:
        ledger.quotes(head)
        for cell, of in zip(cells, told, strict=True):
            ledger.says(cell, *of.get(head.text, (T("–"),)))


def model_numbers(one: Judged) -> dict[str, tuple[Part, ...]]:
    found: dict[str, tuple[Part, ...]] = {}
    n = len(one.judged)
    if n >= MANY:
        name = {"span": "exact match", "token-labels": "texts without a mistake"}
        found[name.get(one.kind, "accuracy")] = share(one.right.sum(), n)
    if n >= MANY and one.kind == "single-label":
        found["macro F1"] = macro(one)
    if len(one.words) >= MANY:
        ends = hall(one.words, np.ones(one.words.size))
        found["F1 of words"] = within(one.words.mean(), ends)
    if one.entities:
        predicted, expected, right = sum(one.entities.values()).T
        found["precision of entities"] = part_of(right, predicted)
        found["recall of entities"] = part_of(right, expected)
        found["F1 of entities"] = entity_f1(sum(one.entities.values()))
    if len(one.losses[1]) >= MANY:
        found["perplexity per token"] = perplexity(one)
    if len(one.sure) >= MANY:
        found["mean confidence"] = within(
            one.sure.mean(), hall(one.sure, np.ones(one.sure.size)), 100
        )
    if one.calibrated is None:
        return found
    sure, right = one.calibrated
    off, ones = sure - right, np.ones(sure.size)
    low, high = hall(off, ones)
    found["confidence less accuracy"] = (
        *(100 * off.mean(), " points (", 100 * low, " to ", 100 * high, ")"),
    )
    error, by_chance = expected_error(sure, right)
    gaps = sum(abs(off[here].sum()) for here in (bins(sure) == i for i in range(10)))
    found["expected calibration error"] = within(gaps / sure.size, (error.low, error.high))
    found["of a calibrated model, at most"] = (by_chance,)
    found["Brier score"] = within((off**2).mean(), hall(off**2, ones))
    for asked in (0.5, 0.8, 0.9):
        here = sure >= sure[math.ceil(asked * sure.size) - 1]
        name = f"accuracy of the surest {100 * asked:.0f} %"
        found[name] = share(right[here].sum(), int(here.sum()))
    area = risk_area(sure, right)
    mean = np.mean([risk(sure, right, k) for k in range(1, sure.size + 1)])
    found["area under risk over coverage"] = within(mean, (area.low, area.high))
    return found


def bins(sure: np.ndarray) -> np.ndarray:
    return np.clip(np.ceil(np.round(10 * sure, 9)) - 1, 0, 9)


def risk(sure: np.ndarray, right: np.ndarray, amount: int) -> float:
    """The share of wrong ones among the surest; of those as sure as the last as many as fit."""
    last = sure[amount - 1]
    before, alike = sure > last, sure == last
    room = amount - before.sum()
    wrong = (1 - right[before]).sum() + room * (1 - right[alike]).mean()
    return float(wrong / amount)


def macro(one: Judged) -> tuple[Part, ...]:
    names = sorted({label for pair in one.pairs for label in pair})
    counts = np.array([[one.pairs[row, column] for column in names] for row in names])

    def mean_f1(drawn: np.ndarray) -> np.ndarray:
        found = []
        for cells in drawn.reshape(-1, len(names), len(names)):
            both = cells.sum(axis=0) + cells.sum(axis=1)
            found.append(np.mean([2 * cells[i, i] / b if b else 0.0 for i, b in enumerate(both)]))
        return np.array(found)

    return within(float(mean_f1(counts)[0]), cells_interval(counts.ravel(), mean_f1))


def model_part(ledger: Ledger, one: Judged, part: Node) -> None:
    for heading in part.all("> h3"):
        ledger.quotes(heading, one.model)
    for table in part.all("> div.scroll table.data"):
        quote_table(ledger, table)
        entities = "Entities" in table.one("caption").text
        ledger.table(table, entity_rows(one) if entities else label_rows(one))
    for table in part.all("> div.scroll table.heat"):
        quote_table(ledger, table)
        confusion(ledger, one, table, part)
    for figure in part.all("figure.chart"):
        ledger.pass_over(figure.one("div.plot"))  # its data are checked below
        quote_table(ledger, figure.one("table.data"))
        for prose in figure.all("figcaption p"):
            ledger.reads(prose, ("…",), ("…(", 95, " %)…"))
        chart(ledger, one, figure)


def label_rows(one: Judged) -> list[list[tuple[Part, ...] | Part]]:
    rows: list[list[tuple[Part, ...] | Part]] = []
    for label in sorted({label for pair in one.pairs for label in pair}):
        expected = sum(n for (wanted, _), n in one.pairs.items() if wanted == label)
        predicted = sum(n for (_, said), n in one.pairs.items() if said == label)
        right = one.pairs[label, label]
        either = wilson(right, expected + predicted - right)
        f1 = within(2 * right / (expected + predicted), tuple(2 * j / (1 + j) for j in either))
        parts = (
            within(right / n, wilson(right, n)) if n else (T("–"),) for n in (predicted, expected)
        )
        rows.append([T(label), *parts, f1, expected, predicted, right])
    return rows


def entity_rows(one: Judged) -> list[list[tuple[Part, ...] | Part]]:
    kinds = dict(one.entities)
    if len(kinds) > 1:
        kinds["all (micro average)"] = sum(one.entities.values())
    rows: list[list[tuple[Part, ...] | Part]] = []
    for kind, counts in kinds.items():
        predicted, expected, right = counts.T
        scores = part_of(right, predicted), part_of(right, expected), entity_f1(counts)
        amounts = (int(n.sum()) for n in (expected, predicted, right))
        rows.append([T(kind), *scores, *amounts])
    return rows


def confusion(ledger: Ledger, one: Judged, table: Node, part: Node) -> None:
    judged = part.all("> p.soft")[0]
    ledger.says(judged, one.pairs.total(), " judged input…")
    columns = [head.text for head in table.heads()[1:]]
    told = {row[0].text: row[1:] for row in table.rows()}
    whole = sum(one.pairs[row, column] for row in told for column in columns)
    ledger.holds(whole == one.pairs.total(), table, "leaves out labels")
    for label, cells in told.items():
        for cell, column in zip(cells, columns, strict=True):
            amount = one.pairs[label, column]
            ledger.says(cell, amount)
            step = int(next(iter(cell.classes), "m0")[1:])
            wanted = 9 * amount / max(one.pairs.values())
            ledger.holds(abs(step - wanted) <= 0.5001, cell, "has another shade")
            first = [number for number, _ in behind(one, label, column)[:1]]
            links = [int(link.attrs["href"].rpartition("-")[2]) for link in cell.all("a")]
            ledger.holds(links == first, cell, f"does not lead to {first}")
    wrong = sorted(
        ((n, pair) for pair, n in one.pairs.items() if pair[0] != pair[1]), key=lambda x: -x[0]
    )
    items = part.all("details.mistakes li")
    ledger.holds(len(items) == min(MISTAKES, len(wrong)), part, "has other mistakes")
    for item, (n, _) in zip(items, wrong, strict=False):
        expected, predicted = (bdi.text for bdi in item.all("bdi"))
        inputs = behind(one, expected, predicted)
        ledger.holds(len(inputs) == n, item, f"is about {len(inputs)} inputs, expected {n}")
        named: list[Part] = []
        for number, _ in inputs[:EXAMPLES]:
            named += [", "] * bool(named) + ["#", number]
        more = (" and ", n - EXAMPLES, " more") if n > EXAMPLES else ()
        ledger.says(item, T(expected), " taken for ", T(predicted), ": ", *named, *more)
        links = [int(link.attrs["href"].rpartition("-")[2]) for link in item.all("a")]
        ledger.holds(links == [number for number, _ in inputs[:EXAMPLES]], item, "leads elsewhere")
    for node in part.all("details.mistakes > p.more"):
        ledger.says(node, "and ", len(wrong) - MISTAKES, " more…")


def behind(one: Judged, expected: str, predicted: str) -> list[tuple[int, float]]:
    """The inputs of one pair of labels, the surest first, of equal ones in their order."""
    held = [
        (job.number, job.prediction.confidence)
        for job in one.judged
        if labels(job) == (expected, predicted)
    ]
    return sorted(held, key=lambda pair: -pair[1])


def chart(ledger: Ledger, one: Judged, figure: Node) -> None:
    title, table = figure.one("h4").text, figure.one("table.data")
    told = [script.json["datasets"] for script in figure.all("> script")]
    checks: dict[str, Callable[[], list]] = {
        "Is it as sure as it is right?": lambda: reliability(one),
        "How sure is it?": lambda: histogram(one),
        "How wrong is it where it is surest?": lambda: risks(one),
    }
    rows, data = checks[title]()
    ledger.table(table, rows)
    for sets in told:
        held = (found for name, found in sets.items() if name != "equal")
        drawn = [row for found in held for row in found]
        same = len(drawn) == len(data) and all(map(near, drawn, data))
        ledger.holds(same, figure, "draws something else")


def near(one: dict, other: dict) -> bool:
    pairs = [(one.get(name), value) for name, value in other.items()]
    return one.keys() == other.keys() and all(
        a == b if isinstance(b, str) else abs(a - b) < 6e-5 for a, b in pairs
    )


def between(i: int) -> tuple[Part, ...]:
    return (i / 10, " to ", (i + 1) / 10)


def reliability(one: Judged) -> list:
    sure, right = one.calibrated
    rows, data = [], []
    for i in range(10):
        here = bins(sure) == i
        if n := int(here.sum()):
            ends = wilson(right[here].sum(), n)
            mean, accuracy = sure[here].mean(), right[here].mean()
            rows.append([between(i), n, P(mean), share(right[here].sum(), n)])
            point = {"confidence": mean, "accuracy": accuracy, "low": ends[0], "high": ends[1]}
            data.append(point | {"inputs": n})
    return [rows, data]


def histogram(one: Judged) -> list:
    counts = np.zeros((10, 3), dtype=int)
    held = [job for job in one.jobs if job.prediction.confidence is not None]
    places = bins(np.array([job.prediction.confidence for job in held]))
    for job, place in zip(held, places, strict=True):
        counts[int(place), {True: 0, False: 1, None: 2}[job.prediction.correct]] += 1
    shown = [i for i in range(3) if counts[:, i].any()]
    rows = [
        [between(i), *(int(row[j]) for j in shown)] for i, row in enumerate(counts) if row.any()
    ]
    names = ("right", "wrong", "not judged")
    data = [
        {"low": i / 10, "high": (i + 1) / 10, "outcome": names[j], "inputs": int(row[j])}
        for i, row in enumerate(counts)
        for j in range(3)
        if row[j]
    ]
    return [rows, data]


def risks(one: Judged) -> list:
    sure, right = one.calibrated
    n = sure.size
    amounts = sorted({-(-k * n // 100) for k in range(1, 101)})
    tenths = {-(-k * n // 10) for k in range(1, 11)}
    data = [{"coverage": k / n, "risk": risk(sure, right, k)} for k in amounts]
    rows = [
        [P(point["coverage"]), k, P(point["risk"])]
        for k, point in zip(amounts, data, strict=True)
        if k in tenths
    ]
    return [rows, data]
