"""The rules of the checks: what each kind expects of results, and what it finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from reportgen.results.model import JobEntry, JobResult
from reportgen.results.ranks import spearman
from reportgen.results.scores import UNSIGNED
from reportgen.results.store import Store
from reportgen.results.words import Explanation, bare, shift, targets_explained
from reportgen.spec import checks as spec
from reportgen.spec.checks import EXPECT, Check

Relation = Literal[
    "is", "is one of", "is as in the base run", "is at least", "is at most", "has", "has not", ""
]
Value = str | float | tuple[str, ...] | None


@dataclass(frozen=True)
class Case:
    """One result that a check looks at; ``base`` is what the base run has of the same input."""

    entry: JobEntry
    result: JobResult
    store: Store
    base: JobResult | None


@dataclass(frozen=True)
class Finding:
    """What a check found; ``met`` is ``None`` where it could not be judged, as ``note`` says."""

    met: bool | None
    what: str = ""
    relation: Relation = ""
    expected: Value = None
    found: Value = None
    unit: str = ""
    note: str = ""
    cases: tuple[Case, ...] = ()


def findings(check: Check, cases: Sequence[Case]) -> Iterator[Finding]:
    """Apply a check to what it looks at: result by result, by group, or by two models."""
    if isinstance(check, spec.Invariance):
        yield from invariance(check, cases)
        return
    if isinstance(check, spec.ModelAgreement):
        yield from model_agreement(check, cases)
        return
    rule = RULES[type(check)]
    for case in cases:
        if case.result.error is not None:
            yield Finding(None, cases=(case,))
        else:
            yield from (replace(found, cases=(case,)) for found in rule(check, case))


def plain(method: str) -> str:
    """Write a method's name in words."""
    return method.replace("_", " ")


def same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def prediction(check: spec.Prediction, case: Case) -> Iterator[Finding]:
    said = case.result.prediction
    if said is None:
        yield Finding(None, note="the model predicted nothing")
        return
    if check.equals == EXPECT:
        if said.correct is None:
            yield Finding(None, note="nothing is expected of this input")
        else:
            yield Finding(said.correct, "prediction", "is", said.expected or "", said.label)
    elif check.equals is not None:
        met = same(said.label, check.equals)
        yield Finding(met, "prediction", "is", check.equals, said.label)
    if check.one_of is not None:
        met = any(same(said.label, label) for label in check.one_of)
        yield Finding(met, "prediction", "is one of", tuple(check.one_of), said.label)
    if check.unchanged:
        before = case.base.prediction if case.base else None
        if before is None:
            yield Finding(None, note="the base run has no prediction of this input")
        else:
            met = same(said.label, before.label)
            yield Finding(met, "prediction", "is as in the base run", before.label, said.label)


def probability(check: spec.Probability, case: Case) -> Iterator[Finding]:
    said = case.result.prediction
    label = (said.expected if said else None) if check.of == EXPECT else check.of
    if said is None or label is None:
        yield Finding(None, note="nothing is expected of this input")
        return
    if check.of == "predicted":
        label, found = said.label, said.probability
    else:
        found = probability_of(case.result, label)
    if found is None:
        yield Finding(None, note=f"the model gives no probability of {label}")
        return
    yield from bounded(check.min, check.max, f"probability of {label}", found, "probability")


def probability_of(result: JobResult, label: str) -> float | None:
    """Return the probability of a class, of an answer, or of a label given to single tokens."""
    said = result.prediction
    if said is None:
        return None
    classes = [(score.label, score.probability) for score in said.scores]
    answers = [(span.text, span.probability) for span in said.spans]
    return next((p for name, p in (*classes, *answers) if same(name, label)), None)


def bounded(
    low: float | None, high: float | None, what: str, found: float, unit: str, note: str = ""
) -> Iterator[Finding]:
    if low is not None:
        yield Finding(found >= low, what, "is at least", low, found, unit, note)
    if high is not None:
        yield Finding(found <= high, what, "is at most", high, found, unit, note)


def convergence(check: spec.Convergence, case: Case) -> Iterator[Finding]:
    rows = case.result.convergence
    if not rows:
        yield Finding(None, note="nothing was integrated along a path")
        return
    worst = max(rows, key=lambda row: row.gap)
    what = f"largest completeness gap ({plain(worst.method)}, {worst.target})"
    yield from bounded(None, check.max, what, worst.gap, "of the output's change")


def explanations(case: Case, method: str) -> list[Explanation]:
    names = targets_explained(case.store, case.result, method)
    return [Explanation(case.store, case.result, method, name) for name in names]


def unexplained(method: str) -> Finding:
    return Finding(None, note=f"{plain(method)} gives no score per word of this input")


def attribution_share(check: spec.AttributionShare, case: Case) -> Iterator[Finding]:
    wanted = {bare(word) for word in check.words}
    names = [bare(word.text) for word in case.result.words]
    found = explanations(case, check.method)
    if not found:
        yield unexplained(check.method)
    elif wanted.isdisjoint(names):
        yield Finding(None, note=f"none of these words is in the text: {', '.join(check.words)}")
    else:
        here = np.array([name in wanted for name in names])
        for one in found:
            share = float(np.abs(one.shares)[here].sum())
            what = f"share of {', '.join(check.words)} ({one.target})"
            yield from bounded(check.min, check.max, what, share, "of the attribution")


