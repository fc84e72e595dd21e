"""What is said of attention heads over all inputs of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reportgen.rendering.wording.head_effects import STRONG_AGREEMENT
from reportgen.rendering.wording.labels import listed
from reportgen.rendering.wording.numbers import NBSP, correlation, count, fixed, number, signed
from reportgen.rendering.wording.sentences import WEAK_AGREEMENT
from reportgen.results.dataset.head_statistics import HeadMeasure, HeadPair
from reportgen.results.dataset.intervals import Estimate

MEASURED = {
    HeadMeasure.ABLATION: "effect when switched off",
    HeadMeasure.ATTRIBUTION: "attribution",
    HeadMeasure.ATTENTION: "attention on words",
}

MAPS = {
    HeadMeasure.ABLATION: (
        "Switched off",
        "How far the output falls, in logits: red, the head supports it",
    ),
    HeadMeasure.ATTRIBUTION: ("Attribution", "What its looks were credited with, sizes in logits"),
    HeadMeasure.ATTENTION: (
        "Attention on words",
        "Percent of its looks at tokens that are neither special nor the first",
    ),
}
"""What is mapped of heads: a title, and what its numbers are."""

COMPARED = ("measures", "rank correlation", "inputs")
"""Columns of the table of measures."""

CREDITED = {
    HeadMeasure.ATTRIBUTION: "whose looks are credited most",
    HeadMeasure.ATTENTION: "that look at words most",
}


def agreement(correlations: Mapping[HeadPair, Estimate], inputs: int, heads: int) -> str:
    """Say whether the heads that matter when switched off are those that other measures name."""
    parts = []
    for measure, whose in CREDITED.items():
        one = correlations.get((HeadMeasure.ABLATION, measure))
        if one is not None:
            parts.append(f"{in_part(one.value)}those {whose} (rank correlation {estimate(one)})")
    if not parts:
        return ""
    return (
        f"The heads that matter most when switched off are {listed(parts)}: over {heads:,} heads, "
        f"mean over {count(inputs, 'input')}."
    )


def in_part(value: float) -> str:
    if value < WEAK_AGREEMENT:
        return "not "
    return "only in part " if value < STRONG_AGREEMENT else ""


def estimate(one: Estimate) -> str:
    """Write ``+0.54, +0.50 to +0.58``."""
    if one.low != one.low:
        return correlation(one.value)
    return f"{correlation(one.value)}, {correlation(one.low)} to {correlation(one.high)}"


def most(names: Sequence[tuple[int, int]], share: float) -> str:
    """Name the heads that matter most, and how often the first is among the first three."""
    named = listed([head(*one) for one in names])
    often = f"{fixed(100 * share, 0)}{NBSP}%"
    return (
        f"Switching off {named} moves the output most; the first of them is among the three that "
        f"matter most in {often} of the inputs."
    )


def head(layer: int, number: int) -> str:
    """Name a head by its layer and number, both from 0 here and from 1 on the page."""
    return f"layer {layer + 1}, head {number + 1}"


def columns(attributed: bool, on_words: bool) -> tuple[str, ...]:
    """Name what is listed of a head."""
    measured = ("attribution",) * attributed + ("attention on words",) * on_words
    return ("effect, logits", "its size", *measured, "among the first three")


def pair(measures: HeadPair) -> str:
    return " and ".join(MEASURED[one] for one in measures)


def effect(one: Estimate) -> str:
    """Write ``+0.41 (+0.22 to +0.60)``."""
    return f"{signed(one.value)} ({signed(one.low)} to {signed(one.high)})"


def size(one: Estimate) -> str:
    return f"{number(one.value)} ({number(one.low)} to {number(one.high)})"


def share(one: Estimate) -> str:
    low, high = (fixed(100 * value, 0) for value in (one.low, one.high))
    return f"{fixed(100 * one.value, 0)}{NBSP}% ({low} to {high})"


def often(times: int, inputs: int) -> str:
    return f"{fixed(100 * times / inputs, 0)}{NBSP}% ({times:,})"
