"""Whether accuracy changed between two sides: over the inputs both judged, and by slice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.results.compare.changes import InputChange
from reportgen.results.dataset.intervals import (
    Estimate,
    benjamini_hochberg,
    paired_difference,
    proportion,
)
from reportgen.results.dataset.observations import Observer
from reportgen.results.dataset.slices import FEWEST, slices
from reportgen.results.dataset.slots import stored_templates
from reportgen.results.lean import LastArrays
from reportgen.results.matching import Side
from reportgen.spec.slices import read_slices


@dataclass(frozen=True)
class SliceChange:
    """The accuracy on inputs that both sides judged, before and after.

    ``by`` and ``value`` name the slice and are empty of all inputs. ``difference`` is the accuracy
    after less that before, input by input; ``p`` of McNemar's exact test and ``q`` corrected over
    the slices (Benjamini-Hochberg; equal to ``p`` of all inputs).
    """

    by: str
    value: str
    before: Estimate
    after: Estimate
    difference: Estimate
    p: float
    q: float

    @property
    def count(self) -> int:
        """The number of inputs that both sides judged."""
        return self.difference.count

    @property
    def changed(self) -> bool:
        """Whether it is another accuracy, by more than chance."""
        return self.q <= 0.05


def slice_changes(after: Side, changes: Sequence[InputChange]) -> tuple[SliceChange, ...]:
    """Return how accuracy changed over all inputs, then in slices of the second side's inputs.

    Slices come in the order of evidence. It is empty for fewer than ``FEWEST`` inputs that both
    sides judged. Raises ``ResultsError`` where arrays cannot be read.
    """
    entries = {e.input: e for e in after.results.manifest.jobs if e.model == after.model}
    templates = stored_templates(after.results.manifest)
    earlier = {
        change.after.input: float(change.before.prediction.correct)
        for change in changes
        if entries[change.after.input].entry not in templates  # fillings are no sample
        and change.before.prediction is not None
        and change.before.prediction.correct is not None
        and change.after.prediction is not None
        and change.after.prediction.correct is not None
    }
    if len(earlier) < FEWEST:
        return ()
    observer = Observer(after.model, after.info.task)
    store = LastArrays(after.results.store)
    for place, change in enumerate(changes):
        if change.after.input in earlier:
            observer.see(place, entries[change.after.input], change.after, store)
    found = observer.observations()
    then = np.array([earlier[number] for number in found.inputs.tolist()])
    asked = read_slices(after.results.manifest.spec)
    whole = compared("", "", then, found.correct)
    parts = [
        compared(one.by, one.value, then[one.rows], found.correct[one.rows])
        for one in slices(found, asked)
    ]
    q_values = benjamini_hochberg([one.p for one in parts]).tolist()
    corrected = [
        SliceChange(one.by, one.value, one.before, one.after, one.difference, one.p, q)
        for one, q in zip(parts, q_values, strict=True)
    ]
    return (whole, *sorted(corrected, key=lambda one: (one.q, -abs(one.difference.value))))


def compared(by: str, value: str, before: np.ndarray, after: np.ndarray) -> SliceChange:
    p = mcnemar(int((after > before).sum()), int((after < before).sum()))
    return SliceChange(
        by=by,
        value=value,
        before=proportion(int(before.sum()), before.size),
        after=proportion(int(after.sum()), after.size),
        difference=paired_difference(after, before),
        p=p,
        q=p,
    )


def mcnemar(better: int, worse: int) -> float:
    """Return the p-value (two-sided) of McNemar's exact test: as many turned either way by chance.

    ``better`` and ``worse`` count the inputs that turned (McNemar, 1947, Psychometrika 12).
    """
    turned, fewer = better + worse, min(better, worse)
    if not turned:
        return 1.0
    logs = [
        math.lgamma(turned + 1) - math.lgamma(k + 1) - math.lgamma(turned - k + 1)
        for k in range(fewer + 1)
    ]
    tail = math.fsum(math.exp(one - turned * math.log(2)) for one in logs)
    return min(1.0, 2 * tail)
