"""The rule of a check that a model is about as good for all values of a column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from reportgen.results.checks.findings import About, CheckFinding, CheckSubject, Said, Unit, bounded
from reportgen.results.checks.group_rules import said
from reportgen.results.dataset.intervals import (
    Estimate,
    difference_of_proportions,
    proportion,
)
from reportgen.results.dataset.observations import expected_label
from reportgen.results.dataset.slices import LABEL, LENGTH, by_length
from reportgen.results.model import JobEntry, Manifest
from reportgen.spec.checks import SliceGapCheck
from reportgen.spec.slices import read_slices


@dataclass
class RightOfJudged:
    """How many inputs of a value were judged, and how many of them are right."""

    right: int = 0
    judged: int = 0

    def add(self, right: int, judged: int) -> None:
        self.right += right
        self.judged += judged


class SliceGap:
    """Counts by value how many inputs are right, for each model apart.

    Inputs that could not be explained are errors, not counted.
    """

    def __init__(self, check: SliceGapCheck, manifest: Manifest) -> None:
        self._check = check
        self._cuts = read_slices(manifest.spec).lengths
        by = check.by
        self._column = by not in (LENGTH, LABEL) or any(by in job.columns for job in manifest.jobs)
        self._of: dict[str, dict[str | int, RightOfJudged]] = {}
        self._entries: dict[str, JobEntry] = {}
        self._expecting: set[str] = set()
        self._failed: list[Said] = []

    def see(self, subject: CheckSubject) -> None:
        entry, result = subject.entry, subject.result
        self._entries.setdefault(entry.model, entry)
        if result.error:
            self._failed.append(said(subject))
            return
        if result.prediction is None or result.prediction.correct is None:
            return
        self._expecting.add(entry.model)
        value: str | int | None
        if self._column:
            value = entry.columns.get(self._check.by)
        else:
            value = len(result.words) if self._check.by == LENGTH else expected_label(result)
        if value is not None:
            counts = self._of.setdefault(entry.model, {}).setdefault(value, RightOfJudged())
            counts.add(int(result.prediction.correct), 1)

    def findings(self) -> Iterator[CheckFinding]:
        """Yield what was found of each model."""
        yield from (CheckFinding(None, subjects=(one,)) for one in self._failed)
        for model, entry in self._entries.items():
            subjects = (Said(entry, About((model,), (), ()), None, None),)
            yield from (replace(one, subjects=subjects) for one in self._of_model(model))

    def _of_model(self, model: str) -> Iterator[CheckFinding]:
        check, values = self._check, self._values(model)
        shares = {
            value: proportion(one.right, one.judged)
            for value, one in values.items()
            if one.judged >= check.least
        }
        if len(shares) < 2:
            yield CheckFinding(None, note=self._why_none(model, values, list(shares)))
            return
        best = max(shares, key=lambda value: shares[value].value)
        worst = min(shares, key=lambda value: shares[value].value)
        gap = difference_of_proportions(shares[best], shares[worst])
        most, least = values[best], values[worst]
        # In whole numbers first, so that a gap of .05 is not above a limit of .05.
        apart = most.right * least.judged - least.right * most.judged
        found = apart / (most.judged * least.judged)
        notes = [f"{name}: {told(shares[name])}" for name in (worst, best)]
        if gap.low <= check.max <= gap.high:
            low, high = (f"{100 * bound:.1f}".replace("-", "−") for bound in (gap.low, gap.high))
            notes.append(f"its interval, {low} to {high} points, includes the limit")
        if left := len(values) - len(shares):
            which = "value has" if left == 1 else "values have"
            notes.append(f"{left:,} {which} fewer than {check.least:,} inputs")
        what = f"gap in accuracy by {check.by}"
        for one in bounded(None, check.max, what, found, Unit.OF_ACCURACY):
            yield replace(one, note="; ".join(notes))

    def _values(self, model: str) -> dict[str, RightOfJudged]:
        """Return the counts by value; those by length are put into the groups of the spec."""
        counted = self._of.get(model, {})
        if self._column or self._check.by != LENGTH:
            return {str(value): counts for value, counts in counted.items()}
        found: dict[str, RightOfJudged] = {}
        if counted:
            lengths = np.array(list(counted))
            each = np.repeat(lengths, [one.judged for one in counted.values()])
            for value, one in zip(
                by_length(lengths, each, self._cuts).texts(), counted.values(), strict=True
            ):
                found.setdefault(str(value), RightOfJudged()).add(one.right, one.judged)
        return found

    def _why_none(self, model: str, values: dict[str, RightOfJudged], enough: list[str]) -> str:
        by, least = self._check.by, f"{self._check.least:,}"
        if model not in self._expecting:
            return "nothing is expected of any input"
        if not values:
            return f"no input has the column {by}"
        if len(values) == 1:
            return f"{by} has one value only: {next(iter(values))}"
        if enough:
            return f"only {enough[0]} of the {len(values):,} values of {by} has {least} inputs"
        return f"none of the {len(values):,} values of {by} has {least} inputs"


def told(share: Estimate) -> str:
    """Write an accuracy: ``80.5 % of 210 inputs (74.6 to 85.3 %)``."""
    inputs = "input" if share.count == 1 else "inputs"
    value, low, high = (f"{100 * one:.1f}" for one in (share.value, share.low, share.high))
    return f"{value} % of {share.count:,} {inputs} ({low} to {high} %)"
