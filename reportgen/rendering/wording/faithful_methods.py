"""How much of what removing words could show each method shows, over inputs: in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reportgen.methods.settings import Operator
from reportgen.rendering.wording.faithfulness import capital, shows
from reportgen.rendering.wording.labels import listed, title
from reportgen.rendering.wording.numbers import NBSP, correlation, count, fixed
from reportgen.rendering.wording.removals import BRIEFLY
from reportgen.results.dataset.method_agreement import PairAgreement
from reportgen.results.dataset.moments import MANY
from reportgen.results.removal import RANDOM
from reportgen.results.removal_summary import MethodShown


def method_name(method: str) -> str:
    return "random orders" if method == RANDOM else title(method)


def whole_percent(share: float) -> str:
    """Write a share as a percentage without decimals: intervals are wider than these."""
    return fixed(100 * share, 0)


def shown(one: MethodShown) -> str:
    """Write ``71 % (62 to 79)``."""
    text = f"{whole_percent(one.mean)}{NBSP}%"
    if one.interval is None:
        return text
    low, high = map(whole_percent, one.interval)
    return f"{text} ({low} to {high})"


def summary(ranked: Sequence[MethodShown]) -> str:
    """Say what the method that shows most shows, beside random orders.

    Of many inputs also whether it is better than chance, and than the method after it.
    """
    methods = [one for one in ranked if one.method != RANDOM]
    random = next((one for one in ranked if one.method == RANDOM), None)
    if not methods:
        return ""
    best = methods[0]
    where = f"Over {count(best.inputs, 'input')}" if best.inputs > 1 else "On a single input"
    chance = f", random orders {whole_percent(random.mean)}{NBSP}%" if random else ""
    text = f"{where} {shows(best.method)} {shown(best)} of what removing words could show{chance}."
    if best.inputs >= MANY and len(methods) > 1:
        text += f" {ahead(best, methods[1])}"
    if all(one.chance for one in methods):
        text += " No explanation is clearly better than random orders."
    elif best.inputs >= MANY and best.chance is not None:
        better = "not clearly" if best.chance else "clearly"
        text += f" The first is {better} better than random orders."
    return text


def ahead(best: MethodShown, second: MethodShown) -> str:
    """Say whether a method is clearly better than the one after it."""
    after = f"The next, {title(second.method)}, is at {shown(second)}"
    lead = best.lead
    if lead is None or lead.low != lead.low:
        return f"{after}."
    points = f"{points_of(lead.value)} points ({points_of(lead.low)} to {points_of(lead.high)})"
    if lead.low > 0:
        return f"{after}: clearly less, by {points} input by input."
    if lead.high < 0:
        return f"{after}: over the {lead.count:,} that have both it shows more."
    return f"{after}: which of the two is better cannot be told, they are {points} apart."


def points_of(share: float) -> str:
    return fixed(100 * share, 1)


def agreement(pairs: Sequence[PairAgreement]) -> str:
    """Say which two methods put words most alike, and which least; ``pairs`` are in this order."""
    most, least = pairs[0], pairs[-1]
    if most is least:
        return f"{capital(two(most))} put words in an order whose correlation is {alike(most)}."
    return f"Most alike are {two(most)}: {alike(most)}; least {two(least)}: {alike(least)}."


def two(pair: PairAgreement) -> str:
    return " and ".join(title(name) for name in pair.methods)


def alike(pair: PairAgreement) -> str:
    """Write ``+0.82 (+0.79 to +0.85)``."""
    value, low, high = (
        correlation(value) for value in (pair.estimate.value, pair.estimate.low, pair.estimate.high)
    )
    return f"{value} ({low} to {high})"


def remark(found: Mapping[Operator, MethodShown], most: int) -> str:
    """Mark a method that is not clearly better than random orders, or that few inputs have."""
    weak = [operator for operator, one in found.items() if one.chance]
    parts = []
    if weak and len(weak) == len(found):
        parts.append("not clearly better than random orders")
    elif weak:
        ways = listed([BRIEFLY[operator] for operator in weak])
        parts.append(f"not clearly better than random orders where words are {ways}")
    inputs = max(one.inputs for one in found.values())
    if inputs < most:
        parts.append(f"over {count(inputs, 'input')}")
    return "; ".join(parts)
