"""What an output loses without each attention head: layers and heads as a coloured table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reportgen.methods import credited, known
from reportgen.rendering.drawing.palette import shade
from reportgen.rendering.drawing.tables import Heat
from reportgen.rendering.input.attention_quantities import ATTRIBUTED
from reportgen.rendering.input.score_rows import FEW, having
from reportgen.rendering.wording.head_effects import Named, ablated, evidence, extremes
from reportgen.rendering.wording.labels import output
from reportgen.rendering.wording.numbers import count, fixed, number
from reportgen.rendering.wording.sentences import Verdict
from reportgen.results import heads
from reportgen.results.model import JobResult

NAMED = 3
"""Heads of each sign that are named in words."""


@dataclass(frozen=True)
class HeadGrid:
    """One output; colours end at ``end`` logits, ``map`` is what the explorer calls its maps."""

    title: str
    heat: Heat
    end: str
    extremes: str
    evidence: Verdict | None
    map: str


@dataclass(frozen=True)
class HeadGrids:
    """The outputs that are shown one by one, and what is said of all."""

    about: str
    grids: tuple[HeadGrid, ...]
    more: str


def effects(result: JobResult, arrays: Mapping[str, np.ndarray]) -> tuple[heads.HeadEffects, ...]:
    return tuple(heads.head_effects(result, arrays, arrays.__getitem__))


def head_effects(result: JobResult, arrays: Mapping[str, np.ndarray]) -> HeadGrids | None:
    """Show what heads do to each output; ``None`` where none was switched off."""
    found = effects(result, arrays)
    if not found:
        return None
    setting = result.settings.get(found[0].method, {}).get("ablate", "")
    more = ""
    if len(found) > FEW:
        more = (
            f"These are the first {FEW} of {count(len(found), 'output')}; "
            "the others are in the stored results."
        )
    return HeadGrids(
        ablated(setting, bool(result.decoder_tokens)),
        tuple(grid(result, arrays, one) for one in found[:FEW]),
        more,
    )


def grid(result: JobResult, arrays: Mapping[str, np.ndarray], found: heads.HeadEffects) -> HeadGrid:
    array = known(found.method).of_heads
    assert array is not None  # as what has effects is found by it
    values = found.values.astype(float)
    end = float(np.abs(values).max())
    digits = decimals(end)
    heat = Heat(
        "layer",
        tuple(str(head + 1) for head in range(values.shape[1])),
        tuple(
            (
                str(layer + 1),
                tuple((shade(v, end, array.hue), fixed(v, digits)) for v in row.tolist()),
            )
            for layer, row in enumerate(values)
        ),
    )
    value = found.correlation
    return HeadGrid(
        title=output(result, found.target),
        heat=heat,
        end=number(end),
        extremes=extremes(largest(values), largest(-values, sign=-1)),
        evidence=None if value is None else evidence(value, values.size),
        map=map_key(result, arrays, found.target),
    )


def decimals(end: float) -> int:
    """Return how many decimals show two digits of the largest number, two at least."""
    return max(2, 1 - math.floor(math.log10(end))) if end > 0 else 2


def largest(values: np.ndarray, sign: int = 1) -> list[Named]:
    """Return the largest of ``values`` (L, H) above 0, each times ``sign``."""
    order = np.argsort(-values, axis=None, kind="stable")[:NAMED]
    places = zip(*np.unravel_index(order, values.shape), strict=True)
    return [
        (int(layer) + 1, int(head) + 1, sign * float(values[layer, head]))
        for layer, head in places
        if values[layer, head] > 0
    ]


def map_key(result: JobResult, arrays: Mapping[str, np.ndarray], target: str) -> str:
    """Return what the explorer calls the attribution of ``target``, where it draws it."""
    array = credited()
    if array is None or array.maps is None:
        return ""
    drawn = having(result, arrays, array.name)[:ATTRIBUTED]
    return f"{array.maps.key}-{drawn.index(target) + 1}" if target in drawn else ""


def for_script(result: JobResult, arrays: Mapping[str, np.ndarray]) -> list[dict]:
    """What the page's script tells of a head beside its maps."""
    return [
        {
            "title": output(result, one.target),
            "values": [[float(f"{value:.3g}") for value in row] for row in one.values.tolist()],
        }
        for one in effects(result, arrays)[:FEW]
    ]
