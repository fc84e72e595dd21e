"""Which colour class a value gets: hues are quantities, steps are sizes.

The page's policy allows no inline style, so a value's colour is one of a few classes and the
stylesheet owns the colours, in both themes. Signed scores are blue (against) to red (towards);
attention is violet; norms are teal.
"""

from __future__ import annotations

from reportgen.methods import Hue

STEPS = 9
"""Shades per hue; below half a step a value has no colour."""

PREFIX = {"attention": "a", "norm": "v"}
"""How the classes of the hues without a sign begin."""

CALLED = {"attention": "Violet", "norm": "Teal"}
"""What a reader sees."""


def shade(value: float, scale: float, hue: Hue) -> str:
    """Return the class of ``value`` on a linear scale whose end is ``scale``, or ``""``."""
    step = min(STEPS, round(STEPS * abs(value) / scale)) if scale > 0 else 0
    if step == 0:
        return ""
    prefix = ("p" if value > 0 else "n") if hue == "signed" else PREFIX[hue]
    return f"{prefix}{step}"


def ramp(hue: Hue) -> list[str]:
    """Return the classes of a legend, from the scale's low end to its high end."""
    steps = range(1, STEPS + 1)
    if hue == "signed":
        return [*(f"n{i}" for i in reversed(steps)), "", *(f"p{i}" for i in steps)]
    return ["", *(f"{PREFIX[hue]}{i}" for i in steps)]
