"""What the tables of a run say, by model and input: what pages are checked against."""

from __future__ import annotations

import functools
import re
from typing import Any

import numpy as np

from reportgen.methods import Array, Method, preferred
from reportgen.results.model import JobResult, Target
from reportgen.results.tables import Results
from statements.tables import Key, by_job, records, scores, seen
from statements.written import Part, T

FEW = 3
"""Outputs that a page shows one by one."""


class Facts:
    """The tables of one run, each read once."""

    def __init__(self, results: Results, *, fillings: bool = True) -> None:
        """Read a run; without ``fillings`` of templates, which are no sample of its inputs."""
        self.results = results
        self.manifest = results.manifest
        spec = self.manifest.spec.get("inputs", [])
        made = {i for i, entry in enumerate(spec) if "fill" in entry and not fillings}
        self.order = [info.id for info in self.manifest.models]
        keyed = {(e.model, e.input): (e, r) for e, r in results.entries if e.entry not in made}
        self.keys = sorted(keyed, key=lambda key: (self.order.index(key[0]), key[1]))
        self.jobs = {key: Job(self, *keyed[key]) for key in self.keys}
        self.inputs = sorted({number for _, number in self.keys})

    @functools.cached_property
    def predictions(self) -> dict[tuple[str, int], dict[str, Any]]:
        rows = records(self.results.predictions())
        found = {(row["model"], row["input"]): row for row in rows}
        return {key: row for key, row in found.items() if key in self.jobs}

    @functools.cached_property
    def convergence(self) -> dict[tuple[str, int], list[dict[str, Any]]]:
        return by_job(records(self.results.convergence()))

    @functools.cached_property
    def agreement(self) -> dict[tuple[str, int], list[dict[str, Any]]]:
        return by_job(records(self.results.agreement()))

    @functools.cached_property
    def random_logit(self) -> dict[tuple[str, int], list[dict[str, Any]]]:
        return by_job(records(self.results.random_logit()))

    @functools.cached_property
    def plausibility(self) -> dict[tuple[str, int], list[dict[str, Any]]]:
        return by_job(records(self.results.plausibility()))

    @functools.cached_property
    def sanity(self) -> dict[tuple[str, int], list[dict[str, Any]]]:
        return by_job(records(self.results.sanity()))

    @functools.cached_property
    def heads(self) -> dict[tuple[str, int], list[dict[str, Any]]]:
        return by_job(records(self.results.heads()))

    @functools.cached_property
    def checks(self) -> list[dict[str, Any]]:
        return records(self.results.checks())

    @functools.cached_property
    def words(self) -> dict[tuple[str, int], dict[Key, np.ndarray]]:
        return scores(records(self.results.words()))

    @functools.cached_property
    def tokens(self) -> dict[tuple[str, int], dict[Key, np.ndarray]]:
        return scores(records(self.results.tokens()))


