"""For whom a model is weak: its slices with their numbers, the clearest difference first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.rendering.input.brief import Brief
from reportgen.rendering.overview.faithful_methods import FaithfulDot as Dot
from reportgen.rendering.overview.faithful_methods import placed
from reportgen.rendering.wording import slices as wording
from reportgen.rendering.wording.numbers import signed
from reportgen.results.dataset.intervals import Estimate, proportion
from reportgen.results.dataset.observations import Observations
from reportgen.results.dataset.slices import SliceResult, cut, evaluate
from reportgen.spec.slices import SliceSettings, read_slices

if TYPE_CHECKING:
    from reportgen.rendering.dataset.sections import DatasetFacts

FIRST = 20
"""Slices that are shown at once."""

MOST = 100
"""Slices that a page has; all are in the table that is exported."""

WRONG = 3
"""Wrong inputs of a slice that are linked."""


@dataclass(frozen=True)
class SliceRow:
    """One slice: its cells as they are written, ``dot`` its accuracy on a line from 0 to 100.

    ``key`` names it for scripts (``source=tweet``). ``verdict`` is ``worse``, ``better`` or nothing
    where the difference may be chance. ``wrong`` are the first inputs that are wrong, ``more`` how
    many others are.
    """

    key: str
    name: str
    verdict: str
    inputs: str
    dot: Dot | None
    cells: tuple[wording.Cell, ...]
    words: tuple[tuple[str, str], ...]
    wrong: tuple[Brief, ...]
    more: int


@dataclass(frozen=True)
class SlicedModel:
    """The slices of one model; ``columns`` head the cells, ``whole`` is the accuracy of all."""

    model: str
    summary: str
    left_out: str
    columns: tuple[str, ...]
    whole: float | None
    has_words: bool
    first: tuple[SliceRow, ...]
    rest: tuple[SliceRow, ...]
    unlisted: int


def slices_section(facts: DatasetFacts) -> tuple[SlicedModel, ...] | None:
    """Make the section; ``None`` where no model has inputs enough for two groups."""
    asked = read_slices(facts.manifest.spec)
    models = tuple(
        made
        for found in facts.observed.values()
        if (made := sliced_model(found, facts.briefs, asked)) is not None
    )
    return models or None


def sliced_model(
    found: Observations, briefs: Sequence[Brief], asked: SliceSettings
) -> SlicedModel | None:
    made = cut(found, asked)
    results = evaluate(found, made)
    if not results:
        return None
    judged = results[0].accuracy is not None
    faithful = any(one.faithfulness is not None for one in results)
    known = np.nansum(found.correct[made.base])
    rows = tuple(
        slice_row(one, found, briefs, judged=judged, faithful=faithful) for one in results[:MOST]
    )
    accuracy = ("accuracy", "points", "effect", "q") if judged else ()
    return SlicedModel(
        model=found.model,
        summary=wording.summary(results),
        left_out=wording.left_out(made.small),
        columns=(*accuracy, "confidence", *(("faithfulness",) if faithful else ())),
        whole=placed(proportion(round(known), len(made.base)).value) if judged else None,
        has_words=any(row.words for row in rows),
        first=rows[:FIRST],
        rest=rows[FIRST:],
        unlisted=len(results) - len(rows),
    )


def slice_row(
    one: SliceResult,
    found: Observations,
    briefs: Sequence[Brief],
    *,
    judged: bool,
    faithful: bool,
) -> SliceRow:
    wrong = one.slice.rows[found.correct[one.slice.rows] == 0]
    cells: list[wording.Cell] = []
    if one.accuracy is not None and one.difference is not None:
        cells += (wording.share(one.accuracy), wording.points(one.difference))
        cells += (wording.effect(one.effect), wording.evidence(one.q))
    cells.append(wording.share(one.confidence))
    if faithful:
        cells.append(wording.share(one.faithfulness))
    return SliceRow(
        key=f"{one.slice.by}={one.slice.value}",
        name=wording.name(one.slice.by, one.slice.value),
        verdict=("worse" if one.weak else "better") if one.differs else "",
        inputs=f"{one.count:,}",
        dot=dot(one.accuracy) if judged and one.accuracy else None,
        cells=tuple(cells),
        words=tuple((top.word, signed(top.score)) for top in one.top_words),
        wrong=tuple(briefs[place] for place in found.places[wrong[:WRONG]].tolist()),
        more=max(0, len(wrong) - WRONG),
    )


def dot(found: Estimate) -> Dot:
    return Dot(placed(found.value), placed(found.low), placed(found.high))
