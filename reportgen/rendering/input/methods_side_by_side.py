"""Methods and layers side by side, with the tokens in the same columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reportgen.rendering.drawing.row_png import SHORT, RowsPicture, draw_rows, labels
from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.input.score_rows import FEW, Group
from reportgen.rendering.input.top_contributions import top_cells
from reportgen.rendering.wording.labels import output, visible
from reportgen.results.model import JobResult

LISTED = 10
"""Largest cells that are listed under the layers of a long text; half as many for a short one."""

HEIGHT = {"by-method": 32, "by-layer": 20}
"""Page pixels of a row: those of methods have their name and their scale beside them."""


@dataclass(frozen=True)
class Sheet:
    """Rows in the columns of the tokens: a (label, range) for each, and one picture of all.

    ``groups`` are the places of the rows in the token data, of each at most ``most``.
    """

    kind: str
    rows: tuple[tuple[str, str], ...]
    picture: RowsPicture
    groups: tuple[int, ...]
    most: int


@dataclass(frozen=True)
class Layers:
    """A quantity with one row per layer; ``top`` lists the largest cells."""

    title: str
    about: str
    range: str
    sheet: Sheet
    top: Table


@dataclass(frozen=True)
class MethodsSideBySide:
    """The rows of an input: one per method and output, then those of each layer.

    ``labels`` of the columns are (place, text, special).
    """

    labels: list[tuple[int, str, bool]]
    methods: Sheet | None
    layers: tuple[Layers, ...]
    note: str


def methods_side_by_side(
    result: JobResult, methods: Sequence[Group], layers: Sequence[Group], note: str = ""
) -> MethodsSideBySide | None:
    """Align one row per method and output, and the layers of each method."""
    if not methods and not layers:
        return None
    listed = LISTED if len(result.tokens) > SHORT else LISTED // 2
    return MethodsSideBySide(
        labels=labels([(visible(token.text), token.special) for token in result.tokens]),
        methods=sheet(methods, 0, FEW, "by-method") if methods else None,
        layers=tuple(
            Layers(
                title=group.title,
                about=group.about,
                range=group.range,
                sheet=sheet([group], len(methods) + i, len(group.rows), "by-layer"),
                top=top_cells(result, group, listed),
            )
            for i, group in enumerate(layers)
        ),
        note=note,
    )


def matrix(result: JobResult, methods: Sequence[Group]) -> Sheet | None:
    """Show every output as a row of its own; ``None`` where there are only a few."""
    if not methods or len(methods[0].rows) <= FEW:
        return None
    names = tuple((output(result, row.name), "") for row in methods[0].rows)
    return replace(sheet(methods[:1], 0, len(methods[0].rows), "by-layer"), rows=names)


def sheet(groups: Sequence[Group], place: int, most: int, kind: str) -> Sheet:
    """Draw the first rows of ``groups``, which are from ``place`` on in the token data."""
    drawn = [(group, i) for group in groups for i in range(min(len(group.rows), most))]
    return Sheet(
        kind=kind,
        rows=tuple(
            (group.rows[i].label, group.range if kind == "by-method" else "") for group, i in drawn
        ),
        picture=draw_rows([(g.table[i], g.token_scale, g.hue) for g, i in drawn], HEIGHT[kind]),
        groups=tuple(range(place, place + len(groups))),
        most=most,
    )
