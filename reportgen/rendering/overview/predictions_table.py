"""Predictions at a glance: one line per input, one answer per model, and where models disagree."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from reportgen.rendering.input.brief import Brief
from reportgen.rendering.input.highlighted_text import Piece
from reportgen.rendering.overview.coloured_text import ColouredLine, coloured_line
from reportgen.rendering.overview.columns import Codes, InputColumns
from reportgen.rendering.predictions.presenters import presenter
from reportgen.rendering.wording.labels import SAYS, cut
from reportgen.rendering.wording.numbers import count
from reportgen.rendering.wording.sentences import REASONS, Verdict
from reportgen.results.model import JobResult, Manifest, ModelInfo
from reportgen.results.review import ReviewReason

CODES = {
    ReviewReason.NOT_EXPLAINED: "e",
    ReviewReason.METHOD_FAILED: "m",
    ReviewReason.CHECK_FAILED: "f",
    ReviewReason.NOT_CONVERGED: "c",
    ReviewReason.WRONG: "w",
    ReviewReason.MODELS_DISAGREE: "d",
    ReviewReason.TRUNCATED: "t",
    ReviewReason.LOW_CONFIDENCE: "l",
}
"""The letters by which the page's filters know the reasons to look at an input."""

NOT_CONVERGED = Verdict("bad", REASONS[ReviewReason.NOT_CONVERGED])

SHOWN_ELSEWHERE = (
    ReviewReason.WRONG,
    ReviewReason.MODELS_DISAGREE,
    ReviewReason.NOT_CONVERGED,
)
"""Reasons that a verdict, or the row's disagreement, says already."""


FEW_DOZEN = 36
"""Inputs from which on what holds for all of them comes first, and their table after it, a page of
rows at a time."""

ROWS_SHOWN = 25
"""Rows of the page of a table that is all in the HTML."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One model's answer to one input, linked to its section.

    ``unreliable`` says that its explanation failed. ``why`` are the ``CODES`` of all reasons to
    look at it; ``notes`` writes out those that neither a verdict nor the row's disagreement says.
    """

    anchor: str
    label: str
    probability: str
    verdict: Verdict | None
    why: str
    notes: str
    unreliable: Verdict | None = None


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """One input and what each model of its task says; ``disagree`` is ``None`` for one model.

    ``colours`` are the coloured stretches of ``text``, empty where no word of it is coloured: how
    many characters are before each, how many it has, and its shade, as in ``3 5 p4 1 2 n7``. There
    may be a hundred thousand rows, so they are kept short. ``columns`` are the codes of what is
    known of the input beside its text, see ``InputColumns``.
    """

    position: int
    text: str
    colours: str
    expected: str
    disagree: bool | None
    cells: tuple[Cell | None, ...]
    columns: Codes = ()

    @property
    def coloured(self) -> tuple[Piece, ...]:
        """The text in pieces, the last without colour; none where no word is coloured."""
        if not self.colours:
            return ()
        found, start = [], 0
        numbers = iter(self.colours.split(" "))
        for gap, length, shade in zip(numbers, numbers, numbers, strict=True):
            begin = start + int(gap)
            end = begin + int(length)
            found.append(Piece(self.text[start:begin], self.text[begin:end], shade))
            start = end
        return (*found, Piece(self.text[start:], "", ""))


@dataclass(frozen=True)
class PredictionsTable:
    """Predictions of the models of one task, one line per input.

    ``tagged``: answers are lists of entities; ``wordy``: they are lists or texts, which need room.
    ``colours`` say by which methods the texts are coloured, and what that means.
    """

    task: str
    tagged: bool
    wordy: bool
    models: tuple[str, ...]
    about: tuple[tuple[str, str], ...]
    rows: tuple[PredictionRow, ...]
    colours: tuple[str, ...]

    rows_shown = ROWS_SHOWN

    @property
    def many(self) -> bool:
        """Whether a page has too many rows to show them all at once."""
        return len(self.rows) >= FEW_DOZEN

    @cached_property
    def expects(self) -> bool:
        return any(row.expected for row in self.rows)

    @property
    def says(self) -> str:
        return SAYS.get(self.task, "says")

    @cached_property
    def compares(self) -> bool:
        return any(row.disagree is not None for row in self.rows)


Disagreements = Mapping[tuple[str, int], bool]
"""By task and input, where several models answered the same: whether any two say otherwise."""


