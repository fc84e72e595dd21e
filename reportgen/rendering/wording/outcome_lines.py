"""One outcome of a check as a line: on the overview, and on the page of an input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reportgen.rendering.wording.outcomes import KINDS, MARKS, expected, found, title
from reportgen.results.checks.evaluation import Outcome, Status

MOST_LINKS = 10
"""Inputs of one outcome that are linked."""


@dataclass(frozen=True)
class Place:
    """One input in a link: its section and its number."""

    anchor: str
    number: str


@dataclass(frozen=True)
class OutcomeLine:
    """One outcome: ``about`` names the model where there are several."""

    kind: str
    mark: str
    status: Status
    title: str
    about: str
    places: tuple[Place, ...]
    more: int
    expected: str
    found: str


def make_line(one: Outcome, slugs: Mapping[str, str]) -> OutcomeLine:
    shown = one.inputs[:MOST_LINKS] if one.models else ()
    return OutcomeLine(
        kind=KINDS[one.status],
        mark=MARKS[one.status],
        status=one.status,
        title=title(one),
        about=", ".join(one.models) if len(slugs) > 1 else "",
        places=tuple(
            Place(f"{slugs[one.models[0]]}-{number + 1}", f"#{number + 1}") for number in shown
        ),
        more=len(one.inputs) - len(shown),
        expected=expected(one) if one.relation else "",
        found=found(one),
    )


def by_input(outcomes: Sequence[Outcome]) -> dict[tuple[str, int], tuple[Outcome, ...]]:
    """Gather what was judged of each model on each input, the gravest first.

    Left out is what is about a whole run, such as how often two models agree.
    """
    found: dict[tuple[str, int], list[Outcome]] = {}
    for one in outcomes:
        if len(one.models) == 1:
            for number in one.inputs:
                found.setdefault((one.models[0], number), []).append(one)
    order = list(KINDS)
    return {
        key: tuple(sorted(held, key=lambda one: order.index(one.status)))
        for key, held in found.items()
    }
