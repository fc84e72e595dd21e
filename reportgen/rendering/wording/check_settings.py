"""What a check expects, in plain words: its settings as one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from reportgen.methods import LEADING
from reportgen.rendering.wording.labels import title
from reportgen.rendering.wording.numbers import NBSP
from reportgen.rendering.wording.outcomes import exactly
from reportgen.results.checks.evaluation import CheckResult
from reportgen.spec import checks as spec
from reportgen.spec.checks import EXPECT, Check


def describe_check(result: CheckResult) -> str:
    """Say what is to hold, and of which input where the check stands beside one."""
    entry = result.placed.entry
    if entry is None:
        return describe_settings(result.placed.check)
    inputs = {number for one in result.outcomes for number in one.inputs}
    which = f"input #{inputs.pop() + 1}" if len(inputs) == 1 else f"inputs[{entry}]"
    return f"{describe_settings(result.placed.check)}; only {which}"


def describe_settings(check: Check) -> str:
    """Say what is to hold: ``he, she: at most 10 % of the attribution``."""
    return "; ".join((*DESCRIPTIONS[type(check)](check), *scope(check)))


def scope(check: Check) -> Iterator[str]:
    """Say which results a check looks at, where it is not all, and that it only warns."""
    if check.models is not None and not isinstance(check, spec.ModelAgreementCheck):
        yield f"only {', '.join(check.models)}"
    if check.group is not None:
        yield f"only the group {check.group}"
    if check.severity == "warn":
        yield "warns only"


def prediction(check: spec.PredictionCheck) -> Iterator[str]:
    if check.equals is not None:
        yield "is what the input expects" if check.equals == EXPECT else f"is {check.equals}"
    if check.one_of is not None:
        yield f"is one of {', '.join(check.one_of)}"
    if check.unchanged:
        yield "is as in the base run"


def probability(check: spec.ProbabilityCheck) -> Iterator[str]:
    named = {"predicted": "what the model says", EXPECT: "what the input expects"}
    yield f"{named.get(check.of, check.of)}: {bounds(check.min, check.max, exactly)}"


def convergence(check: spec.ConvergenceCheck) -> Iterator[str]:
    yield f"{bounds(None, check.max, share)} of the output’s change is missing"


def attribution_share(check: spec.AttributionShareCheck) -> Iterator[str]:
    limits = bounds(check.min, check.max, share)
    yield f"{', '.join(check.words)}: {limits} of the attribution{by(check.method)}"


def top_words(check: spec.TopWordsCheck) -> Iterator[str]:
    parts = {"include": check.contain, "leave out": check.exclude}
    wanted = " and ".join(f"{verb} {', '.join(words)}" for verb, words in parts.items() if words)
    yield f"the top {check.k} {wanted}{by(check.method)}"


def rank_correlation(check: spec.RankCorrelationCheck) -> Iterator[str]:
    first, second = (title(name) for name in check.between)
    yield f"{first} and {second}: {bounds(check.min, None, exactly)}"


def rationale(check: spec.RationaleCheck) -> Iterator[str]:
    limits = {"AUPRC": check.min_auprc, "F1": check.min_f1, "IOU": check.min_iou}
    told = (
        f"{name} {bounds(limit, None, exactly)}"
        for name, limit in limits.items()
        if limit is not None
    )
    yield f"finds what people marked: {', '.join(told)}{by(check.method)}"


def faithfulness(check: spec.FaithfulnessCheck) -> Iterator[str]:
    if check.above_random is not None:
        yield f"{bounds(check.above_random, None, share)} more than random orders show" + by(
            check.method
        )
    if check.min is not None:
        limit = bounds(check.min, None, share)
        yield f"{limit} of what removing words could show{by(check.method)}"


def flips_without(check: spec.FlipsWithoutCheck) -> Iterator[str]:
    yield f"without {', '.join(check.words)} the prediction turns"


def stable_without(check: spec.StableWithoutCheck) -> Iterator[str]:
    yield f"without {', '.join(check.words)} the prediction stays"


def invariance(check: spec.InvarianceCheck) -> Iterator[str]:
    yield "the same prediction within a group"
    if check.max_probability_change is not None:
        yield f"its probability changes by at most {exactly(check.max_probability_change)}"
    if check.max_share_moved is not None:
        yield f"at most {share(check.max_share_moved)} of the attribution moves{by(check.method)}"


def model_agreement(check: spec.ModelAgreementCheck) -> Iterator[str]:
    first, second = check.models
    yield f"{first} and {second} say the same about at least {share(check.min)} of the inputs"


def slice_gap(check: spec.SliceGapCheck) -> Iterator[str]:
    points = f"{100 * check.max:g}"
    yield f"accuracy by {check.by} differs by at most {points} percentage points"
    if check.least != spec.SliceGapCheck.model_fields["least"].default:
        yield f"values with at least {check.least:,} inputs"


DESCRIPTIONS: dict[type[Check], Callable[[Any], Iterator[str]]] = {
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
    spec.InvarianceCheck: invariance,
    spec.ModelAgreementCheck: model_agreement,
    spec.SliceGapCheck: slice_gap,
}
"""How the settings of each check are said."""


def bounds(low: float | None, high: float | None, write: Callable[[float], str]) -> str:
    """Write one limit or both: ``at least 0.2 and at most 0.9``."""
    limits = {"at least": low, "at most": high}
    return " and ".join(f"{word} {write(v)}" for word, v in limits.items() if v is not None)


def share(value: float) -> str:
    """Write the limit of a share as the spec has it, as a percentage."""
    return f"{100 * value:g}{NBSP}%"


def by(method: str) -> str:
    """Name the method, unless it is the one that is meant where none is named."""
    return "" if method == LEADING.name else f" ({title(method)})"
