"""Which attention heads matter over all inputs of a model, and who says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.methods import Hue, attention
from reportgen.rendering.drawing.palette import shade
from reportgen.rendering.drawing.tables import Heat, Table
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.input.head_effects import decimals
from reportgen.rendering.wording import head_statistics as wording
from reportgen.rendering.wording.numbers import fixed
from reportgen.results.dataset.head_statistics import HeadMeasure, HeadStatistics
from reportgen.results.dataset.moments import MANY, Moments

if TYPE_CHECKING:
    from reportgen.rendering.dataset.sections import DatasetFacts

LISTED = 10
"""Heads that are listed with their numbers."""

NAMED = 3
"""Heads that the sentence names."""


@dataclass(frozen=True)
class MeasuredHeads:
    """One measure of all heads as a coloured table of layers and heads."""

    title: str
    about: str
    heat: Heat


@dataclass(frozen=True)
class ListedHead:
    """One head: its numbers, and the inputs where it matters most."""

    name: str
    cells: tuple[str, ...]
    examples: tuple[Brief, ...]


@dataclass(frozen=True)
class ModelHeads:
    """The heads of one model: what was found, in words, maps and numbers."""

    model: str
    inputs: int
    sentence: str
    most: str
    maps: tuple[MeasuredHeads, ...]
    columns: tuple[str, ...]
    heads: tuple[ListedHead, ...]
    agreement: Table | None


@dataclass(frozen=True)
class HeadsView:
    """The heads of every model; ``several`` models, which are then named."""

    several: bool
    models: tuple[ModelHeads, ...]


def heads_view(facts: DatasetFacts) -> HeadsView | None:
    """Show the heads of each model where enough inputs had them switched off."""
    models = tuple(
        model_heads(found, facts.briefs) for found in facts.heads.values() if found.inputs >= MANY
    )
    return HeadsView(len(facts.manifest.models) > 1, models) if models else None


def model_heads(found: HeadStatistics, briefs: Sequence[Brief]) -> ModelHeads:
    shape = found.top.shape
    order = [tuple(map(int, np.unravel_index(i, shape))) for i in found.order()[:LISTED]]
    places = [(layer, head) for layer, head in order if found.sizes.means[layer, head] > 0]
    named = places[:NAMED]
    share = float(found.top[named[0]] / found.inputs) if named else 0.0
    return ModelHeads(
        model=found.model,
        inputs=found.inputs,
        sentence=wording.agreement(found.correlations, found.inputs, found.top.size),
        most=wording.most(named, share) if named else "",
        maps=tuple(maps(found)),
        columns=wording.columns(found.attributed is not None, found.on_words is not None),
        heads=tuple(listed_head(found, place, briefs) for place in places),
        agreement=agreement(found),
    )


def maps(found: HeadStatistics) -> Iterator[MeasuredHeads]:
    """Draw what is measured of all heads."""
    measured: tuple[tuple[HeadMeasure, Moments | None, Hue], ...] = (
        (HeadMeasure.ABLATION, found.effects, "signed"),
        (HeadMeasure.ATTRIBUTION, found.attributed, "norm"),
        (HeadMeasure.ATTENTION, found.on_words, attention.WEIGHTS.hue),
    )
    for measure, values, hue in measured:
        if values is not None:
            title, about = wording.MAPS[measure]
            percent = measure is HeadMeasure.ATTENTION
            drawn = (
                heat(100 * values.means, hue, whole=True) if percent else heat(values.means, hue)
            )
            yield MeasuredHeads(title, about, drawn)


def heat(values: np.ndarray, hue: Hue, *, whole: bool = False) -> Heat:
    end = float(np.abs(values).max(initial=0))
    places = 0 if whole else decimals(end)
    return Heat(
        "layer",
        tuple(str(head + 1) for head in range(values.shape[1])),
        tuple(
            (
                str(layer + 1),
                tuple((shade(value, end, hue), fixed(value, places)) for value in row),
            )
            for layer, row in enumerate(values.tolist())
        ),
    )


def listed_head(
    found: HeadStatistics, place: tuple[int, int], briefs: Sequence[Brief]
) -> ListedHead:
    cells = [wording.effect(found.effects.estimate(place))]
    cells.append(wording.size(found.sizes.estimate(place)))
    if found.attributed is not None:
        cells.append(wording.size(found.attributed.estimate(place)))
    if found.on_words is not None:
        cells.append(wording.share(found.on_words.estimate(place)))
    cells.append(wording.often(int(found.top[place]), found.inputs))
    examples = found.examples[:, *place].tolist()
    return ListedHead(
        wording.head(*place), tuple(cells), tuple(briefs[one] for one in examples if one >= 0)
    )


def agreement(found: HeadStatistics) -> Table | None:
    """List how far every two measures put heads in the same order."""
    if not found.correlations:
        return None
    return Table(
        wording.COMPARED,
        tuple(
            (wording.pair(pair), wording.estimate(one), f"{one.count:,}")
            for pair, one in found.correlations.items()
        ),
    )
