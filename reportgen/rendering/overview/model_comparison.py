"""Models of one run that read the same inputs: where they differ, and on which words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest

from reportgen.rendering.compare.changes import (
    NOT_EXPLAINED,
    Answer,
    MovedWord,
    moved_words,
    one_minus_rho,
)
from reportgen.rendering.compare.summary import part_of
from reportgen.rendering.compare.word_shares import Shares, word_shares
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.wording.labels import cut, heading, title, visible
from reportgen.rendering.wording.numbers import percent
from reportgen.results.compare.changes import (
    InputChange,
    WordTotal,
    WordTotals,
    compare_input,
    rank,
)
from reportgen.results.compare.runs import method_in_common
from reportgen.results.lean import places_in_order
from reportgen.results.matching import Content, Side, content, pair_alike
from reportgen.results.model import JobResult, Manifest
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
    """Compare the first model of each task with each other one that read the same inputs.

    The results of both are gone over once more, two at a time.
    """
    places = places_in_order(results.manifest)

    def read(number: int) -> JobResult:
        return results.entries[places[number]][1]

    of: dict[str, list[tuple[Content, int]]] = {}
    for number, brief in enumerate(briefs):
        of.setdefault(brief.model, []).append((content(brief.result), number))
    found = []
    differing_words: dict[str, list[DifferingWords]] = {}
    for first, other in rivals(results.manifest):
        pairs, _, _ = pair_alike(of.get(first, ()), of.get(other, ()))
        if pairs:
            gathered = ComparedModels(Side(results, first), Side(results, other), differing_words)
            gathered.go_over(pairs, read, briefs)
            found.append(gathered.pair())
    return ModelPairs(
        tuple(found), {anchor: tuple(words) for anchor, words in differing_words.items()}
    )


def rivals(manifest: Manifest) -> Iterator[tuple[str, str]]:
    tasks: dict[str, list[str]] = {}
    for info in manifest.models:
        tasks.setdefault(info.task, []).append(info.id)
    for first, *others in tasks.values():
        yield from ((first, other) for other in others)


class ComparedModels:
    """Two models, gone over input by input: what is counted, and the inputs that lead the table.

    Words that they weigh differently go into ``differing_words``, by the anchor of an input.
    """

    def __init__(
        self, before: Side, after: Side, differing_words: dict[str, list[DifferingWords]]
    ) -> None:
        self.before, self.after = before, after
        self.names = before.model, after.model
        self.comparable = comparable(before, after)
        self.method: str | None = None
        self.inputs = self.explained = self.compared = self.flips = self.drifts = 0
        self.words = WordTotals()
        self.lines: list[ModelPairLine] = []
        self._differing = differing_words

    def go_over(
        self,
        pairs: Sequence[tuple[int, int]],
        read: Callable[[int], JobResult],
        briefs: Sequence[Brief],
    ) -> None:
        """Compare the results of each pair of ``briefs``."""
        results = ((read(first), read(second)) for first, second in pairs)
        self.method = method_in_common(self.before, self.after, results)
        self.inputs = len(pairs)
        changes = (self._see(*pair, read, briefs) for pair in pairs)
        first = nsmallest(LINES, changes, key=lambda found: found[0])  # of equal ones the first
        self.lines = [line for _, line in first]

    def _see(
        self, first: int, second: int, read: Callable[[int], JobResult], briefs: Sequence[Brief]
    ) -> tuple[tuple[object, ...], ModelPairLine]:
        change = compare_input(self.before, self.after, read(first), read(second), self.method)
        differs = self.comparable and change.flipped
        anchors = briefs[first].anchor, briefs[second].anchor
        answers = answer_of(briefs[first]), answer_of(briefs[second])
        if not (change.before.error or change.after.error):
            self.explained += 1
            self.flips += differs
        if change.shifts:
            self.compared += 1
            self.drifts += change.drifted
            if change.drifted or differs:
                for here, other in zip(anchors, reversed(self.names), strict=True):
                    found = make_differing_words(change, self.names, other)
                    self._differing.setdefault(here, []).append(found)
        self.words.see(change)
        return (not differs, *rank(change)), model_pair_line(change, anchors, answers, differs)

    def pair(self) -> ModelPair:
        words = self.words.totals()
        return ModelPair(
            names=self.names,
            lead=lead(self, words),
            method=title(self.method) if self.method else "",
            shares=word_shares(words),
            lines=tuple(self.lines),
            more=max(0, self.inputs - LINES),
        )


def comparable(before: Side, after: Side) -> bool:
    """Tell whether two models have a class in common, if they have classes.

    Models that name their classes differently would differ everywhere.
    """
    here, there = ({label.casefold() for label in side.info.labels} for side in (before, after))
    return not (here and there) or bool(here & there)


def lead(found: ComparedModels, words: Sequence[WordTotal]) -> str:
    """Say how often two models differ, in what they predict and in what they rely on."""
    first, second = found.names
    if not found.explained:
        return f"{first} and {second} explained no input in common."
    if found.flips:
        part = part_of(found.flips, found.explained, "input")
        text = f"{first} and {second} predict otherwise for {part}"
    else:
        everywhere = part_of(found.explained, found.explained, "input")
        text = f"{first} and {second} predict the same for {everywhere}"
    drifts = found.drifts
    if found.compared:
        other = part_of(drifts, found.compared, "explanation") if drifts else "no explanation"
        be = "differs" if (drifts == 1 and found.compared == 1) or not drifts else "differ"
        text += f"; {other} {be} by more than the method’s own error"
    if drifts and words:
        word = words[0]
        shares = f"{percent(word.before)} in {first}, {percent(word.after)} in {second}"
        text += (
            f". They weigh “{visible(word.word)}” most differently ({shares} of the attribution)"
        )
    return f"{text}."


def answer_of(brief: Brief) -> Answer:
    """Say what a model says as the comparison of runs does."""
    if brief.result.prediction is None:
        return Answer(NOT_EXPLAINED, "", explained=False)
    return Answer(cut(brief.lead) or "(nothing)", brief.sure)


def model_pair_line(
    change: InputChange, anchors: tuple[str, str], answers: tuple[Answer, Answer], differs: bool
) -> ModelPairLine:
    return ModelPairLine(
        position=change.after.input,
        text=cut(heading(change.after.fields)) or "(empty)",
        anchors=anchors,
        answers=answers,
        flipped=differs,
        moved=percent(change.share_moved) if change.shifts else "",
        one_minus_rho=one_minus_rho(change.correlation) if change.shifts else "",
    )


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
