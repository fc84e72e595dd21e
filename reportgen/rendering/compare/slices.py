"""For whom a model became better or worse: accuracy before and after, slice by slice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reportgen.rendering.wording import slices as wording
from reportgen.rendering.wording.labels import cut
from reportgen.rendering.wording.numbers import NBSP, count, fixed
from reportgen.rendering.wording.sentences import Verdict
from reportgen.results.compare.runs import ModelComparison
from reportgen.results.compare.slices import SliceChange
from reportgen.results.dataset.intervals import Estimate

MOST = 20
"""Slices that are listed."""

ALL = "all inputs"


@dataclass(frozen=True)
class SliceLine:
    """One slice: accuracy before and after, the change in points with its interval, and q."""

    slice: str
    inputs: str
    before: str
    after: str
    change: str
    q: str
    verdict: Verdict | None


@dataclass(frozen=True)
class SlicesView:
    """All inputs and the slices with most evidence; ``more`` are left out."""

    sentence: str
    lines: tuple[SliceLine, ...]
    more: int


def slices_view(model: ModelComparison) -> SlicesView | None:
    """Make the view of a model; ``None`` where too few inputs are judged in both runs."""
    if not model.slices:
        return None
    shown = model.slices[: MOST + 1]
    return SlicesView(
        sentence=sentence(model.slices, lambda text: f"“{text}”"),
        lines=tuple(map(slice_line, shown)),
        more=len(model.slices) - len(shown),
    )


def sentence(found: Sequence[SliceChange], quote: Callable[[str], str]) -> str:
    """Say how accuracy changed over all inputs, and in how many slices it did."""
    whole, *parts = found
    text = (
        f"Right on {percent(whole.after)} of {count(whole.count, 'input')}, "
        f"{percent(whole.before)} before ({points(whole.difference)} points)"
    )
    changed = [one for one in parts if one.changed]
    if not parts:
        return f"{text}."
    if not changed:
        return f"{text}; of {count(len(parts), 'slice')} none changed by more than chance."
    first = changed[0]
    most = (
        f"most clearly {quote(name(first))}: {percent(first.after)}, {percent(first.before)} before"
    )
    amount = f"{len(changed):,} of {count(len(parts), 'slice')}"
    return f"{text}; {amount} changed by more than chance, {most}."


def slice_line(one: SliceChange) -> SliceLine:
    verdict = None
    if one.changed:
        better = one.difference.value > 0
        verdict = Verdict("good", "better") if better else Verdict("bad", "worse")
    return SliceLine(
        slice=name(one),
        inputs=f"{one.count:,}",
        before=percent(one.before),
        after=percent(one.after),
        change=points(one.difference),
        q=wording.together(wording.evidence(one.q)),
        verdict=verdict,
    )


def name(one: SliceChange) -> str:
    return wording.name(one.by, cut(one.value)) if one.by else ALL


def percent(share: Estimate) -> str:
    return f"{fixed(100 * share.value, 1)}{NBSP}%"


def points(difference: Estimate) -> str:
    """Write a difference of shares with its interval: ``−3.2 (−5.1 to +1.0)``."""
    value, low, high = (
        fixed(100 * one, 1) for one in (difference.value, difference.low, difference.high)
    )
    return f"{'+' if float(f'{100 * difference.value:.1f}') > 0 else ''}{value} ({low} to {high})"
