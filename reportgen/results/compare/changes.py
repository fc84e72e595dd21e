"""What one input, or one word, says otherwise on two sides."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.results.compare.settings import settings_differences
from reportgen.results.matching import Side
from reportgen.results.model import JobResult
from reportgen.results.predictions import predicted_text
from reportgen.results.words import Explanation, Shift, named, shift, targets_explained

FLOOR = 0.02
"""Share of the attribution below which no reader would see a difference: never a change."""


@dataclass(frozen=True)
class InputChange:
    """One input, read by both sides.

    ``shifts`` compares what is explained, output by output, the one that is furthest over its
    threshold first; it is empty where ``not_compared`` says why. ``flipped``: both sides predict,
    and not the same, letter case aside; numbers never do.
    """

    before: JobResult
    after: JobResult
    flipped: bool
    shifts: tuple[Shift, ...]
    not_compared: str = ""

    @property
    def share_moved(self) -> float:
        """The share of the attribution that moved, of the first of ``shifts``."""
        return self.shifts[0].share_moved if self.shifts else 0.0

    @property
    def threshold(self) -> float:
        """The share from which on that explanation counts as changed."""
        return threshold(self.shifts[0]) if self.shifts else FLOOR

    @property
    def correlation(self) -> float | None:
        """Spearman's rank correlation of the words, of the first of ``shifts``."""
        return self.shifts[0].correlation if self.shifts else None

    @property
    def drifted(self) -> bool:
        """Tell whether any explanation changed by more than the method's own noise."""
        return self.share_moved > self.threshold

    @property
    def beyond(self) -> bool:
        """Tell whether both sides were explained, but not so that it could be compared."""
        return bool(self.not_compared) and not (self.before.error or self.after.error)

    @property
    def broke(self) -> bool:
        """Tell whether only the second side could not explain the input."""
        return self.before.error is None and self.after.error is not None

    @property
    def right_to_wrong(self) -> bool:
        """Tell whether the prediction was right and is wrong."""
        return correct(self.before) is True and correct(self.after) is False

    @property
    def wrong_to_right(self) -> bool:
        """Tell whether the prediction was wrong and is right."""
        return correct(self.before) is False and correct(self.after) is True

    @property
    def changed(self) -> bool:
        return (
            self.flipped or self.broke or self.right_to_wrong or self.wrong_to_right or self.drifted
        )


@dataclass(frozen=True)
class WordTotal:
    """A word over all compared inputs: the mean size of its share before and after.

    ``inputs`` counts those it stands in. ``total``, by which words are ranked, is how much its
    share changed, added up over the inputs whose explanation changed: below the threshold there
    is only noise, which would add up too. ``turned`` counts the inputs in which it pushed one
    way, and pushes the other way now.
    """

    word: str
    before: float
    after: float
    inputs: int
    total: float
    turned: int


def compare_input(
    before: Side, after: Side, first: JobResult, second: JobResult, method: str | None
) -> InputChange:
    flipped = None not in (predicted_text(first), predicted_text(second)) and predicted_text(
        first
    ) != predicted_text(second)

    def unexplained(reason: str) -> InputChange:
        return InputChange(first, second, flipped, (), reason)

    failed = [result.error is not None for result in (first, second)]
    if any(failed):
        return unexplained(f"{'neither' if all(failed) else 'only one'} side could be explained")
    if method is None:
        return unexplained("no method with one score per word is on both sides")
    different = [d.what for d in settings_differences(first, second, method) if d.decisive]
    if different:
        return unexplained(f"{method} ran with other settings: {', '.join(different)}")
    names = [
        targets_explained(side.results.store, result, method)
        for side, result in ((before, first), (after, second))
    ]
    if not all(names):
        return unexplained(f"{method} is not on both sides")
    common = [(name, name) for name in names[0] if name in names[1]]
    # Where none is the same, the first of each: what mattered for what is said, there and here.
    pairs = common or [(names[0][0], names[1][0])]
    shifts = tuple(
        shift(
            Explanation(before.results.store, first, method, here),
            Explanation(after.results.store, second, method, there),
        )
        for here, there in pairs
    )
    return InputChange(first, second, flipped, tuple(sorted(shifts, key=excess, reverse=True)))


def correct(result: JobResult) -> bool | None:
    return result.prediction.correct if result.prediction else None


def threshold(shift: Shift) -> float:
    """Return the share from which on an explanation counts as changed."""
    return max(FLOOR, shift.noise)


def excess(shift: Shift) -> float:
    return shift.share_moved - threshold(shift)


class WordTotals:
    """Adds up how much the share of each word changed, over inputs and explained outputs.

    Left out are words of inputs whose explanations did not change.
    """

    def __init__(self) -> None:
        self._sums: dict[str, list[float]] = {}

    def see(self, change: InputChange) -> None:
        here: dict[str, list[tuple[float, float, float, bool]]] = {}
        for one in change.shifts:
            drifted = excess(one) > 0
            for word in one.words:
                before, after = word.before or 0.0, word.after or 0.0
                moved = abs(word.change) if drifted else 0.0
                # Below the floor a sign is as good as none.
                turned = drifted and before * after < 0 and min(abs(before), abs(after)) > FLOOR
                here.setdefault(named(word.text), []).append(
                    (abs(before), abs(after), moved, turned)
                )
        for name, rows in here.items():
            sums = [sum(row[i] for row in rows) / len(change.shifts) for i in range(3)]
            held = self._sums.setdefault(name, [0.0] * 5)
            for i, value in enumerate((*sums, 1, any(row[3] for row in rows))):
                held[i] += value

    def totals(self) -> tuple[WordTotal, ...]:
        """Return the words that changed, the most first."""
        found = [
            WordTotal(name, before / inputs, after / inputs, int(inputs), total, int(turned))
            for name, (before, after, total, inputs, turned) in self._sums.items()
            if total > 0
        ]
        return tuple(sorted(found, key=lambda word: (-word.total, word.word)))


def rank(change: InputChange) -> tuple[bool, bool, bool, bool, float]:
    """Put flipped predictions first, then what only one side explained, then the largest shifts."""
    judged_otherwise = change.right_to_wrong or change.wrong_to_right
    return (
        not change.flipped,
        not change.broke,
        not judged_otherwise,
        not change.drifted,
        -change.share_moved,
    )