def top_words(check: spec.TopWords, case: Case) -> Iterator[Finding]:
    found = explanations(case, check.method)
    names = [bare(word.text) for word in case.result.words]
    if not found:
        yield unexplained(check.method)
    for one in found:
        sizes = np.abs(one.shares)
        order = np.argsort(-sizes, kind="stable")[: check.k]
        top = tuple(case.result.words[i].text for i in order if sizes[i] > 0)
        held = {bare(word) for word in top}
        what = f"top {check.k} words ({one.target})"
        for relation, words in (("has", check.contain), ("has not", check.exclude)):
            if words is None:
                continue
            wanted = {bare(word) for word in words}
            if wanted.isdisjoint(names):
                note = f"none of these words is in the text: {', '.join(words)}"
                yield Finding(None, note=note)
            else:
                met = wanted <= held if relation == "has" else wanted.isdisjoint(held)
                yield Finding(met, what, relation, tuple(words), top)


def rank_correlation(check: spec.RankCorrelation, case: Case) -> Iterator[Finding]:
    first, second = check.between
    values: dict[str, list[float]] = {}
    for row in case.result.agreement:
        compared = row.measure == "spearman" and {row.method_a, row.method_b} == {first, second}
        if compared and row.value is not None:
            values.setdefault(row.target or "", []).append(row.value)
    if not values:
        values = dict(token_correlations(case, first, second))
    if not values:
        note = f"{plain(first)} and {plain(second)} have no scores of the same tokens to compare"
        yield Finding(None, note=note)
    for target, found in values.items():
        what = f"{plain(first)} against {plain(second)}" + (f" ({target})" if target else "")
        mean = sum(found) / len(found)
        yield from bounded(check.min, None, what, mean, "Spearman's rank correlation")


def token_correlations(case: Case, first: str, second: str) -> Iterator[tuple[str, list[float]]]:
    """Compare two methods with one score per token, by size, over the content tokens."""
    if not {first, second} <= {"integrated_gradients", *UNSIGNED}:
        return
    content_tokens = [i for i, token in enumerate(case.result.tokens) if not token.special]
    others = targets_explained(case.store, case.result, second)
    for target in targets_explained(case.store, case.result, first):
        if target in others:
            scores = (
                np.abs(case.store.read_array(case.result.job, f"{method}/{target}"))
                for method in (first, second)
            )
            value = spearman(*(row[content_tokens] for row in scores))
            if value is not None:
                yield target, [value]


def invariance(check: spec.Invariance, cases: Sequence[Case]) -> Iterator[Finding]:
    """Compare the first input of each group with each other one, by model."""
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        if case.entry.group is not None:
            groups.setdefault((case.entry.model, case.entry.group), []).append(case)
    for (_, group), (first, *others) in groups.items():
        if not others:
            note = f"the group {group} has one input only"
            yield Finding(None, note=note, cases=(first,))
        for other in others:
            if first.result.error or other.result.error:
                yield Finding(None, cases=(first, other))
            else:
                for found in alike(check, first, other):
                    yield replace(found, cases=(first, other))


def alike(check: spec.Invariance, first: Case, other: Case) -> Iterator[Finding]:
    said, also = first.result.prediction, other.result.prediction
    if said is None or also is None:
        yield Finding(None, note="the model predicted nothing")
        return
    yield Finding(same(said.label, also.label), "prediction", "is", said.label, also.label)
    if check.max_probability_change is not None:
        there = probability_of(other.result, said.label)
        if same(said.label, also.label):
            there = also.probability
        what = f"change of the probability of {said.label}"
        if said.probability is None or there is None:
            yield Finding(None, note=f"the model gives no probability of {said.label}")
        else:
            change = abs(said.probability - there)
            yield from bounded(None, check.max_probability_change, what, change, "probability")
    if check.max_share_moved is not None:
        before, after = explanations(first, check.method), explanations(other, check.method)
        if not before or not after:
            yield unexplained(check.method)
            return
        named = {one.target: one for one in after}
        pairs = [(one, named[one.target]) for one in before if one.target in named]
        for here, there in pairs or [(before[0], after[0])]:
            found = shift(here, there)
            what = f"attribution that moved ({here.target})"
            limit = check.max_share_moved
            yield from bounded(None, limit, what, found.share_moved, "of the attribution")


def model_agreement(check: spec.ModelAgreement, cases: Sequence[Case]) -> Iterator[Finding]:
    """Count how often two models say the same about the inputs that both read."""
    first, second = check.models
    of: dict[str, dict[int, Case]] = {first: {}, second: {}}
    for case in cases:
        if case.result.prediction is not None:
            of[case.entry.model][case.entry.input] = case
    shared = sorted(of[first].keys() & of[second].keys())
    if not shared:
        yield Finding(None, note=f"{first} and {second} share no input that both explained")
        return
    unequal = [
        number
        for number in shared
        if not same(*(of[model][number].result.prediction.label for model in (first, second)))
    ]
    agreed = 1 - len(unequal) / len(shared)
    unlike = tuple(of[model][number] for number in unequal for model in (first, second))
    what = f"agreement of {first} and {second}"
    for found in bounded(check.min, None, what, agreed, "of the inputs"):
        yield replace(found, cases=unlike)


RULES = {
    spec.Prediction: prediction,
    spec.Probability: probability,
    spec.Convergence: convergence,
    spec.AttributionShare: attribution_share,
    spec.TopWords: top_words,
    spec.RankCorrelation: rank_correlation,
}
"""How each check of single results is judged."""
