"""The sections about all inputs together, in the order in which a page shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reportgen.rendering.dataset.fillings import fillings_section
from reportgen.rendering.dataset.findings import findings_section
from reportgen.rendering.dataset.heads import heads_view
from reportgen.rendering.dataset.influence import training_section
from reportgen.rendering.dataset.performance import performance_section
from reportgen.rendering.dataset.regions import regions_section
from reportgen.rendering.dataset.robustness import robustness_section
from reportgen.rendering.dataset.slices import slices_section
from reportgen.rendering.dataset.words import words_view
from reportgen.rendering.input.brief import Brief
from reportgen.results.dataset.head_statistics import HeadStatistics
from reportgen.results.dataset.observations import Observations
from reportgen.results.model import Manifest


@dataclass(frozen=True)
class DatasetFacts:
    """All that a section is made of: what was observed of each model, and the inputs' briefs.

    ``briefs[place]`` is the input of an observation whose ``places`` has that place. ``heads`` are
    those of each model whose heads were switched off, ``fillings`` what was observed of fillings
    of templates, which ``observed`` leaves out.
    """

    manifest: Manifest
    observed: Mapping[str, Observations]
    briefs: Sequence[Brief]
    heads: Mapping[str, HeadStatistics] = field(default_factory=dict)
    fillings: Mapping[str, Observations] = field(default_factory=dict)


@dataclass(frozen=True)
class DatasetSection:
    """One section: its anchor, how its view is made (``None``: nothing to show), its template."""

    id: str
    make: Callable[[DatasetFacts], Any]
    template: str


SECTIONS: tuple[DatasetSection, ...] = (
    DatasetSection("findings", findings_section, "dataset/findings.html"),
    DatasetSection("performance", performance_section, "dataset/performance.html"),
    DatasetSection("slices", slices_section, "dataset/slices.html"),
    DatasetSection("fillings", fillings_section, "dataset/fillings.html"),
    DatasetSection("words", words_view, "dataset/words.html"),
    DatasetSection("heads", heads_view, "dataset/heads.html"),
    DatasetSection("robustness", robustness_section, "dataset/robustness.html"),
    DatasetSection("regions", regions_section, "dataset/regions.html"),
    DatasetSection("influence", training_section, "dataset/influence.html"),
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
