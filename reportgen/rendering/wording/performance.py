"""How often a model is right, and whether it is as sure as it is right: in sentences and cells."""

from __future__ import annotations

import math

from reportgen.rendering.wording.numbers import MINUS, NBSP, count, fixed, number
from reportgen.results.dataset.calibration import Calibration
from reportgen.results.dataset.intervals import Estimate
from reportgen.results.dataset.performance import Performance

POINTS = f"{NBSP}points"


def share(one: Estimate) -> str:
    """Write ``82.1 % (81.4 to 82.9)``, a value without an interval alone."""
    return f"{fixed(100 * one.value, 1)}{NBSP}%" + ends(one, 100, 1)


def score(one: Estimate) -> str:
    """Write ``0.821 (0.814 to 0.829)``; nothing of a number that is of nothing."""
    return fixed(one.value, 3) + ends(one, 1, 3) if one.count else "–"


def points(one: Estimate) -> str:
    """Write a difference of shares: ``+8.2 points (+7.4 to +9.0)``."""
    text = f"{plus(one.value)}{POINTS}"
    if math.isnan(one.low):
        return text
    return f"{text} ({plus(one.low)} to {plus(one.high)})"


def plus(difference: float) -> str:
    text = fixed(100 * difference, 1)
    return text if text.startswith(MINUS) or not float(text) else f"+{text}"


def ends(one: Estimate, unit: float, decimals: int) -> str:
    if math.isnan(one.low):
        return ""
    return f" ({fixed(unit * one.low, decimals)} to {fixed(unit * one.high, decimals)})"


def per_token(one: Estimate) -> str:
    """Write a perplexity, which can be of any size."""
    if math.isnan(one.low):
        return number(one.value)
    return f"{number(one.value)} ({number(one.low)} to {number(one.high)})"


def summary(found: Performance) -> str:
    """Say how often a model is right, and whether it is as sure."""
    said = []
    if found.accuracy:
        low, high = (fixed(100 * end, 1) for end in (found.accuracy.low, found.accuracy.high))
        said.append(
            f"Right on {found.right:,} of {count(found.judged, 'input')} "
            f"({fixed(100 * found.accuracy.value, 1)}{NBSP}%, 95{NBSP}% interval {low} to "
            f"{high}{NBSP}%)."
        )
    if found.all_entities:
        said.append(f"F1 of its entities: {score(found.all_entities.f1)}.")
    if found.token_f1:
        said.append(f"F1 of the words of its answers: {score(found.token_f1)}.")
    if found.perplexity:
        said.append(
            f"Perplexity {per_token(found.perplexity)} per token, over "
            f"{count(found.tokens, 'token')} of {count(found.perplexity.count, 'input')}."
        )
    if found.calibration:
        said += sureness(found.calibration)
    return " ".join(said)


def sureness(found: Calibration) -> list[str]:
    """Say whether a model is surer than it should be, or less sure; what is not clear is said."""
    gap, error = found.gap, found.error
    if gap is None or error is None:
        return []
    sure = f"{fixed(100 * found.confidence_of_judged, 1)}{NBSP}%"
    if gap.certain:
        low, high = sorted((abs(gap.low), abs(gap.high)))
        by = Estimate(abs(gap.value), low, high, gap.count)
        what = "surer" if gap.value > 0 else "less sure"
        more = "more" if gap.value > 0 else "less"
        return [
            f"It is {what} than it should be: its confidence is {sure} on average, "
            f"{fixed(100 * by.value, 1)}{ends(by, 100, 1)}{POINTS} {more} than it is right."
        ]
    unclear = f"Whether it is too sure, or not sure enough, does not show: it is {sure} sure"
    if error.value > found.by_chance:
        return [
            f"{unclear} on average; its calibration error, {fixed(error.value, 3)}, is more than "
            "chance explains: in places its confidence is wrong."
        ]
    return [f"{unclear} on average."]


def surest(asked: float) -> str:
    return f"accuracy of the surest {fixed(100 * asked, 0)}{NBSP}%"
