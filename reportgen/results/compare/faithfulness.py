"""How faithful explanations are on two sides, and which words turn the prediction there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from reportgen.methods import Operator
from reportgen.results.bootstrap import bootstrap_interval
from reportgen.results.model import JobResult
from reportgen.results.predictions import predicted_text
from reportgen.results.removal import RANDOM, Removal, first_played
from reportgen.results.removal_summary import shown_by
from reportgen.results.words import unit_text

Pairs = Sequence[tuple[JobResult, JobResult]]


@dataclass(frozen=True)
class FaithfulnessChange:
    """What one method shows of what removing words could show, mean over inputs of both sides.

    ``interval`` is where the mean of the differences, input by input, would lie with other
    inputs (95 %); ``None`` of a single one.
    """

    method: str
    operator: Operator
    before: float
    after: float
    inputs: int
    interval: tuple[float, float] | None

    @property
    def less(self) -> bool:
        """Tell whether it shows less now, beyond what other inputs would have changed."""
        return self.interval is not None and self.interval[1] < 0

    @property
    def more(self) -> bool:
        """Tell whether it shows more now, beyond what other inputs would have changed."""
        return self.interval is not None and self.interval[0] > 0


@dataclass(frozen=True)
class TurningWords:
    """One input of the same prediction, and words without which alone it turns on one side."""

    before: JobResult
    after: JobResult
    no_longer: tuple[str, ...]
    now: tuple[str, ...]


def faithfulness_changes(pairs: Pairs) -> tuple[FaithfulnessChange, ...]:
    """Compare what each method shows with the operator that leads, where both sides have it.

    Inputs of which other units were removed are left out.
    """
    found: dict[tuple[str, Operator], list[tuple[float, float]]] = {}
    for first, second in pairs:
        if not (first.removals and second.removals):
            continue
        lead, other = second.removals[0], first.removals[0]
        if (lead.operator, lead.granularity) != (other.operator, other.granularity):
            continue
        here, there = shown_by(first)[lead.operator], shown_by(second)[lead.operator]
        for method in there.keys() & here.keys() - {RANDOM}:
            found.setdefault((method, lead.operator), []).append((here[method], there[method]))
    changes = [
        FaithfulnessChange(
            method=method,
            operator=operator,
            before=fmean(before for before, _ in values),
            after=fmean(after for _, after in values),
            inputs=len(values),
            interval=bootstrap_interval([after - before for before, after in values])
            if len(values) > 1
            else None,
        )
        for (method, operator), values in found.items()
    ]
    return tuple(sorted(changes, key=lambda one: (-one.after, one.method, one.operator)))


def turning_words(pairs: Pairs) -> tuple[TurningWords, ...]:
    """List the inputs of which another word turns the prediction now, when removed alone."""
    found = []
    for first, second in pairs:
        said = predicted_text(first)
        if said is None or said != predicted_text(second):
            continue
        before, after = searched(first), searched(second)
        if before is None or after is None or before.operator != after.operator:
            continue
        here, there = alone(first, before), alone(second, after)
        no_longer = tuple(word for word in here if word not in there)
        now = tuple(word for word in there if word not in here)
        if no_longer or now:
            found.append(TurningWords(first, second, no_longer, now))
    return tuple(found)


def searched(result: JobResult) -> Removal | None:
    """Return the first game in which words that turn the prediction were looked for."""
    return next((one for one in first_played(result.removals) if one.flip is not None), None)


def alone(result: JobResult, removal: Removal) -> tuple[str, ...]:
    """Return the units without which alone the prediction turns."""
    places = [i for outcome in removal.singles for i in outcome.removed]
    return tuple(dict.fromkeys(unit_text(result, removal.units[i]) for i in places))
