"""Sanity tests of explanations, judged: one verdict with its number for each test and method."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from reportgen.methods import FirstInputs, all_methods
from reportgen.methods.parameter_randomization import METHOD as RANDOMIZATION
from reportgen.methods.random_logit import METHOD as RANDOM_LOGIT
from reportgen.results.model import JobResult

Verdict = Literal["passed", "warning", "failed", "cannot tell", "not applicable"]

COMPLETENESS, SENSITIVITY = "completeness", "sensitivity"
PADDING, DTYPE = "padding", "dtype"

UNRELATED, ALIKE, SAME = 0.3, 0.7, 0.95
"""Rank correlations: below the first, scores share less than a tenth of their variance (of ranks);
above the second, half of it; above the last, they say the same."""

STABLE, UNSTABLE = 1e-4, 1e-2
"""Relative changes by padding: float32 rounds at 1e-7, which a deep model multiplies."""

KEPT, LOST = 0.9, 0.7
"""Rank correlations of scores in bfloat16 with those in float32."""

STEADY, SHAKEN = 0.3, 1.0
"""Changes of scores, relative to them: from the last a change is as large as the scores. Of scores
that stay as large the cosine with those before is above .95 below the first, and there .5."""

CERTAIN = 1.96
"""Standard deviations that chance stays within nineteen times of twenty."""


@dataclass(frozen=True)
class Sanity:
    """What one test found of a method, for one output or several together.

    ``method`` is ``None`` for tests of the model's numbers, ``target`` where there is nothing to
    test. ``value`` is the completeness gap, a rank correlation, or a relative change. ``tokens``
    are those whose order was compared with that of random weights, and ``chance`` what unrelated
    scores stay within nineteen times of twenty.
    """

    test: str
    method: str | None
    target: str | None
    value: float | None
    verdict: Verdict
    tokens: int | None = None
    chance: float | None = None


def sanity(result: JobResult) -> tuple[Sanity, ...]:
    """Judge every test of every method and output of a result, in the order of methods."""
    found = [*completeness(result), *random_logit(result), *randomized(result)]
    found += sensitivity(result)
    asked = [COMPLETENESS]
    asked += [test.name for test in (RANDOM_LOGIT, RANDOMIZATION) if test.name in result.settings]
    asked += [SENSITIVITY] if result.sensitivity else []
    tests = list(dict.fromkeys((*asked, *(one.test for one in found))))
    there = {(one.test, one.method) for one in found}
    named = [m for m in all_methods() if m.name in result.settings]
    measured = [m.name for m in named if m.arrays and m.vector is None]  # it has no scores
    found += (
        Sanity(test, name, None, None, "not applicable")
        for name in measured
        for test in asked
        if (test, name) not in there
    )
    order = [*measured, *(one.method for one in found)]
    found.sort(key=lambda one: (order.index(one.method), tests.index(one.test)))
    return (*found, *numbers(result))


def completeness(result: JobResult) -> Iterable[Sanity]:
    for row in result.convergence:
        verdict: Verdict = "passed" if row.converged else "failed"
        if row.unresolved:
            verdict = "warning"
        yield Sanity(COMPLETENESS, row.method, row.target, row.gap, verdict)


def random_logit(result: JobResult) -> Iterable[Sanity]:
    """Judge the mean over layers: a method must say something else for another output."""
    values: dict[tuple[str, str], list[float]] = {}
    for row in result.random_logit:
        if row.value is not None:
            values.setdefault((row.method, row.target), []).append(row.value)
    for (method, target), found in values.items():
        value = mean(found)
        yield Sanity(RANDOM_LOGIT.name, method, target, value, other_output(value))


def other_output(value: float) -> Verdict:
    return "failed" if value > SAME else "warning" if value > ALIKE else "passed"


def randomized(result: JobResult) -> Iterable[Sanity]:
    """Judge the last stage, where all weights are random."""
    last = max((row.stage for row in result.randomized), default=0)
    for row in result.randomized:
        if row.stage == last:
            chance = chance_level([row.tokens])
            verdict = random_weights(row.value, chance)
            where = RANDOMIZATION.name, row.method, row.target
            yield Sanity(*where, row.value, verdict, row.tokens, chance)


def random_weights(value: float | None, chance: float | None) -> Verdict:
    """Judge a correlation with the scores of random weights; ``chance`` is that of unrelated ones.

    Where chance alone reaches what fails, which it does below nine tokens, nothing can be told.
    What chance gives passes.
    """
    if value is None or chance is None or chance >= ALIKE:
        return "cannot tell"
    if abs(value) > ALIKE:
        return "failed"
    return "passed" if abs(value) <= max(UNRELATED, chance) else "warning"


def chance_level(tokens: Sequence[int]) -> float | None:
    """Return what the mean correlation of unrelated scores stays within, nineteen times of twenty.

    ``tokens`` compared in each input: the deviation of Spearman's correlation is 1/sqrt(n - 1).
    """
    if min(tokens, default=0) < 3:
        return None
    return CERTAIN * math.sqrt(math.fsum(1 / (n - 1) for n in tokens)) / len(tokens)


def sensitivity(result: JobResult) -> Iterable[Sanity]:
    for row in result.sensitivity:
        yield Sanity(SENSITIVITY, row.method, row.target, row.value, shaken(row.value))


def shaken(value: float | None) -> Verdict:
    """Judge by how much noise on the word embeddings changes scores, relative to them."""
    if value is None:
        return "cannot tell"
    return "passed" if value < STEADY else "warning" if value < SHAKEN else "failed"


def numbers(result: JobResult) -> Iterable[Sanity]:
    """Judge what padding and shorter numbers change."""
    for row in result.changes:
        if row.test == PADDING:
            value: float | None = max(row.logit, row.scores)
        else:
            value = row.correlation
        yield Sanity(row.test, None, row.target, value, changed(row.test, value))


def changed(test: str, value: float | None) -> Verdict:
    if value is None:
        return "cannot tell"
    if test == PADDING:
        return "passed" if value < STABLE else "warning" if value < UNSTABLE else "failed"
    return "passed" if value >= KEPT else "warning" if value >= LOST else "failed"


def together(inputs: Sequence[Sequence[Sanity]]) -> Sanity | None:
    """Judge one test of one method over the outputs of several inputs; ``None`` without any.

    Of correlations it is the mean over inputs of the means over outputs, which chance moves the
    less the more inputs there are; of gaps and changes the worst.
    """
    applied = [[one for one in found if one.verdict != "not applicable"] for found in inputs]
    applied = [found for found in applied if found]
    if not applied:
        return next((one for found in inputs for one in found), None)
    first = applied[0][0]
    every = [one for found in applied for one in found]
    valued = [[o for o in found if o.value is not None] for found in applied]
    valued = [found for found in valued if found]
    if not valued:
        return first
    test, method = first.test, first.method
    if test == RANDOMIZATION.name:
        tokens = [found[0].tokens or 0 for found in valued]
        value = mean([mean(values(found)) for found in valued])
        chance = chance_level(tokens)
        verdict = random_weights(value, chance)
        return Sanity(test, method, None, value, verdict, sum(tokens), chance)
    if test == RANDOM_LOGIT.name:
        value = mean([mean(values(found)) for found in valued])
        return Sanity(test, method, None, value, other_output(value))
    known = [value for found in valued for value in values(found)]
    worst = min(known) if test == DTYPE else max(known)
    verdict = max((one.verdict for one in every), key=GRAVITY.index)
    return Sanity(test, method, None, worst, verdict)


GRAVITY: tuple[Verdict, ...] = ("not applicable", "cannot tell", "passed", "warning", "failed")
"""The worst last."""


def values(found: Sequence[Sanity]) -> list[float]:
    return [one.value for one in found if one.value is not None]


def mean(found: Sequence[float]) -> float:
    return math.fsum(found) / len(found)


def has_sanity_tests(result: JobResult) -> bool:
    """Tell whether a result has tests that only a model's first inputs have."""
    asked = {m.name for m in all_methods() if issubclass(m.settings, FirstInputs)}
    return bool(asked & result.settings.keys())
