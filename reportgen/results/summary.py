"""A run in a few numbers: what a history of many runs keeps of each."""

from __future__ import annotations

from pydantic import Field

from reportgen.results.checks.evaluation import Status
from reportgen.results.record import Record

FORMAT = 1
"""Version of the summaries; those of another one are made again from the run."""


class Share(Record):
    """How many of how many."""

    part: int = Field(default=0, ge=0)
    whole: int = Field(default=0, ge=0)

    @property
    def value(self) -> float | None:
        """The share, from 0 to 1; ``None`` of nothing."""
        return self.part / self.whole if self.whole else None


class SliceSummary(Record):
    """Inputs that share a value of what they are told apart by: how many are as expected."""

    by: str
    value: str
    expected: Share


class ModelSummary(Record):
    """What one model did in a run.

    ``expected``: predictions as expected, of those where anything was; ``converged``:
    explanations; ``checks``: the spec's checks about this model, by status. ``predictions`` is what
    was predicted, letter case aside, by a hash of the input's content; a stored summary calls it
    ``said``. ``slices`` are parts of the inputs, those with most evidence that they differ from
    the others first.
    """

    id: str
    task: str
    weights_sha256: str
    inputs: int = Field(ge=0)
    errors: int = Field(ge=0)
    expected: Share
    converged: Share
    checks: dict[Status, int]
    predictions: dict[str, str] = Field(validation_alias="said", serialization_alias="said")
    slices: tuple[SliceSummary, ...] = Field(default=(), exclude_if=lambda slices: not slices)


class RunSummary(Record):
    """What a history tells of one run; ``manifest_sha256`` tells whether it is still that run.

    It is empty where a result of the run could not be relied on.
    """

    format: int = FORMAT
    reportgen: str
    manifest_sha256: str
    title: str
    created: str
    inputs: int = Field(ge=0)
    checks: dict[Status, int]
    models: tuple[ModelSummary, ...]


def judged(checks: dict[Status, int]) -> Share:
    """Return how many checks hold, of those that could be judged; a warning does not hold."""
    return Share(
        part=checks.get("passed", 0),
        whole=sum(n for status, n in checks.items() if status != "skipped"),
    )


def changed(before: ModelSummary, after: ModelSummary) -> Share:
    """Return how many inputs that both runs predicted have another prediction in the later one."""
    then, now = before.predictions, after.predictions
    shared = then.keys() & now.keys()
    return Share(part=sum(then[key] != now[key] for key in shared), whole=len(shared))
