"""For whom a model is weak, in sentences."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from reportgen.rendering.wording.faithful_methods import whole_percent
from reportgen.rendering.wording.labels import listed
from reportgen.rendering.wording.numbers import NBSP, correlation, count, fixed
from reportgen.results.dataset.intervals import Estimate
from reportgen.results.dataset.slices import FEWEST, LABEL, LENGTH, WORD, SliceResult

SIZES = ((0.2, "very small"), (0.5, "small"), (0.8, "medium"))
"""What effects below these are called (Cohen, 1988); larger ones are large."""


Cell = tuple[str, str]
"""A number, and what stands below it: its interval, or what it is called."""


def name(by: str, value: str) -> str:
    """Name a slice: ``source: tweet``, ``21 words or more``, ``with not``."""
    if by == LENGTH:
        return value
    return f"with {value}" if by == WORD else f"{by}: {value or '(nothing)'}"


def interval(found: Estimate) -> str:
    """Write the bounds of a share: ``62 to 79``; nothing where so few inputs tell none."""
    if math.isnan(found.low):
        return ""
    return f"{whole(100 * found.low)} to {whole(100 * found.high)}"


def whole(value: float) -> str:
    """Write a number without decimals, with one where it would be written as nothing."""
    return fixed(value, 0 if value == 0 or abs(value) > 0.5 else 1)


def share(found: Estimate | None) -> Cell:
    """Write a share; a dash where there is none."""
    if found is None:
        return "–", ""
    return f"{whole_percent(found.value)}{NBSP}%", interval(found)


def points(found: Estimate) -> Cell:
    """Write a difference in percentage points, with its sign."""
    text = whole(100 * found.value)
    return f"+{text}" if found.value > 0 else text, interval(found)


def effect(size: float) -> Cell:
    """Write an effect with what it is called."""
    shown = round(abs(size), 2)
    called = next((word for most, word in SIZES if shown < most), "large")
    return correlation(size), called


def together(cell: Cell) -> str:
    """Write a cell in one line: ``71 % (62 to 79)``."""
    text, small = cell
    return f"{text} ({small})" if small else text


def evidence(q: float) -> Cell:
    """Write a corrected p-value."""
    return "<0.001" if q < 0.0005 else fixed(q, 3), ""


def summary(found: Sequence[SliceResult]) -> str:
    """Say how many slices were compared, which differ, and which of them is weakest."""
    if not found:
        return f"No part of the inputs has {FEWEST} of them, and {FEWEST} others beside it."
    if found[0].accuracy is None:
        return (
            "Nothing is expected of these inputs, so that no accuracy is compared: "
            f"of {count(len(found), 'slice')} only the confidence is known."
        )
    compared = f"{count(len(found), 'slice')} of the inputs {'was' if len(found) == 1 else 'were'}"
    compared += f" compared with all others ({tried(found)})"
    weak = [one for one in found if one.weak]
    strong = sum(one.differs for one in found) - len(weak)
    if not weak and not strong:
        return f"{compared}; none differs by more than chance."
    better = f"{count(strong, 'is', 'are')} better" if strong else ""
    if not weak:
        return f"{compared}; {better}, none is worse by more than chance."
    told = " and ".join(filter(None, (f"{count(len(weak), 'is', 'are')} worse", better)))
    first = weak[0]
    assert first.accuracy is not None
    assert first.difference is not None
    below, low, high = (
        fixed(-100 * one, 0)
        for one in (first.difference.value, first.difference.high, first.difference.low)
    )
    right, between = share(first.accuracy)
    return (
        f"{compared}; {told} by more than chance. The clearest is "
        f"“{name(first.slice.by, first.slice.value)}”: of {count(first.count, 'input')} {right} "
        f"({between}) are right, {below} percentage points ({low} to {high}) below all others."
    )


def tried(found: Sequence[SliceResult]) -> str:
    """Say by what inputs are told apart: ``4 by length, 2 by label and 4 by source``."""
    by = Counter(one.slice.by for one in found)
    order = sorted(by, key=lambda one: (one in (LENGTH, LABEL, WORD), one))
    return listed([f"{by[one]:,} by {one}" for one in order])


def left_out(small: Mapping[str, int]) -> str:
    """Say how many values have too few inputs; nothing where none has."""
    if not small:
        return ""
    parts = [
        f"{count(many, 'group')} by {by}" if by == LENGTH else f"{count(many, 'value')} of {by}"
        for by, many in small.items()
    ]
    return f"Not compared, with fewer than {FEWEST} inputs: {listed(parts)}."