class Job:
    """What one model found on one input."""

    def __init__(self, facts: Facts, entry: Any, result: JobResult) -> None:
        self.facts, self.entry, self.result = facts, entry, result
        self.key = (entry.model, entry.input)
        self.model, self.number = entry.model, entry.input + 1
        self.info = next(i for i in facts.manifest.models if i.id == entry.model)

    @property
    def prediction(self) -> Any:
        return self.result.prediction

    @functools.cached_property
    def names(self) -> frozenset[str]:
        done = self.result.status == "done"
        return frozenset(self.facts.results.store.array_names(self.entry.id) if done else ())

    @property
    def sinks(self) -> set[int]:
        """The special tokens, and the first."""
        return {i for i, token in enumerate(self.result.tokens) if token.special or i == 0}

    def array(self, name: str) -> np.ndarray:
        return self.facts.results.matrix(self.model, self.entry.input, name)

    @property
    def words(self) -> dict[Key, np.ndarray]:
        return self.facts.words.get(self.key, {})

    @property
    def tokens(self) -> dict[Key, np.ndarray]:
        return self.facts.tokens.get(self.key, {})

    @property
    def convergence(self) -> list[dict[str, Any]]:
        return self.facts.convergence.get(self.key, [])

    def path(self, method: str, target: str) -> dict[str, Any] | None:
        rows = (r for r in self.convergence if (r["method"], r["target"]) == (method, target))
        return next(rows, None)

    @property
    def agreement(self) -> list[dict[str, Any]]:
        return self.facts.agreement.get(self.key, [])

    @property
    def random_logit(self) -> list[dict[str, Any]]:
        return self.facts.random_logit.get(self.key, [])

    @property
    def sanity(self) -> list[dict[str, Any]]:
        return self.facts.sanity.get(self.key, [])

    @functools.cached_property
    def heads(self) -> dict[str, list[dict[str, Any]]]:
        """Return the rows of heads by output."""
        found: dict[str, list[dict[str, Any]]] = {}
        for row in self.facts.heads.get(self.key, []):
            found.setdefault(row["target"], []).append(row)
        return found

    @property
    def zeroed(self) -> bool:
        """Whether heads were switched off by setting what they put out to 0."""
        return any(one.get("ablate") == "zero" for one in self.result.settings.values())

    @property
    def texts(self) -> dict[str, str]:
        return self.result.texts

    def target(self, name: str) -> Target:
        return next(t for t in self.result.targets if t.name == name)

    def shown(self, name: str) -> str:
        """Name an output as pages do: places count from 1, and what is blank is seen."""
        if self.result.task == "sequence-classification":
            return name
        place = re.search(r" at (\d+)(?= |$)", name)
        if place is None:
            return name
        what = self.blank(name) or name[: place.start()]
        return f"{what} at {int(place[1]) + 1}{name[place.end() :]}"

    def blank(self, name: str) -> str:
        """How an output that is nothing but white space is seen; its name spells the token."""
        placed = (t for t in self.result.targets if t.name == name and t.position is not None)
        for target in placed:
            for step in self.prediction.steps:
                near = step.position - target.position in (0, 1)
                if near and step.index == target.index and step.text.isspace():
                    return seen(step.text)
        return ""

    def explained(self, array: Array) -> list[str]:
        return [t.name for t in self.result.targets if array.of(t.name) in self.names]

    def own_word(self, name: str) -> int | None:
        """Return the word whose label an output is."""
        if self.prediction is None or self.prediction.kind != "token-labels":
            return None
        place = next((t.position for t in self.result.targets if t.name == name), None)
        return None if place is None else self.result.tokens[place].word

    @property
    def special(self) -> np.ndarray:
        return np.array([token.special for token in self.result.tokens], dtype=bool)

    @functools.cached_property
    def rows(self) -> tuple[tuple[Method, tuple[Row, ...]], ...]:
        """Every row of token scores that a page has, by method; means over rows come apart."""
        found: list[tuple[Method, tuple[Row, ...]]] = []
        for method in preferred():
            array = method.score
            names = self.explained(array) if array else []
            if array and names:
                if array.sign != "signed":
                    names = names[:FEW]
                keys: list[Key] = [(method.name, name, None) for name in names]
                if array.sign != "signed" and len({bytes(self.tokens[k]) for k in keys}) == 1:
                    found.append((method, (Row(self, method, keys[0], several=False),)))
                else:
                    several = len(names) > 1
                    found.append((method, tuple(Row(self, method, k, several) for k in keys)))
            elif method.rows and method.rows.name in self.names:
                read = self.read_rows[:FEW]
                if read:
                    rows = tuple(Row(self, method, (method.name, n, "read"), False) for n in read)
                    found.append((method, rows))
                mean = Row(self, method, (method.name, None, "all"), several=False)
                found.append((method, (mean,)))
        return tuple(found)

    @property
    def read_rows(self) -> list[str]:
        """The first output of every token, or tokens, that outputs are read from."""
        found: dict[tuple[int, ...], str] = {}
        for target in self.result.targets:
            if target.read_at is not None and len(target.read_at) < len(self.result.tokens):
                found.setdefault(target.read_at, target.name)
        return list(found.values())

    def lead(self, name: str) -> tuple[Part, ...]:
        """What is said before the scores of an output: which, and where it stands."""
        result, prediction, target = self.result, self.prediction, self.target(name)
        if prediction.kind == "span":
            token = result.tokens[target.index].text
            return ("The answer’s ", T(name), " at “", T(seen(token)), "”")
        ahead = prediction.kind == "tokens" and result.task != "masked-lm"
        if target.position is not None and prediction.steps:
            places = [step.position for step in prediction.steps]
            place = target.position + ahead
            number = places.index(place)
            step = prediction.steps[number]
            if target.rather_than is not None:
                return self.lead_of_two(name, step.position, number + 1)
            own = step.index == target.index
            label = step.label if own else name.partition(" at ")[0]
            label = seen(step.text) if own and step.text.isspace() else label.strip()
            if prediction.kind == "token-labels":
                return ("The label ", T(label), " of “", T(self.word_at(step.position)), "”")
            if ahead:
                return ("Token ", number + 1, " of the output (“", T(label), "”)")
            if len(places) > 1:
                return ("“", T(label), "” in gap ", number + 1)
            return ("“", T(label), "” in the gap")
        return ("The ", "score" if target.rather_than is None else "choice", " of ", T(name))

    def lead_of_two(self, name: str, place: int, number: int) -> tuple[Part, ...]:
        """The same of a contrast: which of two outputs, and where."""
        first, second = name[: name.rindex(f" at {place}")].split(" rather than ")
        if self.prediction.kind == "token-labels":
            both = T(f"{first} rather than {second}")
            return ("The label ", both, " of “", T(self.word_at(place)), "”")
        both = T(f"“{first}” rather than “{second}”")
        if self.result.task != "masked-lm":
            return (both, " as token ", number, " of the output")
        several = len(self.prediction.steps) > 1
        return (both, " in gap ", number) if several else (both, " in the gap")

    def word_at(self, position: int) -> str:
        """The word that begins with a token, or the token's text."""
        word = self.result.tokens[position].word
        if word is not None and self.result.words[word].first == position:
            return self.result.words[word].text.strip()
        return self.result.tokens[position].text.strip()


