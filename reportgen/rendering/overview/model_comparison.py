"""Models of one run that read the same inputs: where they differ, and on which words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reportgen.rendering.compare.changes import (
    Answer,
    MovedWord,
    answer,
    moved_words,
    one_minus_rho,
)
from reportgen.rendering.compare.summary import part_of
from reportgen.rendering.compare.word_shares import Shares, word_shares
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.wording.labels import cut, heading, title, visible
from reportgen.rendering.wording.numbers import percent
from reportgen.results.compare.changes import InputChange
from reportgen.results.compare.runs import ModelComparison, compare_models
from reportgen.results.matching import Side
from reportgen.results.tables import Results

LINES = 20
"""Inputs in the table of two models."""


@dataclass(frozen=True)
class ModelPairLine:
    """One input that two models read; each answer is linked to its section.

    ``moved`` and ``one_minus_rho`` are empty where explanations are not compared.
    """

    position: int
    text: str
    anchors: tuple[str, str]
    answers: tuple[Answer, Answer]
    flipped: bool
    moved: str
    one_minus_rho: str


@dataclass(frozen=True)
class ModelPair:
    """Two models side by side: the first of the run, and another one."""

    names: tuple[str, str]
    lead: str
    method: str
    shares: Shares
    lines: tuple[ModelPairLine, ...]
    more: int


@dataclass(frozen=True)
class DifferingWords:
    """The words that two models weigh differently in one input; ``names`` are the models."""

    other: str
    names: tuple[str, str]
    words: tuple[MovedWord, ...]
    moved: str
    one_minus_rho: str
    sizes_only: bool


@dataclass(frozen=True)
class ModelPairs:
    """All pairs of models, and what differs by the anchor of an input's section."""

    pairs: tuple[ModelPair, ...]
    differing_words: Mapping[str, tuple[DifferingWords, ...]]


def model_pairs(results: Results, briefs: Sequence[Brief]) -> ModelPairs:
    """Compare the first model of each task with each other one that read the same inputs."""
    anchors = {(brief.model, brief.position): brief.anchor for brief in briefs}
    pairs = []
    differing_words: dict[str, list[DifferingWords]] = {}
    for model in comparisons(results):
        pairs.append(model_pair(model, anchors))
        names = model.before.model, model.after.model
        for change in model.changes:
            if change.shifts and (change.drifted or differs(model, change)):
                here, there = places(names, change, anchors)
                differing_words.setdefault(here, []).append(
                    make_differing_words(change, names, names[1])
                )
                differing_words.setdefault(there, []).append(
                    make_differing_words(change, names, names[0])
                )
    return ModelPairs(
        tuple(pairs), {anchor: tuple(found) for anchor, found in differing_words.items()}
    )


def comparisons(results: Results) -> Iterator[ModelComparison]:
    tasks: dict[str, list[str]] = {}
    for info in results.manifest.models:
        tasks.setdefault(info.task, []).append(info.id)
    for first, *others in tasks.values():
        for other in others:
            model = compare_models(Side(results, first), Side(results, other))
            if model.changes:
                yield model


def model_pair(model: ModelComparison, anchors: Mapping[tuple[str, int], str]) -> ModelPair:
    names = model.before.model, model.after.model
    ranked = sorted(model.changes, key=lambda change: not differs(model, change))
    return ModelPair(
        names=names,
        lead=lead(model),
        method=title(model.method) if model.method else "",
        shares=word_shares(model.words),
        lines=tuple(model_pair_line(model, change, anchors) for change in ranked[:LINES]),
        more=max(0, len(ranked) - LINES),
    )


def differs(model: ModelComparison, change: InputChange) -> bool:
    """Tell whether the predictions differ, of models with a class in common if they have classes.

    Models that name their classes differently would differ everywhere.
    """
    here, there = (
        {label.casefold() for label in side.info.labels} for side in (model.before, model.after)
    )
    return change.flipped and (not (here and there) or bool(here & there))


def lead(model: ModelComparison) -> str:
    """Say how often two models differ, in what they predict and in what they rely on."""
    first, second = model.before.model, model.after.model
    explained = [
        change for change in model.changes if not (change.before.error or change.after.error)
    ]
    compared = [change for change in model.changes if change.shifts]
    flips = sum(differs(model, change) for change in explained)
    drifts = sum(change.drifted for change in compared)
    if not explained:
        return f"{first} and {second} explained no input in common."
    if flips:
        text = (
            f"{first} and {second} predict otherwise for {part_of(flips, len(explained), 'input')}"
        )
    else:
        everywhere = part_of(len(explained), len(explained), "input")
        text = f"{first} and {second} predict the same for {everywhere}"
    if compared:
        other = part_of(drifts, len(compared), "explanation") if drifts else "no explanation"
        be = "differs" if (drifts == 1 and len(compared) == 1) or not drifts else "differ"
        text += f"; {other} {be} by more than the method’s own error"
    if drifts and model.words:
        word = model.words[0]
        shares = f"{percent(word.before)} in {first}, {percent(word.after)} in {second}"
        text += (
            f". They weigh “{visible(word.word)}” most differently ({shares} of the attribution)"
        )
    return f"{text}."


def model_pair_line(
    model: ModelComparison, change: InputChange, anchors: Mapping[tuple[str, int], str]
) -> ModelPairLine:
    names = model.before.model, model.after.model
    return ModelPairLine(
        position=change.after.input,
        text=cut(heading(change.after.fields)) or "(empty)",
        anchors=places(names, change, anchors),
        answers=(answer(change.before), answer(change.after)),
        flipped=differs(model, change),
        moved=percent(change.share_moved) if change.shifts else "",
        one_minus_rho=one_minus_rho(change.correlation) if change.shifts else "",
    )


def places(
    names: tuple[str, str], change: InputChange, anchors: Mapping[tuple[str, int], str]
) -> tuple[str, str]:
    return anchors[names[0], change.before.input], anchors[names[1], change.after.input]


def make_differing_words(change: InputChange, names: tuple[str, str], other: str) -> DifferingWords:
    most = change.shifts[0]
    return DifferingWords(
        other=other,
        names=names,
        words=moved_words(most),
        moved=percent(most.share_moved),
        one_minus_rho=one_minus_rho(most.correlation),
        sizes_only=most.sizes_only,
    )
