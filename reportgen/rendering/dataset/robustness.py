"""What small changes do over all inputs, and the words that weigh much and decide little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.rendering.input.brief import Brief
from reportgen.rendering.wording import robustness as wording
from reportgen.rendering.wording.labels import visible
from reportgen.rendering.wording.numbers import fixed, percent
from reportgen.results.dataset.observations import Observations
from reportgen.results.dataset.perturbations import (
    ChangeSensitivity,
    WordWithout,
    sensitivity,
    words_without_information,
)

if TYPE_CHECKING:
    from reportgen.rendering.dataset.sections import DatasetFacts

MANY = 10
"""Inputs with variants, from which on something is said of all of them."""

LINKED = 5
"""Inputs of a row that are linked."""

SHOWN = 12
"""Heavy words that are shown, the heaviest first; words that decide next to nothing always are."""


@dataclass(frozen=True)
class RobustRow:
    """A kind of small changes, or a word: its cells, and inputs behind it (``more`` are others)."""

    name: str
    cells: tuple[str, ...]
    linked: tuple[Brief, ...]
    more: int
    marked: bool = False


@dataclass(frozen=True)
class RobustModel:
    """What small changes do to one model; ``kinds`` and ``words`` are rows under ``columns``."""

    model: str
    sentence: str
    columns: tuple[str, ...]
    kinds: tuple[RobustRow, ...]
    about_words: str
    word_columns: tuple[str, ...]
    words: tuple[RobustRow, ...]
    unlisted: int
    rule: str = wording.RULE


def robustness_section(facts: DatasetFacts) -> tuple[RobustModel, ...] | None:
    """Make the section; ``None`` where no model has enough inputs with variants."""
    made = tuple(
        robust_model(found, facts.briefs)
        for found in facts.observed.values()
        if np.unique(found.perturbations.rows).size >= MANY
    )
    return tuple(one for one in made if one.kinds or one.words) or None


def robust_model(found: Observations, briefs: Sequence[Brief]) -> RobustModel:
    kinds = [one for one in sensitivity(found) if one.changed is not None]
    judged = any(one.difference is not None for one in kinds)
    words = words_without_information(found)
    heavy = [one for one in words if one.heavy]
    shown = [one for i, one in enumerate(heavy) if i < SHOWN or one.uninformative]
    right = any(one.difference is not None for one in shown)
    accuracy = ("accuracy before", "after", "difference, points") if judged else ()
    return RobustModel(
        model=found.model,
        sentence=wording.over_inputs(kinds),
        columns=("change", "predictions turned", *accuracy, "inputs that turned"),
        kinds=tuple(kind_row(one, briefs, judged) for one in kinds),
        about_words=wording.about_words(words) if words else "",
        word_columns=(
            *("word", "inputs", "attribution", "predictions turned"),
            *(("accuracy, points",) if right else ()),
            "inputs where it weighs most",
        ),
        words=tuple(word_row(one, briefs, right) for one in shown),
        unlisted=len(heavy) - len(shown),
    )


def kind_row(one: ChangeSensitivity, briefs: Sequence[Brief], judged: bool) -> RobustRow:
    cells = [wording.interval(one.changed)]
    if judged:
        before = one.before.value if one.before else None
        cells += [share(before), share(one.after), wording.interval(one.difference, sign=True)]
    linked, more = links(one.places, briefs)
    return RobustRow(wording.KINDS[one.kind], tuple(cells), linked, more)


def word_row(one: WordWithout, briefs: Sequence[Brief], judged: bool) -> RobustRow:
    cells = [f"{one.count:,}", f"{fixed(one.weight, 1)} ×", wording.interval(one.changed)]
    if judged:
        cells.append(wording.interval(one.difference, sign=True))
    linked, more = links(one.places, briefs)
    return RobustRow(visible(one.word), tuple(cells), linked, more, marked=one.uninformative)


def share(value: float | None) -> str:
    return "" if value is None else percent(value)


def links(places: np.ndarray, briefs: Sequence[Brief]) -> tuple[tuple[Brief, ...], int]:
    linked = tuple(briefs[place] for place in places[:LINKED].tolist())
    return linked, len(places) - len(linked)