class Row:
    """One score for each token, and for each word."""

    def __init__(self, job: Job, method: Method, key: Key, several: bool) -> None:
        self.job, self.method, self.key = job, method, key
        self.array = method.score or method.rows
        self.several = several
        how = job.result.settings.get(method.name, {}).get("normalize", "none")
        self.unit = {"sum": "of the change", "l2": ""}.get(how, self.array.unit)
        self.table, self.words = job.tokens[key], job.words[key]
        if self.array.shares:  # means nothing alone: shown as a share of all tokens
            whole = abs(self.table.sum())
            self.table, self.words = self.table / whole, self.words / whole
        self.signed = self.array.sign == "signed"

    @property
    def name(self) -> str:
        return self.key[1] or ""

    @property
    def doubted(self) -> bool:
        """Whether its scores did not converge."""
        path = self.job.path(self.method.name, self.name) if self.method.score else None
        return bool(path and not path["converged"])

    @property
    def about(self) -> str:
        """The output that the row is about; none where it is the same for all of them."""
        if self.method.score:
            return self.name if self.several or self.signed else ""
        return self.name if len(self.job.read_rows) > 1 else ""

    @property
    def label(self) -> tuple[Part, ...]:
        label = (T(self.array.label),)
        if self.method.score:
            return (*label, ": ", T(self.job.shown(self.name))) if self.several else label
        if self.key[2] == "all":
            return (*label, ", mean over rows")
        read_at = self.job.target(self.name).read_at
        if len(read_at) > 1:
            return (*label, ", mean over the rows read")
        tokens = self.job.result.tokens
        token = tokens[read_at[0]]
        text = seen(token.text.strip() or token.text)
        name = text if token.special else f"“{text}”"
        place = (" (", read_at[0] + 1, ")")
        alike = sum(other.text.strip() == token.text.strip() for other in tokens) > 1
        return (*label, ", row of ", T(name), *(place if alike else ()))

    @property
    def title(self) -> tuple[Part, ...]:
        signed = self.method.score is not None and self.signed
        return self.job.lead(self.name) if signed else self.label
