"""What stands out in the inputs of a model, each in one sentence with the inputs behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.rendering.input.brief import Brief
from reportgen.rendering.wording import findings as wording
from reportgen.results.dataset.moments import MANY
from reportgen.results.dataset.observations import Observations
from reportgen.results.dataset.scan import scan

if TYPE_CHECKING:
    from reportgen.rendering.dataset.sections import DatasetFacts

LINKED = 5
"""Inputs of a finding that are linked."""


@dataclass(frozen=True)
class StandsOut:
    """One finding: its sentence, the first inputs behind it, and how many more there are."""

    sentence: str
    inputs: tuple[Brief, ...]
    more: int


@dataclass(frozen=True)
class ScannedModel:
    """What was found in the inputs of one model, and what was looked for."""

    model: str
    headline: str
    findings: tuple[StandsOut, ...]
    tried: str


def findings_section(facts: DatasetFacts) -> tuple[ScannedModel, ...] | None:
    """Make the section; ``None`` where no model has read enough inputs."""
    made = tuple(
        scanned_model(found, facts.briefs, facts.manifest.seed)
        for found in facts.observed.values()
        if len(found) >= MANY
    )
    return made or None


def scanned_model(found: Observations, briefs: Sequence[Brief], seed: int) -> ScannedModel:
    scanned = scan(found, seed)
    return ScannedModel(
        model=found.model,
        headline=wording.headline(scanned.findings),
        findings=tuple(
            StandsOut(
                wording.told(one, found.words.method),
                tuple(briefs[place] for place in one.places[:LINKED].tolist()),
                max(0, len(one.places) - LINKED),
            )
            for one in scanned.findings
        ),
        tried=wording.looked_for(scanned.tried),
    )
