"""What stands out in the inputs of each model, for reports of tests: findings and slices."""

from __future__ import annotations

from reportgen.rendering.junit import Remark
from reportgen.rendering.markdown.dataset_tables import ModelAudit, model_audits
from reportgen.rendering.wording import findings, slices
from reportgen.rendering.wording.numbers import count
from reportgen.results.dataset.slices import SliceResult
from reportgen.results.tables import Results


def remarks(results: Results) -> tuple[Remark, ...]:
    """Return the findings of each model, then its slices that differ by more than chance.

    Raises ``ResultsError`` where arrays cannot be read.
    """
    return tuple(one for audit in model_audits(results).values() for one in of_model(audit))


def of_model(audit: ModelAudit) -> list[Remark]:
    model = audit.info.id
    found = audit.scan.findings if audit.scan else ()
    method = audit.observed.words.method if audit.observed else ""
    return [
        *(Remark(model, findings.named(one), findings.told(one, method)) for one in found),
        *(
            Remark(model, slices.name(one.slice.by, one.slice.value), told(one))
            for one in audit.slices
            if one.differs
        ),
    ]


def told(one: SliceResult) -> str:
    """Say how a slice differs: ``Right on 71 % (62 to 79) of 112 inputs, −15 points ...``."""
    assert one.accuracy is not None
    assert one.difference is not None
    return (
        f"Right on {slices.together(slices.share(one.accuracy))} of {count(one.count, 'input')}, "
        f"{slices.together(slices.points(one.difference))} percentage points against all others, "
        f"q {slices.together(slices.evidence(one.q))}."
    )
