"""What the page of one input shows of its run: no more, so that it stays when others change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from reportgen.rendering.input.brief import Brief
from reportgen.rendering.overview.report import Report


@dataclass(frozen=True)
class MadeBy:
    """What pages show of a run's manifest: the version that made it."""

    reportgen: str


@dataclass(frozen=True)
class Turn:
    """The input before or after: what a link to it needs."""

    anchor: str
    heading: str
    position: int


@dataclass(frozen=True)
class Around:
    """The inputs before and after one, and what other models say about the same."""

    previous: Turn | None
    next: Turn | None
    others: tuple[Brief, ...]


@dataclass(frozen=True)
class HasChecks:
    """Whether the overview has a table of checks, which pages link to."""

    rows: bool


@dataclass(frozen=True)
class PairsOfInput:
    """On which words other models rely differently in an input, by its anchor."""

    differing_words: Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True)
class InputReport:
    """The part of a :class:`Report` that the page of one input shows; named as it is there."""

    manifest: MadeBy
    title: str
    checks: HasChecks
    neighbours: Mapping[str, Around]
    model_pairs: PairsOfInput
    paper_order: Mapping[str, int]


def input_report(report: Report, anchor: str) -> InputReport:
    """Return what the page of ``anchor`` is given in the place of the whole report."""
    around = report.neighbours[anchor]
    words = tuple(report.model_pairs.differing_words.get(anchor, ()))
    return InputReport(
        manifest=MadeBy(report.manifest.reportgen),
        title=report.title,
        checks=HasChecks(bool(report.checks.rows)),
        neighbours={anchor: Around(turn(around.previous), turn(around.next), around.others)},
        model_pairs=PairsOfInput({anchor: words} if words else {}),
        paper_order={anchor: report.paper_order[anchor]},
    )


def turn(brief: Brief | None) -> Turn | None:
    return None if brief is None else Turn(brief.anchor, brief.heading, brief.position)


def shown_key(brief: Brief, shown: InputReport, checksums: Mapping[str, str]) -> str:
    """Write down all that decides what the page of ``brief`` says, but templates and code.

    ``checksums`` are those of the results, which stand for what is in them.
    """
    around = shown.neighbours[brief.anchor]
    others = [identity(other, checksums) for other in around.others]
    rest = (
        shown.manifest,
        shown.title,
        shown.checks,
        around.previous,
        around.next,
        shown.model_pairs,
    )
    return repr((identity(brief, checksums), others, rest, shown.paper_order))


def identity(brief: Brief, checksums: Mapping[str, str]) -> tuple[object, ...]:
    """Return what is told of an input, with its result's checksum in the place of the result.

    A result that cannot be relied on has none: it is told by its error.
    """
    result = checksums.get(brief.job) or repr(brief.result.error)
    told = tuple(getattr(brief, one.name) for one in fields(Brief) if one.name != "result")
    return (result, *told)
