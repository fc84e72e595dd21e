"""What holds over the inputs of each model, as Markdown: slices, findings, and how it is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.rendering.markdown.escape import literal, table
from reportgen.rendering.wording import findings as finding_wording
from reportgen.rendering.wording import slices as wording
from reportgen.rendering.wording.numbers import count
from reportgen.rendering.wording.robustness import KINDS
from reportgen.results.dataset.intervals import proportion
from reportgen.results.dataset.observations import Observations
from reportgen.results.dataset.perturbations import sensitivity
from reportgen.results.dataset.scan import Scan, scan
from reportgen.results.dataset.slices import FEWEST, SliceResult, evaluate_slices
from reportgen.results.model import ModelInfo
from reportgen.results.tables import Results
from reportgen.spec.slices import SliceSettings, read_slices

MARKDOWN = finding_wording.Texts(word=literal, name=literal)

ROWS = 20
"""Slices that are listed."""


@dataclass(frozen=True)
class ModelAudit:
    """What one model's inputs say together; ``slices`` and ``scan`` are empty for few inputs."""

    info: ModelInfo
    inputs: int
    errors: int
    judged: int
    right: int
    observed: Observations | None
    slices: tuple[SliceResult, ...]
    scan: Scan | None


def model_audits(results: Results) -> dict[str, ModelAudit]:
    """Return what holds over the inputs of each model of a run; its results are read once.

    Raises ``ResultsError`` where one cannot be read.
    """
    manifest = results.manifest
    inputs = {info.id: 0 for info in manifest.models}
    errors = dict(inputs)
    for entry in manifest.jobs:
        inputs[entry.model] += 1
        errors[entry.model] += entry.status == "error"
    asked = read_slices(manifest.spec)
    return {
        info.id: model_audit(
            info,
            inputs[info.id],
            errors[info.id],
            results.observed.get(info.id),
            asked,
            manifest.seed,
        )
        for info in manifest.models
    }


def model_audit(
    info: ModelInfo,
    inputs: int,
    errors: int,
    found: Observations | None,
    asked: SliceSettings,
    seed: int,
) -> ModelAudit:
    """Say what holds over the inputs of one model, of which ``found`` is what was observed."""
    if found is None:
        return ModelAudit(info, inputs, errors, 0, 0, None, (), None)
    correct = found.correct[~np.isnan(found.correct)]
    return ModelAudit(
        info=info,
        inputs=inputs,
        errors=errors,
        judged=correct.size,
        right=int(correct.sum()),
        observed=found,
        slices=evaluate_slices(found, asked),
        scan=scan(found, seed) if len(found) >= FEWEST else None,
    )


def accuracy_line(audit: ModelAudit) -> str:
    """Say how many predictions are as expected, with an interval."""
    if not audit.judged:
        return "Nothing was expected of the inputs: no prediction was judged."
    found = proportion(audit.right, audit.judged)
    return (
        f"As expected: {audit.right:,} of {count(audit.judged, 'prediction')}, "
        f"{wording.together(wording.share(found))}, with the interval (95 %) of the true share."
    )


def robustness_lines(audit: ModelAudit) -> list[str]:
    """Say what each kind of small changes of the inputs does to predictions."""
    if audit.observed is None:
        return []
    return [
        f"{KINDS[one.kind]} turned {wording.together(wording.share(one.changed))} of "
        f"{count(one.changed.count, 'prediction')}."
        for one in sensitivity(audit.observed)
        if one.changed is not None
    ]


SLICE_COLUMNS = ("Inputs", "How many", "Right", "Against all others, in points", "q")


def slice_rows(slices: Sequence[SliceResult]) -> list[tuple[str, ...]]:
    """Return a row of Markdown cells for each slice whose inputs are judged."""
    return [
        (
            literal(wording.name(one.slice.by, one.slice.value)),
            f"{one.count:,}",
            wording.together(wording.share(one.accuracy)),
            wording.together(wording.points(one.difference)),
            wording.together(wording.evidence(one.q)),
        )
        for one in slices
        if one.accuracy is not None and one.difference is not None
    ]


def slice_table(audit: ModelAudit) -> str:
    """Write the slices of a model, those with most evidence; nothing where there are none."""
    rows = slice_rows(audit.slices[:ROWS])
    if not rows:
        return ""
    more = len(audit.slices) - len(rows)
    text = table(SLICE_COLUMNS, rows)
    return f"{text}\n\n… and {more:,} more." if more > 0 else text


def finding_lines(audit: ModelAudit) -> str:
    """List what a scan of the inputs found, or say that it found nothing."""
    if audit.scan is None:
        return "Too few inputs to search them for what stands out."
    if not audit.scan.findings:
        return f"Nothing stands out. {finding_wording.looked_for(audit.scan.tried)}"
    return "\n".join(f"- {sentence}" for sentence in finding_sentences(audit))


def finding_sentences(audit: ModelAudit) -> list[str]:
    """Return what a scan found, a sentence each."""
    if audit.scan is None or audit.observed is None:
        return []
    method = audit.observed.words.method
    return [finding_wording.told(one, method, MARKDOWN) for one in audit.scan.findings]
