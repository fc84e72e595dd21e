"""The training examples behind wrong predictions, and those that are hard to fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reportgen.rendering.input.brief import Brief
from reportgen.rendering.wording import influence as wording
from reportgen.rendering.wording.numbers import number, percent, probability
from reportgen.results.dataset.blamed_examples import BlamedExamples
from reportgen.results.training import TrainingData

if TYPE_CHECKING:
    from reportgen.rendering.dataset.sections import DatasetFacts

LISTED = 10
"""Training examples that are listed, of those that return and of those that are hard to fit."""

LINKED = 5
"""Inputs that a row links to."""


@dataclass(frozen=True)
class ReturningExample:
    """A training example that is behind several inputs: their links, and how many more."""

    row: str
    text: str
    label: str
    inputs: str
    share: str
    links: tuple[Brief, ...]
    more: int


@dataclass(frozen=True)
class SuspiciousExample:
    """A training example that is hard to fit, as written."""

    row: str
    text: str
    label: str
    predicted: str
    probability: str
    score: str


@dataclass(frozen=True)
class ModelTraining:
    """What is said of one model: examples that return, and those that are hard to fit.

    ``model`` is empty where there is one only, ``lead`` where no prediction is wrong, and so is
    ``fit`` where nothing is known of the training file.
    """

    model: str
    lead: str
    returning: tuple[ReturningExample, ...]
    fit: str
    file: str
    suspicious: tuple[SuspiciousExample, ...]


def training_section(facts: DatasetFacts) -> tuple[ModelTraining, ...] | None:
    """Show what was found of the training examples of each model; ``None`` of none."""
    several = len(facts.manifest.models) > 1
    found = []
    for info in facts.manifest.models:
        observed = facts.observed.get(info.id)
        blamed = observed.blamed if observed is not None else None
        if blamed is None and info.training is None:
            continue
        rows: tuple[ReturningExample, ...] = ()
        lead = ""
        if blamed is not None and observed is not None:
            briefs = [facts.briefs[place] for place in observed.places.tolist()]
            rows = returning(blamed, briefs)
            lead = wording.returning(blamed)
        data = info.training
        found.append(
            ModelTraining(
                model=info.id if several else "",
                lead=lead,
                returning=rows,
                fit=wording.suspicious(data) if data else "",
                file=f"{data.file} (SHA-256 {data.sha256[:12]}…)" if data else "",
                suspicious=suspicious(data) if data else (),
            )
        )
    return tuple(found) or None


def returning(blamed: BlamedExamples, briefs: list[Brief]) -> tuple[ReturningExample, ...]:
    """List the examples that return oftenest, of those that do so more than by chance."""
    return tuple(
        ReturningExample(
            row=f"{one.example.row:,}",
            text=one.example.text,
            label=one.example.label,
            inputs=f"{len(one.rows):,}",
            share=percent(len(one.rows) / blamed.inputs),
            links=tuple(briefs[row] for row in one.rows[:LINKED]),
            more=max(0, len(one.rows) - LINKED),
        )
        for one in blamed.returning[: min(LISTED, blamed.repeated)]
    )


def suspicious(data: TrainingData) -> tuple[SuspiciousExample, ...]:
    return tuple(
        SuspiciousExample(
            row=f"{one.row:,}",
            text=one.text,
            label=one.label,
            predicted=one.predicted,
            probability=probability(one.probability),
            score=number(one.score),
        )
        for one in data.suspicious[:LISTED]
    )
