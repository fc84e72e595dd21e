"""One input that two sides read: its line in a table and, where it changed, both its texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reportgen.methods import Hue, score_of
from reportgen.rendering.drawing.palette import ramp, shade
from reportgen.rendering.input.highlighted_text import Piece, ScoreLegend, Segment, make_segments
from reportgen.rendering.input.score_rows import FEW
from reportgen.rendering.predictions.presenters import presenter
from reportgen.rendering.wording.entities import expected
from reportgen.rendering.wording.labels import begun, confidence, cut, heading, quoted, visible
from reportgen.rendering.wording.numbers import count, number, percent, signed_percent
from reportgen.rendering.wording.sentences import Verdict
from reportgen.results.compare.changes import InputChange, threshold
from reportgen.results.matching import Side
from reportgen.results.model import JobResult
from reportgen.results.words import Explanation, Shift

LISTED = 5
"""Words of the largest changes that are listed beside the texts of an input."""

NOT_EXPLAINED = "not explained"


@dataclass(frozen=True)
class Answer:
    """What one side says; ``probability`` is empty where there is none.

    ``explained`` is whether it says anything: where it does not, ``label`` says so.
    """

    label: str
    probability: str
    explained: bool = True


@dataclass(frozen=True)
class ChangeLine:
    """One input in a table; ``anchor`` is empty where its texts are not shown.

    ``number`` is its position after, and before where that is another one. ``moved``, the least
    share that counts, and ``one_minus_rho`` (1 - Spearman) are empty where nothing is compared.
    ``worse``: it was right, or explained, and is not any more.
    """

    anchor: str
    number: str
    text: str
    expected: str
    before: Answer
    after: Answer
    verdict: Verdict | None
    flipped: bool
    worse: bool
    drifted: bool
    moved: str
    least: str
    one_minus_rho: str
    not_compared: str


@dataclass(frozen=True)
class ColouredText:
    """A text coloured by one side's shares of the attribution."""

    title: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class MovedWord:
    """A word and its shares on both sides, written; one that is not in a text has ``–``."""

    word: str
    before: str
    after: str


@dataclass(frozen=True)
class Explained:
    """One output, explained on both sides: both texts on one scale, and the words that moved.

    ``entered`` and ``left`` are the words that are among the five strongest on one side only.
    """

    legend: ScoreLegend
    before: ColouredText
    after: ColouredText
    words: tuple[MovedWord, ...]
    entered: tuple[str, ...]
    left: tuple[str, ...]
    moved: str
    least: str
    one_minus_rho: str
    sizes_only: bool


@dataclass(frozen=True)
class ChangeCard:
    """A changed input with its texts; ``rest`` says which outputs are not shown."""

    line: ChangeLine
    explained: tuple[Explained, ...]
    plain: str
    rest: str


def answer(result: JobResult) -> Answer:
    prediction = result.prediction
    if prediction is None:
        return Answer(NOT_EXPLAINED, "", explained=False)
    return Answer(
        cut(presenter(result).lead) or "(nothing)",
        confidence(prediction),
    )


def verdict(change: InputChange) -> Verdict | None:
    """Say what became of a prediction; right or wrong where something is expected."""
    if change.broke:
        return Verdict("bad", "can no longer be explained")
    if change.before.error is not None and change.after.error is None:
        return Verdict("good", "can be explained now")
    if change.right_to_wrong:
        return Verdict("bad", "was right, is wrong now")
    if change.wrong_to_right:
        return Verdict("good", "was wrong, is right now")
    prediction = change.after.prediction
    if prediction is None or prediction.correct is None:
        return None
    return Verdict("good", "right") if prediction.correct else Verdict("bad", "wrong")


