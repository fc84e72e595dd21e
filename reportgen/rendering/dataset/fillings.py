"""Templates: what a model says of each filling, and which slot moves it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.rendering.drawing.palette import STEPS, shade
from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.wording import fillings as wording
from reportgen.rendering.wording.labels import SEGMENT_TITLES, cut
from reportgen.rendering.wording.numbers import percent, probability, signed
from reportgen.results.dataset.fillings import Fillings, ValuePair, fillings
from reportgen.results.dataset.slots import stored_templates
from reportgen.spec.entries import TemplateInput
from reportgen.spec.templates import template_texts

if TYPE_CHECKING:
    from reportgen.rendering.dataset.sections import DatasetFacts

MOST_ROWS, MOST_COLUMNS = 40, 12
"""Values of a slot that a matrix shows: where there are more, those of the lowest and the
highest means."""

OTHERS = 5
"""Links to fillings that are predicted otherwise."""

NARROW = 0.05
"""A difference from the mean that is coloured in full, unless there are larger ones."""


@dataclass(frozen=True)
class FillingCell:
    """One filling, or the mean of several: its first input, and whether it is ``other``wise."""

    shade: str
    text: str
    brief: Brief | None
    other: bool = False


@dataclass(frozen=True)
class FillingMatrix:
    """A number for each filling; ``left_out`` says of which values there are no rows or columns."""

    title: str
    note: str
    corner: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[FillingCell, ...]], ...]
    left_out: str


@dataclass(frozen=True)
class PairRow:
    """Two values of a slot, their difference as written, and the two inputs that differ most."""

    slot: str
    first: str
    second: str
    cells: tuple[str, ...]
    clearest: tuple[Brief, Brief]


@dataclass(frozen=True)
class FilledTemplate:
    """A template of one model; ``texts`` are its own, each with a title where there are several.

    What the slots do, and pairs of their values, is told where there are several.
    """

    model: str
    texts: tuple[tuple[str, str], ...]
    lead: str
    said: str
    others: tuple[Brief, ...]
    more: int
    matrices: tuple[FillingMatrix, ...]
    slots: Table | None
    pairs: tuple[PairRow, ...]
    pairs_note: str


def fillings_section(facts: DatasetFacts) -> tuple[FilledTemplate, ...] | None:
    """Make the section; ``None`` where there is no template, or nothing to compare in one."""
    templates = stored_templates(facts.manifest)
    made = tuple(
        filled_template(found, templates[found.entry], FillingInputs(observed.places, facts.briefs))
        for observed in facts.fillings.values()
        for found in fillings(observed, templates)
    )
    return made or None


@dataclass(frozen=True)
class FillingInputs:
    """The inputs of rows of observations."""

    places: np.ndarray
    briefs: Sequence[Brief]

    def of(self, found: Fillings, filling: int) -> Brief:
        return self.briefs[int(self.places[found.rows[filling]])]


def filled_template(
    found: Fillings, template: TemplateInput, inputs: FillingInputs
) -> FilledTemplate:
    given = template.continuation is not None or template.target_text is not None
    name = wording.output(found, given=given)
    says = not found.numeric and not given
    marked = says and (not found.usual or len(found.others) < len(found.rows) - 1)
    texts = template_texts(template)
    several = len(found.slots) > 1
    return FilledTemplate(
        model=found.model,
        texts=tuple((title_of(part) if len(texts) > 1 else "", cut(text)) for part, text in texts),
        lead=wording.lead(found, name),
        said=wording.said(found) if says else "",
        others=tuple(inputs.of(found, i) for i in found.others[:OTHERS].tolist()) if marked else (),
        more=max(0, len(found.others) - OTHERS) if marked else 0,
        matrices=tuple(matrices(found, inputs, name, marked=marked)),
        slots=slots_table(found, name) if several else None,
        pairs=tuple(pair_row(pair, found, inputs) for pair in found.pairs) if several else (),
        pairs_note=wording.pairs_note(found, name),
    )


def title_of(segment: str) -> str:
    return SEGMENT_TITLES.get(segment, segment)


def matrices(
    found: Fillings, inputs: FillingInputs, name: str, *, marked: bool
) -> list[FillingMatrix]:
    """Draw the output, and where there is attribution how much of it lies on the slots."""
    middle = float(found.output.mean())
    far = float(np.abs(found.output - middle).max())
    scale = far if found.numeric else max(far, NARROW)

    def output(value: float) -> tuple[str, str]:
        return shade(value - middle, scale, "signed"), wording.value(found, value)

    def share(value: float) -> tuple[str, str]:
        step = round(STEPS * value)
        return f"m{step}" if step else "", percent(value)

    marked = marked and bool(len(found.others)) and len(found.slots) <= 2
    others = frozenset(found.others.tolist()) if marked else frozenset()
    drawn = [
        matrix(
            found,
            inputs,
            found.output,
            output,
            others,
            (name, wording.matrix_note(found, marked=marked)),
        )
    ]
    if np.isfinite(found.shares).any():
        about = (
            "attribution on the slots",
            "The part of the attribution (sizes of scores) that lies on the words of the slots.",
        )
        drawn.append(matrix(found, inputs, found.shares, share, frozenset(), about))
    return drawn


def matrix(
    found: Fillings,
    inputs: FillingInputs,
    values: np.ndarray,
    written: Callable[[float], tuple[str, str]],
    others: frozenset[int],
    about: tuple[str, str],
) -> FillingMatrix:
    """Draw ``values`` ``(m,)`` over the two slots that move the output most, as means."""
    title, note = about
    first, *second = sorted(found.by_effect[:2], key=lambda place: -len(found.slots[place].values))
    rows, rows_left = kept(found, first, MOST_ROWS)
    columns, columns_left = kept(found, second[0], MOST_COLUMNS) if second else ([-1], "")

    def cell(row: int, column: int) -> FillingCell:
        here = found.codes[:, first] == row
        if second:
            here &= found.codes[:, second[0]] == column
        places = np.flatnonzero(here)
        known = values[places][np.isfinite(values[places])]
        if not known.size:
            return FillingCell("", "–", None)
        other = len(places) == 1 and int(places[0]) in others
        return FillingCell(*written(float(known.mean())), inputs.of(found, int(places[0])), other)

    slot = found.slots[first]
    return FillingMatrix(
        title=title,
        note=note,
        corner=slot.name,
        columns=tuple(wording.shown(found.slots[second[0]].values[c]) for c in columns)
        if second
        else (title,),
        rows=tuple(
            (wording.shown(slot.values[row]), tuple(cell(row, column) for column in columns))
            for row in rows
        ),
        left_out=" ".join(filter(None, (rows_left, columns_left))),
    )


def kept(found: Fillings, place: int, most: int) -> tuple[list[int], str]:
    """Return the values of a slot that are shown, and a sentence where that is not all."""
    slot = found.slots[place]
    whole = len(slot.values)
    if whole <= most:
        return list(range(whole)), ""
    order = np.argsort(slot.means, kind="stable").tolist()
    ends = sorted(order[: most // 2] + order[-(most - most // 2) :])
    return ends, wording.kept(slot.name, most, whole)


def slots_table(found: Fillings, name: str) -> Table:
    """Say of each slot how far its values move the output, the one that does most first."""
    attributed = any(math.isfinite(slot.share) for slot in found.slots)
    rows = []
    for place in found.by_effect:
        slot = found.slots[place]
        low, high = slot.means.argmin(), slot.means.argmax()
        cells = [slot.name, f"{len(slot.values):,}"]
        cells.append("–" if math.isnan(slot.explained) else percent(slot.explained))
        cells += (wording.at(found, slot, int(low)), wording.at(found, slot, int(high)))
        if attributed:
            cells.append("–" if math.isnan(slot.share) else percent(slot.share))
        rows.append(tuple(cells))
    heads = ("slot", "values", "of the variance", f"lowest mean {name}", "highest")
    return Table((*heads, *(("of the attribution",) if attributed else ())), tuple(rows))


def pair_row(pair: ValuePair, found: Fillings, inputs: FillingInputs) -> PairRow:
    cells = (
        signed(pair.difference.value),
        wording.interval(pair.difference),
        f"{pair.difference.count:,}",
        "–" if math.isnan(pair.q) else probability(pair.q),
    )
    here, there = pair.clearest
    return PairRow(
        slot=pair.slot,
        first=wording.shown(pair.first),
        second=wording.shown(pair.second),
        cells=cells,
        clearest=(inputs.of(found, here), inputs.of(found, there)),
    )
