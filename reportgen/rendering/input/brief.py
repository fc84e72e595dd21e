"""What is told of an input beside others: all that needs no arrays."""

from __future__ import annotations

from dataclasses import dataclass, field

from reportgen.rendering.anchors import make_anchor
from reportgen.rendering.predictions.presenters import presenter
from reportgen.rendering.wording import sentences
from reportgen.rendering.wording.entities import expected
from reportgen.rendering.wording.labels import heading
from reportgen.rendering.wording.outcome_lines import OutcomeLine
from reportgen.results.model import JobEntry, JobResult
from reportgen.results.plausibility import Rationale
from reportgen.results.review import ReviewReason, review_reasons


@dataclass(frozen=True)
class Brief:
    """What the overview shows of one model on one input: all that needs no arrays."""

    anchor: str
    job: str
    position: int
    result: JobResult
    model: str
    heading: str
    lead: str
    expected: str
    verdict: sentences.Verdict | None
    reasons: tuple[ReviewReason, ...]
    outcomes: tuple[OutcomeLine, ...] = ()
    rationale: Rationale = field(default_factory=dict)


def make_brief(
    entry: JobEntry,
    result: JobResult,
    slug: str,
    *,
    disagree: bool = False,
    outcomes: tuple[OutcomeLine, ...] = (),
) -> Brief:
    """Say what one result holds.

    ``slug`` stands for the model in the section's link; ``disagree`` says that models of the
    same task answer this input differently; ``outcomes`` are those of the spec's checks.
    """
    check_failed = any(line.status == "failed" for line in outcomes)
    return Brief(
        anchor=make_anchor(slug, entry.input),
        job=entry.id,
        position=entry.input,
        result=result,
        model=entry.model,
        heading=heading(result.fields),
        lead=presenter(result).lead,
        expected=expected(result),
        verdict=sentences.correctness(result),
        reasons=review_reasons(result, disagree=disagree, check_failed=check_failed),
        outcomes=outcomes,
        rationale=entry.rationale,
    )
