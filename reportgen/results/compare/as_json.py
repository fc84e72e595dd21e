"""A comparison as plain data: what ``compare.json`` holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reportgen.results.checks.evaluation import Outcome
from reportgen.results.compare.changes import FLOOR, InputChange, WordTotal
from reportgen.results.compare.faithfulness import FaithfulnessChange, TurningWords
from reportgen.results.compare.runs import ModelComparison, RunComparison, TurnedCheck
from reportgen.results.compare.settings import Difference
from reportgen.results.compare.slices import SliceChange
from reportgen.results.model import JobResult
from reportgen.results.tables import Results
from reportgen.results.words import Shift

COMPARE_FORMAT = 1
"""Version of this data; a new one where a name goes or means something else."""


def comparison_data(comparison: RunComparison) -> dict[str, Any]:
    """Return the comparison as JSON data, the same for the same runs.

    Shares are parts of 1, inputs are counted from 1.
    """
    return {
        "format": COMPARE_FORMAT,
        "base": run(comparison.base),
        "head": run(comparison.head),
        "floor": FLOOR,
        "models": [model(one) for one in comparison.models],
        "new_models": list(comparison.new_models),
        "gone_models": list(comparison.gone_models),
        "turned_checks": [turned(one) for one in comparison.turned],
    }


def run(results: Results) -> dict[str, Any]:
    manifest = results.manifest
    return {
        "title": manifest.title,
        "created": manifest.created,
        "models": [
            {"id": info.id, "task": info.task, "weights_sha256": info.weights_sha256}
            for info in manifest.models
        ],
    }


def model(one: ModelComparison) -> dict[str, Any]:
    """Return what one model says otherwise, with a line for every input both runs read."""
    changes = one.changes
    return {
        "before": one.before.model,
        "after": one.after.model,
        "method": one.method,
        "counts": {
            "inputs": len(changes),
            "predictions_changed": sum(change.flipped for change in changes),
            "right_to_wrong": sum(change.right_to_wrong for change in changes),
            "wrong_to_right": sum(change.wrong_to_right for change in changes),
            "no_longer_explained": sum(change.broke for change in changes),
            "explanations_compared": sum(bool(change.shifts) for change in changes),
            "explanations_changed": sum(change.drifted for change in changes),
            "new": len(one.new),
            "gone": len(one.gone),
        },
        "differences": [difference(found) for found in one.differences],
        "words": [word(found) for found in one.words],
        "slices": [slice_line(found) for found in one.slices],
        "faithfulness": [faithfulness(found) for found in one.faithfulness],
        "turning_words": [turning(found) for found in one.turning_words],
        "inputs": [input_line(change) for change in changes],
        "new": [alone(result) for result in one.new],
        "gone": [alone(result) for result in one.gone],
    }


def difference(one: Difference) -> dict[str, Any]:
    return {
        "what": one.what,
        "before": one.before,
        "after": one.after,
        "decisive": one.decisive,
    }


def word(one: WordTotal) -> dict[str, Any]:
    return {
        "word": one.word,
        "before": rounded(one.before),
        "after": rounded(one.after),
        "inputs": one.inputs,
        "total": rounded(one.total),
        "turned": one.turned,
    }


def faithfulness(one: FaithfulnessChange) -> dict[str, Any]:
    return {
        "method": one.method,
        "operator": one.operator,
        "before": rounded(one.before),
        "after": rounded(one.after),
        "inputs": one.inputs,
        "interval": None if one.interval is None else [rounded(end) for end in one.interval],
    }


def slice_line(one: SliceChange) -> dict[str, Any]:
    return {
        "by": one.by or None,
        "value": one.value or None,
        "inputs": one.count,
        "before": rounded(one.before.value),
        "after": rounded(one.after.value),
        "difference": rounded(one.difference.value),
        "interval": [rounded(one.difference.low), rounded(one.difference.high)],
        "p": rounded(one.p),
        "q": rounded(one.q),
    }


def turning(one: TurningWords) -> dict[str, Any]:
    return {
        "before": one.before.input + 1,
        "after": one.after.input + 1,
        "no_longer": list(one.no_longer),
        "now": list(one.now),
    }


def input_line(change: InputChange) -> dict[str, Any]:
    return {
        "before": change.before.input + 1,
        "after": change.after.input + 1,
        "fields": fields(change.after),
        "expected": change.after.expect,
        "prediction_before": prediction(change.before),
        "prediction_after": prediction(change.after),
        "prediction_changed": change.flipped,
        "explanation_changed": change.drifted,
        "share_moved": rounded(change.share_moved) if change.shifts else None,
        "threshold": rounded(change.threshold) if change.shifts else None,
        "spearman": rounded(change.correlation),
        "outputs": [output(shift) for shift in change.shifts],
        "not_compared": change.not_compared or None,
    }


def output(shift: Shift) -> dict[str, Any]:
    """Return one explained output; its words that are among the top five on one side only."""
    return {
        "before": shift.targets[0],
        "after": shift.targets[1],
        "sizes_only": shift.sizes_only,
        "share_moved": rounded(shift.share_moved),
        "noise": rounded(shift.noise),
        "spearman": rounded(shift.correlation),
        "entered": list(shift.entered()),
        "left": list(shift.left()),
    }


def prediction(result: JobResult) -> dict[str, Any] | None:
    found = result.prediction
    if found is None:
        return None
    return {
        "label": found.label,
        "probability": rounded(found.probability),
        "correct": found.correct,
    }


def fields(result: JobResult) -> Mapping[str, str]:
    return dict(sorted(result.fields.items()))


def alone(result: JobResult) -> dict[str, Any]:
    return {
        "input": result.input + 1,
        "fields": fields(result),
        "prediction": prediction(result),
    }


def turned(one: TurnedCheck) -> dict[str, Any]:
    return {
        "red": one.red,
        "green": one.green,
        "before": outcome(one.before),
        "after": outcome(one.after),
    }


def outcome(one: Outcome | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "check": one.check,
        "where": one.where or one.place,
        "status": one.status,
        "severity": one.severity,
        "models": list(one.models),
        "inputs": [position + 1 for position in one.inputs],
        "what": one.what,
        "relation": one.relation,
        "expected": list(one.expected) if isinstance(one.expected, tuple) else one.expected,
        "found": list(one.found) if isinstance(one.found, tuple) else one.found,
        "unit": one.unit,
        "note": one.note,
    }


def rounded(value: float | None) -> float | None:
    """Keep six digits: the others are rounding, and differ between machines."""
    return None if value is None else float(f"{value:.6g}")