def change_line(change: InputChange, anchor: str = "") -> ChangeLine:
    here, there = change.before.input + 1, change.after.input + 1
    compared = bool(change.shifts)
    return ChangeLine(
        anchor=anchor,
        number=f"#{there}" if here == there else f"#{there} (was #{here})",
        text=cut(heading(change.after.fields)) or "(empty)",
        expected=expected(change.after),
        before=answer(change.before),
        after=answer(change.after),
        verdict=verdict(change),
        flipped=change.flipped,
        worse=change.right_to_wrong or change.broke,
        drifted=change.drifted,
        moved=percent(change.share_moved) if compared else "",
        least=percent(change.threshold) if compared else "",
        one_minus_rho=one_minus_rho(change.correlation) if compared else "",
        not_compared=change.not_compared,
    )


def one_minus_rho(correlation: float | None) -> str:
    """Write how differently the words are ranked: 1 - Spearman, from 0 to 2."""
    return "–" if correlation is None else number(max(0.0, round(1 - correlation, 4)))


def change_card(
    change: InputChange, before: Side, after: Side, names: tuple[str, str], anchor: str
) -> ChangeCard:
    """Read the scores of both sides and colour the text by each; ``names`` are those of the sides.

    Raises ``ResultsError`` where a result file cannot be read.
    """
    shown = change.shifts[:FEW]
    more = len(change.shifts) - len(shown)
    return ChangeCard(
        line=change_line(change, anchor),
        explained=tuple(explained(change, before, after, shift, names) for shift in shown),
        plain="" if shown else heading(change.after.fields),
        rest=f"{count(more, 'more output')} moved less." if more else "",
    )


def explained(
    change: InputChange, before: Side, after: Side, shift: Shift, names: tuple[str, str]
) -> Explained:
    sides = (
        Explanation(before.results.store, change.before, shift.method, shift.targets[0]),
        Explanation(after.results.store, change.after, shift.method, shift.targets[1]),
    )
    shares = [side.shares for side in sides]
    scale = max(float(np.abs(row).max(initial=0)) for row in shares)
    hue = hue_of(shift.method)
    readings = [
        ColouredText(
            f"{name}: {begun(presenter(side.result).output(side.target))}",
            coloured(side, row, scale),
        )
        for name, side, row in zip(names, sides, shares, strict=True)
    ]
    return Explained(
        legend=legend(scale, hue),
        before=readings[0],
        after=readings[1],
        words=moved_words(shift),
        entered=tuple(map(quoted, shift.entered())),
        left=tuple(map(quoted, shift.left())),
        moved=percent(shift.share_moved),
        least=percent(threshold(shift)),
        one_minus_rho=one_minus_rho(shift.correlation),
        sizes_only=shift.sizes_only,
    )


def coloured(side: Explanation, shares: np.ndarray, scale: float) -> tuple[Segment, ...]:
    hue = hue_of(side.method)

    def piece(gap: str, text: str, score: float) -> Piece:
        return Piece(gap, text, shade(score, scale, hue))

    scored = list(zip(side.result.words, shares.tolist(), strict=True))
    return make_segments(side.result, scored, (), piece)


def hue_of(method: str) -> Hue:
    """Return the colour of a method with one score per token."""
    return score_of(method).hue


def moved_words(shift: Shift) -> tuple[MovedWord, ...]:
    """List the words whose shares changed most, the largest change first."""
    ranked = sorted(shift.words, key=lambda word: -abs(word.change))[:LISTED]
    plain = shift.sizes_only or hue_of(shift.method) != "signed"
    write = percent if plain else signed_percent

    def written(share: float | None) -> str:
        return "–" if share is None else write(share)

    moved = (
        MovedWord(visible(word.text), written(word.before), written(word.after)) for word in ranked
    )
    return tuple(word for word in moved if word.before != word.after)


def legend(scale: float, hue: Hue) -> ScoreLegend:
    shades = tuple(ramp(hue)[::-2][::-1])  # every other one, with both ends
    low = percent(-scale) if hue == "signed" else "0"
    high = signed_percent(scale) if hue == "signed" else percent(scale)
    return ScoreLegend(shades, low, high, "of the attribution")
