"""Where the mistakes lie: inputs as a map, and the regions in which too many are wrong."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.methods import all_methods
from reportgen.rendering.drawing.charts import Chart
from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.wording import regions as wording
from reportgen.rendering.wording.labels import visible
from reportgen.rendering.wording.numbers import number
from reportgen.results.dataset.observations import Observations
from reportgen.results.dataset.regions import Region, Regions, find_regions
from reportgen.spec.report import ReportSpec

if TYPE_CHECKING:
    from reportgen.rendering.dataset.sections import DatasetFacts

POINTS = 1_500
"""Points of all maps of a page: wrong inputs first, of which no map has more than two thirds."""

TOLD = 60
"""Characters of an input that a point tells."""

LISTED = 100
"""Points whose places are listed as a table."""

LINKED = 5
"""Inputs of a region that are linked."""

STATES = ("right", "wrong", "not judged")
INKS = ("var(--good)", "var(--bad)", "var(--soft)")
SHAPES = ("circle", "cross", "square")
SIZE = 400


@dataclass(frozen=True)
class RegionRow:
    """A region as it is written; ``first`` are inputs of it, ``more`` is how many others are."""

    words: str
    inputs: int
    wrong: str
    elsewhere: str
    p: str
    first: tuple[Brief, ...]
    more: int


@dataclass(frozen=True)
class RegionMap:
    """The map of one model's inputs, its regions, and what is said of them."""

    model: str
    summary: str
    note: str
    chart: Chart
    rows: tuple[RegionRow, ...]


@dataclass(frozen=True)
class RegionsView:
    maps: tuple[RegionMap, ...]
    how_to_read: str
    live: bool = True


def regions_section(facts: DatasetFacts) -> RegionsView | None:
    """Make the section; ``None`` where no model has inputs enough for a map.

    Raises ``ReportgenError`` where the spec asks for a map that cannot be made here.
    """
    way = ReportSpec.model_validate(facts.manifest.spec.get("report", {})).map
    found = [(one, find_regions(one, way)) for one in facts.observed.values()]
    there = [(one, regions) for one, regions in found if regions is not None]
    if not there:
        return None
    room = POINTS // len(there)
    maps = tuple(make_map(one, regions, facts.briefs, room) for one, regions in there)
    return RegionsView(maps, wording.HOW_TO_READ if any(one.rows for one in maps) else "")


def make_map(
    found: Observations, regions: Regions, briefs: Sequence[Brief], room: int
) -> RegionMap:
    states = state_of(found.correct[regions.rows])
    shown = chosen(states, room)
    wrong = int((states[shown] == STATES.index("wrong")).sum())
    name = regions.method or next(m.name for m in all_methods() if m.vector)
    some = wording.which(len(shown), wrong, len(states), regions.mistakes)
    there = wording.on_map(len(regions.rows), len(found), regions.method)
    return RegionMap(
        model=found.model,
        summary=wording.summary(regions),
        note=" ".join(filter(None, (wording.how(regions, name), there, some))),
        chart=make_chart(found, regions, briefs, states, shown),
        rows=tuple(region_row(one, found, briefs) for one in regions.regions),
    )


def state_of(correct: np.ndarray) -> np.ndarray:
    """Return the place in ``STATES`` of each input: right, wrong, not judged."""
    return np.where(np.isnan(correct), 2, np.where(correct == 1, 0, 1))


def chosen(states: np.ndarray, room: int) -> np.ndarray:
    """Return which points are shown, at most ``room``, wrong ones first; drawn at random."""
    drawn = np.random.default_rng(0)
    wrong, others = np.flatnonzero(states == 1), np.flatnonzero(states != 1)
    if len(states) > room:
        most = max(2 * room // 3, room - len(others))
        wrong = wrong if len(wrong) <= most else drawn.choice(wrong, most, replace=False)
        others = drawn.choice(others, min(len(others), room - len(wrong)), replace=False)
    return np.sort(np.concatenate([wrong, others]))


def make_chart(
    found: Observations,
    regions: Regions,
    briefs: Sequence[Brief],
    states: np.ndarray,
    shown: np.ndarray,
) -> Chart:
    from reportgen.rendering.drawing.vega import finish  # loads Altair, which takes a while

    order = shown[np.argsort(states[shown] == 1, kind="stable")].tolist()  # wrong ones on top
    rows: list[dict[str, Any]] = []
    names: dict[int, str] = {}
    for i in order:
        brief = briefs[found.places[regions.rows[i]]]
        names[i] = f"#{brief.position + 1} {clip(brief.heading)}"
        x, y = (float(f"{value:.4g}") for value in regions.places[i])
        rows.append(
            {
                "x": x,
                "y": y,
                "state": STATES[states[i]],
                "input": names[i],
                "says": clip(brief.lead),
                "expected": clip(brief.expected) or "–",
                "anchor": brief.anchor,
            }
        )
    listed = [*reversed(order)][:LISTED]
    table = Table(
        ("input", "first direction", "second direction", "answer"),
        tuple(
            (names[i], *map(number, regions.places[i].tolist()), STATES[states[i]]) for i in listed
        ),
    )
    there = tuple(state for state in STATES if any(row["state"] == state for row in rows))
    return finish(map_spec(there), {"points": rows}, table)


def clip(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= TOLD else f"{text[: TOLD - 1]}…"


@functools.lru_cache
def map_spec(states: tuple[str, ...]) -> dict[str, Any]:
    """Lay out a map of points in these states: by colour and by shape."""
    import altair as alt

    from reportgen.rendering.drawing.vega import make_spec

    def scale(values: Sequence[str]) -> alt.Scale:
        return alt.Scale(
            domain=list(states), range=[values[STATES.index(state)] for state in states]
        )

    def place(field: str) -> dict[str, Any]:
        return {"field": field, "type": "quantitative", "axis": None, "scale": {"zero": False}}

    legend = alt.Legend(direction="horizontal", symbolSize=80, symbolStrokeWidth=1.5)
    chart = (
        alt.Chart(alt.NamedData("points"))
        .mark_point(size=40, opacity=0.7, filled=True, cursor="pointer")
        .encode(
            x=alt.X(**place("x")),
            y=alt.Y(**place("y")),
            color=alt.Color("state:N", scale=scale(INKS), legend=legend),
            shape=alt.Shape("state:N", scale=scale(SHAPES), legend=legend),
            tooltip=[
                alt.Tooltip("input:N", title="input"),
                alt.Tooltip("says:N", title="the model says"),
                alt.Tooltip("expected:N", title="expected"),
                alt.Tooltip("state:N", title="answer"),
            ],
        )
        .properties(
            width=SIZE * 3 // 2,
            height=SIZE,
            description="Inputs as points; those near each other are alike to the model",
        )
    )
    return make_spec(chart)


def region_row(region: Region, found: Observations, briefs: Sequence[Brief]) -> RegionRow:
    first = tuple(briefs[place] for place in found.places[region.rows[:LINKED]].tolist())
    return RegionRow(
        words=visible(wording.named(region)),
        inputs=len(region.rows),
        wrong=wording.interval(region.wrong),
        elsewhere=wording.interval(region.elsewhere),
        p=wording.chance(region.p),
        first=first,
        more=len(region.rows) - len(first),
    )
