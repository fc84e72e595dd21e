"""The rules of checks about one model on one input: what each expects, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from reportgen.results.baselines import used_baseline
from reportgen.results.checks.findings import (
    NUMBERS,
    PREDICTION,
    CheckFinding,
    CheckSubject,
    Relation,
    Unit,
    absent,
    bounded,
    explanations,
    plain,
    probability_of,
    same,
    unexplained,
)
from reportgen.results.checks.removal_rules import faithfulness, flips_without, stable_without
from reportgen.results.plausibility import marked_words, plausibility
from reportgen.results.predictions import predicted_text
from reportgen.results.ranks import spearman
from reportgen.results.words import COMPARED, named, targets_explained
from reportgen.spec import checks as spec
from reportgen.spec.checks import EXPECT, Check


def prediction(check: spec.PredictionCheck, subject: CheckSubject) -> Iterator[CheckFinding]:
    found = subject.result.prediction
    if found is None:
        yield CheckFinding(None, note="the model predicted nothing")
        return
    if check.equals == EXPECT:
        if found.correct is None:
            yield CheckFinding(None, note="nothing is expected of this input")
        else:
            yield CheckFinding(
                found.correct, PREDICTION, Relation.IS, found.expected or "", found.label
            )
    elif check.equals is not None:
        met = same(found.label, check.equals)
        yield CheckFinding(met, PREDICTION, Relation.IS, check.equals, found.label)
    if check.one_of is not None:
        met = any(same(found.label, label) for label in check.one_of)
        yield CheckFinding(met, PREDICTION, Relation.IS_ONE_OF, tuple(check.one_of), found.label)
    if check.unchanged:
        yield unchanged(subject)


def unchanged(subject: CheckSubject) -> CheckFinding:
    found, before = subject.result.prediction, subject.base
    if found is None or before is None:
        return CheckFinding(None, note="the base run has no prediction of this input")
    now = predicted_text(subject.result)
    if now is None or before.text is None:
        return CheckFinding(None, note=NUMBERS)
    return CheckFinding(
        now == before.text, PREDICTION, Relation.IS_AS_IN_BASE, before.label, found.label
    )


def probability(check: spec.ProbabilityCheck, subject: CheckSubject) -> Iterator[CheckFinding]:
    prediction = subject.result.prediction
    label = (prediction.expected if prediction else None) if check.of == EXPECT else check.of
    if prediction is None or label is None:
        yield CheckFinding(None, note="nothing is expected of this input")
        return
    if check.of == "predicted":
        label, found = prediction.label, prediction.probability
    else:
        found = probability_of(subject.result, label)
    if found is None:
        yield CheckFinding(None, note=f"the model gives no probability of {label}")
        return
    yield from bounded(check.min, check.max, f"probability of {label}", found, Unit.PROBABILITY)


def convergence(check: spec.ConvergenceCheck, subject: CheckSubject) -> Iterator[CheckFinding]:
    rows = subject.result.convergence
    if not rows:
        yield CheckFinding(None, note="nothing was integrated along a path")
        return
    worst = max(rows, key=lambda row: row.gap)
    what = f"largest completeness gap ({plain(worst.method)}, {worst.target})"
    jump = next((row for row in rows if row.unresolved), None)
    note = ""
    if jump:
        note = f"a jump on the path was not resolved ({plain(jump.method)}, {jump.target})"
    elif worst.tolerance < worst.gap <= check.max:
        note = f"not converged: the run's own tolerance is {worst.tolerance:g}"
    if subject.result.tried.get(worst.method):
        told = f"baseline {used_baseline(subject.result, worst.method)}"
        note = f"{note}; {told}" if note else told
    for found in bounded(None, check.max, what, worst.gap, Unit.OF_CHANGE):
        yield replace(found, met=found.met and not jump, note=note)


def attribution_share(
    check: spec.AttributionShareCheck, subject: CheckSubject
) -> Iterator[CheckFinding]:
    wanted = {named(word) for word in check.words}
    names = [named(word.text) for word in subject.result.words]
    found = explanations(subject, check.method)
    if not found:
        yield unexplained(check.method)
    elif wanted.isdisjoint(names):
        yield absent(check.words, subject)
    else:
        here = np.array([name in wanted for name in names])
        for number, one in enumerate(found):
            share = float(np.abs(one.shares)[here].sum())
            what = f"share of {', '.join(check.words)} ({one.target})"
            unit = Unit.OF_ATTRIBUTION
            yield from bounded(check.min, check.max, what, share, unit, part=str(number))


def top_words(check: spec.TopWordsCheck, subject: CheckSubject) -> Iterator[CheckFinding]:
    found = explanations(subject, check.method)
    names = [named(word.text) for word in subject.result.words]
    if not found:
        yield unexplained(check.method)
    for number, one in enumerate(found):
        sizes = np.abs(one.shares)
        order = np.argsort(-sizes, kind="stable")[: check.k]
        top = tuple(subject.result.words[i].text for i in order if sizes[i] > 0)
        held = {named(word) for word in top}
        what = f"top {check.k} words ({one.target})"
        wanted_words: tuple[tuple[Relation, list[str] | None], ...] = (
            (Relation.HAS, check.contain),
            (Relation.HAS_NOT, check.exclude),
        )
        for relation, words in wanted_words:
            if words is None:
                continue
            wanted = {named(word) for word in words}
            if wanted.isdisjoint(names):
                yield absent(words, subject)
            else:
                met = wanted <= held if relation is Relation.HAS else wanted.isdisjoint(held)
                yield CheckFinding(met, what, relation, tuple(words), top, part=str(number))


def rank_correlation(
    check: spec.RankCorrelationCheck, subject: CheckSubject
) -> Iterator[CheckFinding]:
    first, second = check.between
    values: dict[str, list[float]] = {}
    for row in subject.result.agreement:
        compared = row.measure == "spearman" and {row.method_a, row.method_b} == {first, second}
        if compared and row.value is not None:
            values.setdefault(row.target or "", []).append(row.value)
    if not values:
        values = dict(token_correlations(subject, first, second))
    if not values:
        note = f"{plain(first)} and {plain(second)} have no scores of the same tokens to compare"
        yield CheckFinding(None, note=note)
    for number, (target, found) in enumerate(values.items()):
        what = f"{plain(first)} against {plain(second)}" + (f" ({target})" if target else "")
        mean = sum(found) / len(found)
        unit = Unit.SPEARMAN
        yield from bounded(check.min, None, what, mean, unit, part=str(number))


def token_correlations(
    subject: CheckSubject, first: str, second: str
) -> Iterator[tuple[str, list[float]]]:
    """Compare two methods with one score per token, by size, over the content tokens."""
    if not {first, second} <= set(COMPARED):
        return
    content_tokens = [i for i, token in enumerate(subject.result.tokens) if not token.special]
    others = targets_explained(subject.store, subject.result, second)
    for target in targets_explained(subject.store, subject.result, first):
        if target in others:
            scores = (
                np.abs(subject.store.read_array(subject.result.job, f"{method}/{target}"))
                for method in (first, second)
            )
            value = spearman(*(row[content_tokens] for row in scores))
            if value is not None:
                yield target, [value]


def rationale(check: spec.RationaleCheck, subject: CheckSubject) -> Iterator[CheckFinding]:
    marks = subject.entry.rationale
    if not marks:
        yield CheckFinding(None, note="the input has no rationale")
        return
    words = marked_words(subject.result, marks)
    if not words.comparable:
        which = "all words are" if words.count else "no word that was read is"
        yield CheckFinding(None, note=f"{which} marked in its rationale")
        return
    judged = plausibility(subject.store, subject.result, marks)
    found = [one for one in judged if one.method == check.method]
    if not found:
        yield unexplained(check.method)
    for number, one in enumerate(found):
        for measure, limit, value in (
            ("AUPRC", check.min_auprc, one.auprc),
            ("F1", check.min_f1, one.token_f1),
            ("IOU", check.min_iou, one.iou),
        ):
            what = f"{measure} of the rationale ({one.target})"
            part = f"{number} {measure}"
            yield from bounded(limit, None, what, value, Unit.NONE, part=part)


RULES: dict[type[Check], Callable[[Any, CheckSubject], Iterator[CheckFinding]]] = {
    spec.PredictionCheck: prediction,
    spec.ProbabilityCheck: probability,
    spec.ConvergenceCheck: convergence,
    spec.AttributionShareCheck: attribution_share,
    spec.TopWordsCheck: top_words,
    spec.RankCorrelationCheck: rank_correlation,
    spec.RationaleCheck: rationale,
    spec.FaithfulnessCheck: faithfulness,
    spec.FlipsWithoutCheck: flips_without,
    spec.StableWithoutCheck: stable_without,
}
"""How each check of single results is judged."""
