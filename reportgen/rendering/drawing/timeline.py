"""Shares over runs as a small line chart, drawn as SVG: it needs no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from reportgen.rendering.drawing.line_charts import LEFT, RIGHT, WIDTH, Scale, across, write
from reportgen.rendering.wording.numbers import count, percent

HEIGHT, TOP, BOTTOM = 96, 10, 26
"""Of the plot and around it, in pixels."""

SCALE = Scale("", (0.0, 0.5, 1.0), percent=True)

SINGLE = 40
"""Most runs that have a point each; of more only the newest has one."""


@dataclass(frozen=True)
class Timeline:
    """One share of every run: its chart, and what it shows in words."""

    title: str
    note: str
    svg: Markup
    description: str


def timeline(
    title: str, note: str, dates: Sequence[str], shares: Sequence[float | None]
) -> Timeline | None:
    """Draw ``shares`` (0 to 1, ``None`` where there is none) of runs at ``dates``, oldest first.

    Returns ``None`` where fewer than two runs have one.
    """
    known = [share for share in shares if share is not None]
    if len(known) < 2:
        return None
    description = (
        f"{title} in {count(len(known), 'run')} from {dates[0]} to {dates[-1]}: at first "
        f"{percent(known[0])}, at last {percent(known[-1])}, lowest {percent(min(known))}"
    )
    return Timeline(title, note, Markup(picture(dates, shares)), description)


def picture(dates: Sequence[str], shares: Sequence[float | None]) -> str:
    wide, high = LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM
    places = [
        (across(i + 1, len(shares)), height(share), share is not None)
        for i, share in enumerate(shares)
    ]
    return "".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" viewBox="0 0 {wide} {high}">',
            f'<g transform="translate({LEFT},{TOP})" font-size="12" fill="none">',
            *axes(dates),
            *(
                f'<path d="M{"L".join(write(x, y) for x, y in run)}" stroke="var(--accent)" '
                'stroke-width="2"/>'
                for run in unbroken(places)
            ),
            '<g fill="var(--accent)">',
            *(f'<circle cx="{x:.4g}" cy="{y:.4g}" r="3.35"/>' for x, y in points(places)),
            "</g></g></svg>",
        )
    )


def height(share: float | None) -> float:
    """Return where a share is, in pixels from the top of the plot."""
    return HEIGHT * (1 - (share or 0))


def axes(dates: Sequence[str]) -> list[str]:
    heights = [(tick, height(tick)) for tick in SCALE.ticks]
    grid = "".join(f"M-5,{y:.0f}H{WIDTH}" for _, y in heights)
    return [
        f'<path d="{grid}" transform="translate(.5,.5)" stroke="var(--line)"/>',
        '<g fill="var(--soft)"><g text-anchor="end">',
        *(f'<text x="-9" y="{y + 4:.4g}">{SCALE.write(tick)}</text>' for tick, y in heights),
        f'</g><text y="{HEIGHT + 20}">{escape(dates[0])}</text>',
        f'<text x="{WIDTH}" y="{HEIGHT + 20}" text-anchor="end">{escape(dates[-1])}</text></g>',
    ]


Places = Sequence[tuple[float, float, bool]]


def unbroken(places: Places) -> list[list[tuple[float, float]]]:
    """Return the lines between runs that follow each other and have a value."""
    found: list[list[tuple[float, float]]] = [[]]
    for x, y, known in places:
        if known:
            found[-1].append((x, y))
        else:
            found.append([])
    return [line for line in found if len(line) > 1]


def points(places: Places) -> list[tuple[float, float]]:
    """Return the points to draw: all of few runs, of many those no line leads to, and the last."""
    if len(places) <= SINGLE:
        return [(x, y) for x, y, known in places if known]
    joined = {point for line in unbroken(places) for point in line[:-1]}
    last = [(x, y) for x, y, known in places if known][-1]
    ends = {line[-1] for line in unbroken(places)} - {last}
    return [(x, y) for x, y, known in places if known and (x, y) not in joined | ends]
