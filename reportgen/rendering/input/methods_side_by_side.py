"""Methods and layers side by side, with the tokens in the same columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reportgen.rendering.drawing.row_png import SHORT, RowsPicture, draw_rows, labels, pitch
from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.input.score_rows import FEW, Group
from reportgen.rendering.input.top_contributions import top_cells
from reportgen.rendering.wording.labels import listed, output, visible
from reportgen.results.model import JobResult

LISTED = 10
"""Largest cells that are listed under the layers of a long text; half as many for a short one."""

HEIGHT = {"by-method": 32, "by-layer": 20}
"""Page pixels of a row: those of methods have their name and their scale beside them."""


@dataclass(frozen=True)
class Sheet:
    """Rows in the columns of the tokens: a (label, range) for each, and one picture of all.

    ``groups`` are the places of the rows in the token data, of each at most ``most``; ``off``
    are the columns that are off the scale of a row, by the middle of each in page pixels, and
    ``note`` tells their scores.
    """

    kind: str
    rows: tuple[tuple[str, str], ...]
    picture: RowsPicture
    groups: tuple[int, ...]
    most: int
    off: tuple[int, ...] = ()
    note: str = ""


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
        methods=sheet(result, methods, 0, FEW, "by-method") if methods else None,
        layers=tuple(
            Layers(
                title=group.title,
                about=group.about,
                range=group.range(0),
                sheet=sheet(result, [group], len(methods) + i, len(group.rows), "by-layer"),
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
    first = methods[0]
    drawn = sheet(result, [first], 0, len(first.rows), "by-method")
    names = tuple((output(result, r.name), first.range(i)) for i, r in enumerate(first.rows))
    return replace(drawn, rows=names)


def sheet(result: JobResult, groups: Sequence[Group], place: int, most: int, kind: str) -> Sheet:
    """Draw the first rows of ``groups``, which are from ``place`` on in the token data."""
    drawn = [(group, i) for group in groups for i in range(min(len(group.rows), most))]
    width = pitch(groups[0].table.shape[1])
    return Sheet(
        kind=kind,
        rows=tuple(
            (group.rows[i].label, group.range(i) if kind == "by-method" else "")
            for group, i in drawn
        ),
        picture=draw_rows(
            [(g.table[i], g.token_scale(i), "muted" if g.doubts[i] else g.hue) for g, i in drawn],
            HEIGHT[kind],
        ),
        groups=tuple(range(place, place + len(groups))),
        most=most,
        off=tuple(i * width + width // 2 for i in sorted({t for g, r in drawn for t in g.off(r)})),
        note=" ".join(filter(None, (off_scale(result, group, most) for group in groups))),
    )


def off_scale(result: JobResult, group: Group, most: int) -> str:
    """Say which tokens the colours of a group's first rows do not reach, with their scores."""
    rows = range(min(len(group.rows), most))
    told = []
    for token in sorted({token for row in rows for token in group.off(row)}):
        values = group.table[[row for row in rows if token in group.off(row)], token].tolist()
        ends = dict.fromkeys(map(group.write, (min(values), max(values))))
        told.append(f"“{visible(result.tokens[token].text)}” {' to '.join(ends)}")
    if not told:
        return ""
    return f"{group.title}: {listed(told)} {'is' if len(told) == 1 else 'are'} off the scale (▲)."
