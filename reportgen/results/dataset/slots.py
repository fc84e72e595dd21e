"""What is observed of the fillings of templates: probabilities of labels, and of slots' words."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from pydantic import ValidationError

from reportgen.results.model import JobEntry, JobResult, Manifest, Score
from reportgen.spec.entries import TemplateInput
from reportgen.spec.templates import Pattern, segment_patterns

NO_ROWS: np.ndarray = np.zeros(0, dtype=np.int64)

Templates = Mapping[int, TemplateInput]
"""The templates of a run by the position of their entry in the spec."""


def stored_templates(manifest: Manifest) -> Templates:
    """Return the templates of a stored run; an entry that cannot be read as one is none."""
    found = {}
    for position, entry in enumerate(manifest.spec.get("inputs", [])):
        if "fill" in entry and "file" not in entry:
            try:
                template = TemplateInput.model_validate(entry)
                segment_patterns(template)
            except (ValidationError, ValueError):
                continue
            found[position] = template
    return found


@dataclass(frozen=True)
class Filled:
    """The fillings among the rows of observations: ``rows`` are theirs ``(m,)``.

    ``outputs`` are the probabilities of each label of a classifier ``(m,)`` (of a regression its
    number), ``shares`` the part of the attribution (sizes of words' scores) that lies on the words
    of each slot, in [0, 1]. Both are NaN where there are none.
    """

    rows: np.ndarray = field(default_factory=lambda: NO_ROWS)
    outputs: Mapping[str, np.ndarray] = field(default_factory=dict)
    shares: Mapping[str, np.ndarray] = field(default_factory=dict)


class FilledRows:
    """Gathers the fillings of one model."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._patterns = {entry: segment_patterns(one) for entry, one in templates.items()}
        self._rows = array("q")
        self._outputs: dict[str, array[float]] = {}
        self._shares: dict[str, array[float]] = {}

    def see(self, row: int, entry: JobEntry, result: JobResult, scores: np.ndarray | None) -> None:
        """Add a result whose words have ``scores`` ``(w,)``, if it is a filling."""
        template = self._templates.get(-1 if entry.entry is None else entry.entry)
        if template is None or not template.fill.keys() <= entry.columns.keys():
            return
        kind = result.prediction_kind
        if kind is not None and kind.classes and result.prediction is not None:
            for score in result.prediction.scores:
                self._add(self._outputs, score.label, output_of(score))
        spans = slot_spans(self._patterns[entry.entry or 0], entry.columns, result.texts)
        for slot in template.fill:
            self._add(self._shares, slot, share_on(spans.get(slot, ()), result, scores))
        self._rows.append(row)

    def _add(self, columns: dict[str, array[float]], name: str, value: float) -> None:
        column = columns.setdefault(name, array("d"))
        column.extend([np.nan] * (len(self._rows) - len(column)))
        column.append(value)

    def filled(self) -> Filled:
        """Return what has been gathered."""
        return Filled(
            np.array(self._rows, dtype=np.int64), *map(self._whole, (self._outputs, self._shares))
        )

    def _whole(self, columns: dict[str, array[float]]) -> dict[str, np.ndarray]:
        for column in columns.values():
            column.extend([np.nan] * (len(self._rows) - len(column)))
        return {name: np.array(column) for name, column in columns.items()}


def output_of(score: Score) -> float:
    """Return the probability of a label, or the number that a regression predicts."""
    return score.logit if score.probability is None else score.probability


Spans = dict[str, list[tuple[str, int, int]]]
"""Where slots stand in the texts of an input: segment, and characters ``[start, end)``."""


def slot_spans(
    patterns: Mapping[str, Pattern], columns: Mapping[str, str], texts: Mapping[str, str]
) -> Spans:
    """Return where the values of slots stand; of texts that are not the patterns' nothing."""
    found: Spans = {}
    for segment, pattern in patterns.items():
        if any(slot not in columns for slot in pattern.slots):
            continue
        if texts.get(segment) != pattern.filled(columns):
            continue
        for slot, start, end in _places(pattern, columns):
            found.setdefault(slot, []).append((segment, start, end))
    return found


def _places(pattern: Pattern, columns: Mapping[str, str]) -> Iterator[tuple[str, int, int]]:
    at = 0
    for text, slot in zip(pattern.texts, pattern.slots, strict=False):
        at += len(text)
        yield slot, at, at + len(columns[slot])
        at += len(columns[slot])


def share_on(
    spans: list[tuple[str, int, int]] | tuple[()], result: JobResult, scores: np.ndarray | None
) -> float:
    """Return the part of the sizes of scores that lies on words with a character in ``spans``."""
    if scores is None or not spans:
        return np.nan
    sizes = np.abs(scores)
    whole = float(sizes.sum())
    inside = [
        any(
            name == word.segment and word.start < end and start < word.end
            for name, start, end in spans
        )
        for word in result.words
    ]
    return float(sizes[inside].sum()) / whole if whole > 0 else np.nan
