"""The sections about all inputs together, in the order in which a page shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reportgen.rendering.dataset.slices import slices_section
from reportgen.rendering.input.brief import Brief
from reportgen.results.dataset.observations import Observations
from reportgen.results.model import Manifest


@dataclass(frozen=True)
class DatasetFacts:
    """All that a section is made of: what was observed of each model, and the inputs' briefs.

    ``briefs[place]`` is the input of an observation whose ``places`` has that place.
    """

    manifest: Manifest
    observed: Mapping[str, Observations]
    briefs: Sequence[Brief]


@dataclass(frozen=True)
class DatasetSection:
    """One section: its anchor, how its view is made (``None``: nothing to show), its template."""

    id: str
    make: Callable[[DatasetFacts], Any]
    template: str


SECTIONS: tuple[DatasetSection, ...] = (
    DatasetSection("slices", slices_section, "dataset/slices.html"),
)


@dataclass(frozen=True)
class ShownSection:
    """A section that has something to show."""

    id: str
    view: Any
    template: str


def dataset_sections(facts: DatasetFacts) -> tuple[ShownSection, ...]:
    """Make the sections that have something to show."""
    made = ((section, section.make(facts)) for section in SECTIONS)
    return tuple(
        ShownSection(section.id, view, section.template)
        for section, view in made
        if view is not None
    )
