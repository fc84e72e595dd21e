"""What stands in the cells of a digest's tables: Markdown of one line, texts quoted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import numpy as np

from reportgen.rendering.input.completeness import paths
from reportgen.rendering.input.unreliable import note
from reportgen.rendering.markdown.escape import literal
from reportgen.rendering.predictions.presenters import presenter
from reportgen.rendering.wording.labels import confidence, heading, visible
from reportgen.rendering.wording.numbers import NBSP, number, percent, signed_percent
from reportgen.rendering.wording.outcomes import (
    MARKS,
    NUMBERS,
    VERBS,
    amount,
    exactly,
    written,
)
from reportgen.rendering.wording.sentences import apart
from reportgen.results.baselines import used_baseline
from reportgen.results.checks.evaluation import Outcome
from reportgen.results.checks.findings import PREDICTION, Value
from reportgen.results.entities import own_word
from reportgen.results.model import JobResult
from reportgen.results.scores import SIGNED
from reportgen.results.tables import Results
from reportgen.results.words import COMPARED, Explanation, targets_explained

NONE = "–"

WORD = 40
"""Characters of a word that are shown."""

WORDS = 5
"""Words named in one cell."""


def state(one: Outcome) -> str:
    return f"{MARKS[one.status]}{NBSP}{one.status}"


def headings(results: Results) -> dict[int, str]:
    """Return the texts that name the inputs of a run, by position."""
    return {entry.input: heading(result.fields) for entry, result in results.entries}


def where(texts: Mapping[int, str], one: Outcome) -> str:
    """Name the inputs of an outcome, the first ones with their text, one of ``headings``."""
    named = [f"{i + 1}: {literal(texts.get(i, ''))}" for i in one.inputs[:2]]
    more = len(one.inputs) - len(named)
    return "; ".join([*named, *([f"{more:,} more"] if more else [])]) or "the whole run"


def expected(one: Outcome) -> str:
    """Say what was expected, as ``outcomes.expected`` does, texts quoted."""
    if not one.relation:
        return literal(one.what) if one.what else NONE
    what = one.what if one.what == PREDICTION else literal(one.what)
    wanted = value(one.expected, written(one.expected, one.unit, exactly))
    return f"{what} {VERBS[one.relation]} {wanted}"


def found(one: Outcome) -> str:
    """Say what was found, in the unit of what was expected, or why nothing was."""
    parts = []
    if one.found is not None:
        as_number = amount(one.found, one.unit, NUMBERS.get(one.unit, number))
        parts.append(value(one.found, as_number))
    return "; ".join([*parts, *([literal(one.note)] if one.note else [])]) or NONE


def value(what: Value, as_number: str) -> str:
    """Quote texts; a number is written ``as_number``."""
    if isinstance(what, str):
        return literal(what)
    return some(what) if isinstance(what, tuple) else as_number


def some(words: Iterable[str]) -> str:
    """Name the first few of ``words``."""
    texts = tuple(words)
    more = [f"{len(texts) - WORDS} more"] if len(texts) > WORDS else []
    return ", ".join([*(literal(visible(text), WORD) for text in texts[:WORDS]), *more]) or NONE


def named(result: JobResult) -> str:
    return f"{result.input + 1}: {literal(heading(result.fields))}"


def prediction_cell(result: JobResult) -> str:
    """Write a prediction, how sure it is, and whether it is right."""
    prediction = result.prediction
    if prediction is None:
        return "could not be explained" if result.error else NONE
    given = "given: " if result.given else ""
    p = f" {p}" if (p := confidence(prediction)) else ""
    judged = {True: " ✓ right", False: " ✗ wrong", None: ""}[prediction.correct]
    return f"{given}{literal(presenter(result).text)}{p}{judged}"


def top_contributions(results: Results, result: JobResult) -> str:
    """Name the words with the largest shares, with their sign where the method has one."""
    explained = explanation(results, result)
    if explained is None:
        return NONE
    write = signed_percent if explained.method in SIGNED else percent
    own, shares = apart(explained.shares, own_word(result, explained.target))
    order = np.argsort(-np.abs(shares), kind="stable")[:WORDS]
    words = (
        f"{literal(visible(result.words[i].text), WORD)} {write(float(shares[i]))}"
        for i in order
        if shares[i]
    )
    doubt = note(result, explained.method, explained.target)
    said = f"{literal(output(explained))}: {', '.join(words) or NONE}"
    said += f"; its own share: {own}" if own else ""
    return f"{doubt}: {said}" if doubt else said


def output(explained: Explanation) -> str:
    """Name the output that is explained: the class, or what is said at which place."""
    return presenter(explained.result).place(explained.target) or explained.target


def explanation(results: Results, result: JobResult) -> Explanation | None:
    """Return what explains the first output, by the first method with one score per word."""
    for method in COMPARED if result.status == "done" else ():
        for target in targets_explained(results.store, result, method):
            return Explanation(results.store, result, method, target)
    return None


def baselines(result: JobResult) -> list[str]:
    """Name the baseline of each path, with those that were tried before: ``pad after mask``."""
    names = (used_baseline(result, path.rows[0].method) for path in paths(result.convergence))
    return [name for name in names if name]


def counted(found: Counter[str]) -> str:
    """Write names with how often each is, the most frequent first: ``pad after mask 2``."""
    return ", ".join(f"{literal(name)} {number:,}" for name, number in found.most_common()) or NONE
