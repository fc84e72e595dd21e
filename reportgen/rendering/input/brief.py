"""What is told of an input beside others: all that needs no arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from reportgen.rendering.anchors import make_anchor
from reportgen.rendering.input.completeness import paths
from reportgen.rendering.input.marks import Marks
from reportgen.rendering.predictions.presenters import presenter
from reportgen.rendering.wording import sentences
from reportgen.rendering.wording.entities import expected
from reportgen.rendering.wording.labels import confidence, heading
from reportgen.rendering.wording.outcome_lines import OutcomeLine, make_line
from reportgen.results.checks.evaluation import Outcome
from reportgen.results.model import JobEntry, JobResult
from reportgen.results.plausibility import Rationale
from reportgen.results.review import ReviewReason, review_reasons


@dataclass(frozen=True)
class Brief:
    """What the overview shows of one model on one input: all that needs no arrays.

    ``result`` is its header, of a large run without what only its own page shows (``lean``).
    ``sure`` says how probable the prediction is, ``converged`` has a flag for each path that was
    integrated. ``judged`` is what became of the spec's checks, the gravest first; ``slugs`` stand
    for models in links.
    """

    anchor: str
    job: str
    position: int
    result: JobResult
    model: str
    heading: str
    lead: str
    expected: str
    sure: str
    verdict: sentences.Verdict | None
    reasons: tuple[ReviewReason, ...]
    converged: tuple[bool, ...] = ()
    line: Marks | None = None
    judged: tuple[Outcome, ...] = ()
    slugs: Mapping[str, str] = field(default_factory=dict)
    rationale: Rationale = field(default_factory=dict)

    @property
    def outcomes(self) -> tuple[OutcomeLine, ...]:
        return tuple(make_line(one, self.slugs) for one in self.judged)


def make_brief(
    entry: JobEntry,
    result: JobResult,
    slug: str,
    *,
    slugs: Mapping[str, str] = MappingProxyType({}),
    held: JobResult | None = None,
    line: Marks | None = None,
) -> Brief:
    """Say what one result holds.

    ``slug`` stands for the model in the section's link, ``slugs`` for all models; ``held`` is what
    is kept of the result, by default all of it, and ``line`` how its text is coloured. What checks
    and other models say of the input is not known yet.
    """
    prediction = result.prediction
    return Brief(
        anchor=make_anchor(slug, entry.input),
        job=entry.id,
        position=entry.input,
        result=held or result,
        model=entry.model,
        heading=heading(result.fields),
        lead=presenter(result).lead,
        expected=expected(result),
        sure=confidence(prediction) if prediction else "",
        verdict=sentences.correctness(result),
        reasons=review_reasons(result),
        converged=tuple(path.converged for path in paths(result.convergence)),
        line=line,
        slugs=slugs,
        rationale=entry.rationale,
    )
