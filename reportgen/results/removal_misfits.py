"""Whether stored removal games fit the result they are in."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.results.model import JobResult
from reportgen.results.removal import Removal, RemovalOutcome

ROUNDED = 1e-6
"""How far rounding may lead out of a range."""


def removal_misfits(result: JobResult) -> Iterator[str]:
    """Say what of a result's removal games does not fit its tokens and outputs."""
    targets = {target.name for target in result.targets}
    for i, removal in enumerate(result.removals):
        place = f"removals[{i}]"
        if removal.target is not None and removal.target not in targets:
            yield f"{place}: there is no target {removal.target!r}"
        for problem in _misfits(removal, len(result.tokens)):
            yield f"{place}: {problem}"


def _misfits(removal: Removal, tokens: int) -> Iterator[str]:
    n, before = len(removal.units), 0
    for first, last in removal.units:
        if not before <= first < last <= tokens:
            yield "a unit lies outside the tokens, or before the unit in front of it"
        before = last
    if len(removal.effects) != n or len(removal.shapley) not in (0, n):
        yield "it does not have one number for each unit"
    smallest = [found for found in (removal.flip, removal.sufficient) if found]
    said = [*removal.singles, *removal.asked, *(f.outcome for f in smallest if f.outcome)]
    sets = [*(outcome.removed for outcome in said), *(f.units or () for f in smallest)]
    if not all(0 <= unit < n for units in sets for unit in units):
        yield "it names a unit that is not there"
    for curve in removal.curves:
        if {len(curve.values), len(curve.low) or n + 1, len(curve.high) or n + 1} != {n + 1}:
            yield "a curve does not have one value more than there are units"
    if not all(_is_share(value) for value in _shares(removal, said)):
        yield "a probability or a share is not within 0 and 1"
    if not all(abs(one.leave_one_out or 0) <= 1 + ROUNDED for one in removal.measures):
        yield "a correlation is not within -1 and 1"


def _shares(removal: Removal, said: list[RemovalOutcome]) -> Iterator[float | None]:
    yield from (outcome.probability for outcome in said)
    for one in removal.measures:
        yield from (one.monotonicity, one.infidelity)
    if removal.probable:
        yield from (removal.output, removal.nothing, *(outcome.output for outcome in said))
        for curve in removal.curves:
            yield from (*curve.values, *curve.low, *curve.high)


def _is_share(value: float | None) -> bool:
    return value is None or -ROUNDED <= value <= 1 + ROUNDED
