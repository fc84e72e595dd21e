"""Sanity tests as badges: a sign, a word and a number each, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.methods.parameter_randomization import METHOD as RANDOMIZATION
from reportgen.methods.random_logit import METHOD as RANDOM_LOGIT
from reportgen.rendering.wording.numbers import NBSP, count, fixed, number, percent
from reportgen.results.sanity import COMPLETENESS, DTYPE, PADDING, SENSITIVITY, Sanity

SIGNS = {
    "passed": ("good", "✓"),
    "warning": ("warn", "!"),
    "failed": ("bad", "✗"),
    "cannot tell": ("", "?"),
    "not applicable": ("", "–"),
}
"""Of each verdict: its colour, and what tells it apart without one."""

TITLES = {
    COMPLETENESS: "Scores add up",
    RANDOM_LOGIT.name: "Other output",
    RANDOMIZATION.name: "Random weights",
    SENSITIVITY: "Small changes",
    PADDING: "Padding",
    DTYPE: "bfloat16",
}

MEANS = {
    COMPLETENESS: "by how much its scores miss the change of the output, the worst of all outputs",
    RANDOM_LOGIT.name: "rank correlation of its scores with those for another output: the "
    "higher, the less it depends on what is explained",
    RANDOMIZATION.name: "rank correlation of its scores with those of the model with random "
    "weights: none where they have nothing to do with each other, but for chance",
    SENSITIVITY: "largest change of its scores when the word embeddings are moved a little, "
    "relative to the scores (sensitivity-max)",
    PADDING: "largest change of an output or a score beside a longer input, relative to the "
    "largest of them",
    DTYPE: "rank correlation of scores in bfloat16 with those in float32, the lowest of all",
}
"""What the number of a badge is."""

NOTHING = {
    "cannot tell": "the scores are all the same, or the tokens too few",
    "not applicable": "the method has no such number here",
}


@dataclass(frozen=True)
class Badge:
    """One test: ``kind`` is good, warn, bad or nothing, ``about`` what the number means."""

    title: str
    kind: str
    mark: str
    verdict: str
    value: str
    about: str


def badge(one: Sanity) -> Badge:
    kind, mark = SIGNS[one.verdict]
    return Badge(TITLES[one.test], kind, mark, one.verdict, written(one), about(one))


def badges(tests: Sequence[Sanity | None]) -> tuple[Badge, ...]:
    return tuple(badge(one) for one in tests if one is not None)


def written(one: Sanity) -> str:
    """Write a test's number as what it is; nothing where there is none."""
    if one.value is None:
        return ""
    if one.test == COMPLETENESS:
        return percent(one.value)
    return number(one.value) if one.test == PADDING else fixed(one.value, 2)


def about(one: Sanity) -> str:
    """Say what the number is, and why there is a verdict or none."""
    if one.value is None:
        return NOTHING[one.verdict]
    if one.chance is None:
        return MEANS[one.test]
    tokens = count(one.tokens or 0, "token")
    bound = f"±{fixed(one.chance, 2)}"
    return f"{MEANS[one.test]}, which over {tokens} stays within {bound} nineteen times of twenty"


def stage_name(part: str, layer: int | None) -> str:
    """Name a stage of the cascade by what was drawn anew in it, layers counted from 1."""
    return f"from layer{NBSP}{layer + 1}" if layer is not None else part
