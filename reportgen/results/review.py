"""Why an input is worth opening first."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from reportgen.results.model import JobResult

LOW_CONFIDENCE = 0.6
"""A prediction under this probability (of a text: per token) is a reason to look at its input."""


class ReviewReason(StrEnum):
    """A reason to look at an input, the gravest first."""

    NOT_EXPLAINED = "not_explained"
    METHOD_FAILED = "method_failed"
    CHECK_FAILED = "check_failed"
    NOT_CONVERGED = "not_converged"
    WRONG = "wrong"
    MODELS_DISAGREE = "models_disagree"
    TRUNCATED = "truncated"
    LOW_CONFIDENCE = "low_confidence"


def review_reasons(
    result: JobResult, *, disagree: bool = False, check_failed: bool = False
) -> tuple[ReviewReason, ...]:
    """Return the reasons to open this input first, the gravest first.

    ``disagree`` says that models of the same task answer it differently, ``check_failed`` that
    it breaks a check of the spec.
    """
    prediction = result.prediction
    p = prediction.confidence if prediction else None
    held = {
        ReviewReason.NOT_EXPLAINED: result.status == "error",
        ReviewReason.METHOD_FAILED: bool(result.failed),
        ReviewReason.CHECK_FAILED: check_failed,
        ReviewReason.NOT_CONVERGED: any(not row.converged for row in result.convergence),
        ReviewReason.WRONG: prediction is not None and prediction.correct is False,
        ReviewReason.MODELS_DISAGREE: disagree and prediction is not None,
        ReviewReason.TRUNCATED: result.truncation is not None,
        ReviewReason.LOW_CONFIDENCE: p is not None and p < LOW_CONFIDENCE,
    }
    return tuple(reason for reason in ReviewReason if held[reason])


def with_reasons(
    reasons: tuple[ReviewReason, ...], more: Collection[ReviewReason]
) -> tuple[ReviewReason, ...]:
    """Return the reasons of an input with ``more``, the gravest first."""
    if not more:
        return reasons
    return tuple(reason for reason in ReviewReason if reason in reasons or reason in more)
