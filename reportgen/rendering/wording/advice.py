"""What may help where an explanation did not converge: what the run has not tried yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reportgen.rendering.wording.numbers import count
from reportgen.results.baselines import named
from reportgen.results.model import Convergence, JobResult

OWN_TEXT = 'a text of your own that says nothing, baseline: {text: "..."}'


def advice(result: JobResult, method: str, failed: Sequence[Convergence]) -> Iterator[str]:
    """Say which settings may help: those that the failure and the run leave room for."""
    settings = result.settings.get(method, {})
    most, steps = settings.get("max_steps"), settings.get("steps", "auto")
    if settings.get("keep_first") is False:
        yield "leave out keep_first: false, for a causal model rests its attention on that token"
    if settings.get("notebook_compatible"):
        yield "leave out notebook_compatible: it keeps the steps and the flaws of the notebooks"
    elif steps != "auto":
        yield f"steps: auto instead of {steps}, so that points go where the output changes fast"
    elif most is not None and any(row.steps + 2 > most for row in failed):
        yield f"a larger max_steps: {count(most, 'point')} were allowed, and used up"
    if method in result.tried:
        yield f"{OWN_TEXT}: auto has tried all others"
    elif not settings.get("notebook_compatible") and (used := named(settings.get("baseline", ""))):
        yield f"baseline: auto instead of {used}: it tries several and takes one that converges"
