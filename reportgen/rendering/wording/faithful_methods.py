"""How much of what removing words could show each method shows, over inputs: in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reportgen.methods.settings import Operator
from reportgen.rendering.wording.faithfulness import shows
from reportgen.rendering.wording.labels import listed, title
from reportgen.rendering.wording.numbers import NBSP, count, fixed
from reportgen.rendering.wording.removals import BRIEFLY
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
    """Say what the method that shows most shows, beside random orders."""
    methods = [one for one in ranked if one.method != RANDOM]
    random = next((one for one in ranked if one.method == RANDOM), None)
    if not methods:
        return ""
    best = methods[0]
    where = f"Over {count(best.inputs, 'input')}" if best.inputs > 1 else "On a single input"
    chance = f", random orders {whole_percent(random.mean)}{NBSP}%" if random else ""
    text = f"{where} {shows(best.method)} {shown(best)} of what removing words could show{chance}."
    if all(one.chance for one in methods):
        text += " No explanation is clearly better than random orders."
    return text


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