def disagreements(results: Iterable[JobResult], manifest: Manifest) -> Disagreements:
    """Compare what the models of a task say about the same input, letter case aside.

    Numbers and texts that a model writes freely are not compared, nor are models whose classes
    have no name in common.
    """
    labels = {info.id: {name.casefold() for name in info.labels} for info in manifest.models}
    answers: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for result in results:
        if comparable(result) and result.prediction is not None:
            label = result.prediction.label.strip().casefold()
            answers.setdefault((result.task, result.input), []).append((result.model, label))
    found = {}
    for key, given in answers.items():
        pairs = [
            label != other
            for (model, label), (second, other) in combinations(given, 2)
            if labels[model] & labels[second] or not (labels[model] and labels[second])
        ]
        if pairs:
            found[key] = any(pairs)
    return found


def comparable(result: JobResult) -> bool:
    kind = result.prediction_kind
    return kind is not None and not kind.numeric and not kind.written


def predictions_tables(
    briefs: tuple[Brief, ...], manifest: Manifest, disagree: Disagreements, known: InputColumns
) -> tuple[PredictionsTable, ...]:
    """Group the briefs by task: inputs down, models across.

    Texts are coloured by what the first model says that was explained.
    """
    about = {info.id: describe_model(info) for info in manifest.models}
    tasks: dict[str, list[Brief]] = {}
    for brief in briefs:
        tasks.setdefault(brief.result.task, []).append(brief)
    found = []
    for task, members in tasks.items():
        models = tuple(dict.fromkeys(brief.model for brief in members))
        by_position: dict[int, dict[str, Brief]] = {}
        for brief in members:
            by_position.setdefault(brief.position, {})[brief.model] = brief
        rows: list[PredictionRow] = []
        meanings: dict[str, None] = {}
        for position in sorted(by_position):
            row = by_position[position]
            lines = (coloured_line(brief) for brief in row.values())
            line = next(filter(None, lines), None)
            if line is not None:
                meanings[line.meaning] = None
            differ = disagree.get((task, position))
            rows.append(make_row(position, row, models, differ, line, known.of(position)))
        tagged = any(presenter(brief.result).lists for brief in members)
        wordy = any(presenter(brief.result).wordy for brief in members)
        described = tuple((model, about[model]) for model in models)
        found.append(
            PredictionsTable(task, tagged, wordy, models, described, tuple(rows), tuple(meanings))
        )
    return tuple(found)


def make_row(
    position: int,
    row: Mapping[str, Brief],
    models: tuple[str, ...],
    disagree: bool | None,
    line: ColouredLine | None,
    columns: Codes = (),
) -> PredictionRow:
    first = next(iter(row.values()))
    pieces = line.pieces if line is not None and len(line.pieces) > 1 else ()
    spans = (f"{len(one.gap)} {len(one.text)} {one.shade}" for one in pieces if one.text)
    return PredictionRow(
        position=position,
        text="".join(one.gap + one.text for one in pieces) or cut(first.heading),
        colours=" ".join(spans),
        expected=cut(first.expected),
        disagree=disagree,
        cells=tuple(make_cell(row[model]) if model in row else None for model in models),
        columns=columns,
    )


def make_cell(brief: Brief) -> Cell:
    why = "".join(CODES[reason] for reason in brief.reasons)
    prediction = brief.result.prediction
    if prediction is None:
        return Cell(brief.anchor, "not explained", "", Verdict("bad", "error"), why, "")
    return Cell(
        anchor=brief.anchor,
        label=sys.intern(cut(brief.lead)),
        probability=sys.intern(brief.sure),
        verdict=brief.verdict,
        why=why,
        notes=", ".join(REASONS[one] for one in brief.reasons if one not in SHOWN_ELSEWHERE),
        unreliable=NOT_CONVERGED if ReviewReason.NOT_CONVERGED in brief.reasons else None,
    )


def describe_model(info: ModelInfo) -> str:
    """Say in one line what a model is, how large, and what it can say."""
    size = f"{info.parameters / 1e6:,.1f} M parameters"
    shape = f"{count(info.layers, 'layer')} of {count(info.heads, 'head')}"
    labels = f", says {' or '.join(info.labels)}" if 1 < len(info.labels) <= 4 else ""
    return (
        f"{info.architecture}, {size}, {shape}, reads up to {info.max_length} tokens{labels}; "
        f"from {info.path}"
    )
