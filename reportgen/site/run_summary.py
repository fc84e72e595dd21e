"""What is kept of a run when its results are gone."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import ValidationError

from reportgen import __version__
from reportgen.errors import ResultsError
from reportgen.rendering.input.completeness import paths
from reportgen.rendering.wording.unfinished import marked_title
from reportgen.results.checks.evaluation import GRAVITY, Outcome, Status, evaluate_checks, tally
from reportgen.results.dataset.observations import Observations
from reportgen.results.dataset.slices import evaluate_slices
from reportgen.results.matching import Side, content
from reportgen.results.model import JobResult, Manifest
from reportgen.results.predictions import predicted_text
from reportgen.results.summary import FORMAT, ModelSummary, RunSummary, Share, SliceSummary
from reportgen.results.tables import Results
from reportgen.spec.slices import read_slices

SLICES = 50
"""Slices of a model that a history keeps: those with most evidence."""


def read_summary(path: Path) -> RunSummary:
    """Read what is kept of a run.

    Raises ``ResultsError`` where it is damaged, or in the format of another version.
    """
    hint = "give the run's results again, or remove its folder"
    try:
        found = RunSummary.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ResultsError("no readable summary", where=str(path), hint=hint) from error
    if found.format != FORMAT:
        message = f"the summary has format {found.format}, this version reads {FORMAT}"
        raise ResultsError(message, where=str(path), hint=hint)
    return found


def summarize(results: Results, digest: str) -> RunSummary:
    """Count what a run found; ``digest`` is the hash of its manifest."""
    manifest = results.manifest
    outcomes = evaluate_checks(results)
    return RunSummary(
        reportgen=__version__,
        manifest_sha256=digest,
        title=marked_title(manifest),
        created=manifest.created,
        inputs=len({entry.input for entry in manifest.jobs}),
        checks=count_checks(outcomes),
        models=tuple(
            summarize_model(results, info.id, outcomes, results.observed.get(info.id))
            for info in manifest.models
        ),
    )


def summarize_model(
    results: Results, model: str, outcomes: Sequence[Outcome], found: Observations | None
) -> ModelSummary:
    side = Side(results, model)
    job_results = side.job_results
    judged = [
        result.prediction.correct
        for result in job_results
        if result.prediction and result.prediction.correct is not None
    ]
    converged = [path.converged for result in job_results for path in paths(result.convergence)]
    return ModelSummary(
        id=model,
        task=side.info.task,
        weights_sha256=side.info.weights_sha256,
        inputs=len(job_results),
        errors=sum(result.status == "error" for result in job_results),
        expected=Share(part=sum(judged), whole=len(judged)),
        converged=Share(part=sum(converged), whole=len(converged)),
        # What is about no single model, such as a word that is nowhere, is about each.
        checks=count_checks(one for one in outcomes if model in one.models or not one.models),
        predictions={
            fingerprint(result): text
            for result in job_results
            if (text := predicted_text(result)) is not None
        },
        slices=() if found is None else summarize_slices(found, results.manifest),
    )


def summarize_slices(found: Observations, manifest: Manifest) -> tuple[SliceSummary, ...]:
    """Count what is right in the slices of a model's inputs, at most ``SLICES`` of them."""
    return tuple(
        SliceSummary(
            by=one.slice.by,
            value=one.slice.value,
            expected=Share(part=round(one.accuracy.value * one.count), whole=one.count),
        )
        for one in evaluate_slices(found, read_slices(manifest.spec))[:SLICES]
        if one.accuracy is not None
    )


def count_checks(outcomes: Iterable[Outcome]) -> dict[Status, int]:
    """Count checks by the gravest of their outcomes; skipped ones count where there is no other."""
    found: dict[str, list[Outcome]] = {}
    for one in outcomes:
        found.setdefault(one.place, []).append(one)
    counts: Counter[Status] = Counter()
    for each in found.values():
        counts[next((status for status in tally(each) if status != "skipped"), "skipped")] += 1
    return {status: counts[status] for status in GRAVITY if counts[status]}


def fingerprint(result: JobResult) -> str:
    """Return a short hash of what an input says: equal for equal inputs of two runs."""
    return hashlib.sha256(repr(content(result)).encode()).hexdigest()[:16]
