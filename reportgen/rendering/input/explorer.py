"""The attention explorer: all maps of an input as pictures that a script can enlarge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reportgen.rendering.drawing import heatmap_png
from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.input import head_effects, maps
from reportgen.rendering.input.attention_quantities import Quantity, Vectors, View, views
from reportgen.rendering.input.heads import HeadSummary, summaries
from reportgen.rendering.wording.labels import visible
from reportgen.rendering.wording.numbers import number, signed
from reportgen.results.model import JobResult, Token


@dataclass(frozen=True)
class QuantityPicture:
    """All maps of one quantity as one picture, with its scales and strongest cells in words.

    ``ends`` lists where the scales of single maps end, where each has its own.
    """

    key: str
    title: str
    about: str
    ranges: str
    tiles: heatmap_png.TiledMaps
    strongest: Table
    ends: Table | None


@dataclass(frozen=True)
class VectorsPicture:
    """The lengths of vectors of all layers, heads and tokens as one picture."""

    title: str
    about: str
    range: str
    uri: str
    width: int
    height: int


@dataclass(frozen=True)
class Explorer:
    """Maps that share their axes, on scales that hold for the whole input.

    ``first`` is the layer (from 0) and head (from 1) shown first. No array is kept, so that the
    views of many inputs fit into memory.
    """

    title: str
    about: str
    note: str
    precision: str
    layers: int
    heads: int
    first: tuple[int, int]
    pictures: tuple[QuantityPicture, ...]
    vectors: VectorsPicture | None
    summaries: tuple[HeadSummary, ...]
    data: dict
    """What the page's script needs. ``maps`` says where maps at full resolution are: ``None``
    in the pictures themselves, an object by name on the page, or, as a string, the beginning of
    the addresses of their files."""

    @property
    def from_files(self) -> bool:
        """Tell whether the maps at full resolution are files of their own."""
        return isinstance(self.data["maps"], str)


def explorers(
    result: JobResult, arrays: Mapping[str, np.ndarray], *, files: str | None = None
) -> tuple[Explorer, ...]:
    """Make one explorer per pair of axes.

    ``files`` is for pages of a site: the address, from the page, that the names of its map
    files begin with, e.g. ``../maps/ANCHOR-``; ``maps.map_files`` makes these files. Without it
    the most important maps of large inputs are on the page itself.
    """
    effects = head_effects.for_script(result, arrays)
    return tuple(
        explorer(view, result.texts, files, effects if view.own == "rows" else [])
        for view in views(result, arrays)
    )


def explorer(
    view: View, fields: Mapping[str, str], files: str | None, effects: list[dict]
) -> Explorer:
    pictures = tuple(picture(view, quantity) for quantity in view.quantities)
    full: dict[str, str] | str | None = None
    if maps.large(view):
        spent = sum(len(picture.tiles.uri) for picture in pictures)
        full = maps.chosen_maps(view, spent) if files is None else files
    n_layers, n_heads = view.quantities[0].heads.shape[:2]
    first = maps.heads_by_weight(view)[0]
    found = summaries(view)
    return Explorer(
        title=view.title,
        about=view.about,
        note=note(view, first, pictures[0].tiles.block),
        precision=precision(),
        layers=n_layers,
        heads=n_heads,
        first=first,
        pictures=pictures,
        vectors=vectors_picture(view.vectors) if view.vectors else None,
        summaries=found,
        data={
            "rows": pieces(view.rows, fields),
            "columns": None if view.square else pieces(view.columns, fields),
            "own": view.own,
            "start": view.start,
            "first": first,
            "layers": n_layers,
            "heads": n_heads,
            "order": [quantity.key for quantity in view.quantities],
            "quantities": {
                quantity.key: for_script(quantity, picture.tiles)
                for quantity, picture in zip(view.quantities, pictures, strict=True)
            }
            | ({"vectors": vectors_for_script(view.vectors)} if view.vectors else {}),
            "summaries": [summary.data for summary in found],
            **({"effects": effects} if effects else {}),
            "maps": full,
        },
    )


def picture(view: View, quantity: Quantity) -> QuantityPicture:
    write = signed if quantity.signed else number
    low = signed(-quantity.head_scale) if quantity.signed else "0"
    return QuantityPicture(
        key=quantity.key,
        title=quantity.title,
        about=quantity.about,
        ranges=own_ranges(quantity)
        if quantity.own_scale
        else f"heads {low} to {write(quantity.head_scale)}, "
        f"all together ({quantity.joined}) 0 to {number(quantity.together_scale)}",
        tiles=maps.thumbnails(view, quantity),
        strongest=strongest(view, quantity),
        ends=ends(quantity) if quantity.own_scale else None,
    )


def own_ranges(quantity: Quantity) -> str:
    """Say where the scales end that each map has for itself."""
    heads, together = (
        f"{number(float(sizes.min()))} to {number(float(sizes.max()))}"
        for sizes in (quantity.head_ends, quantity.together_ends)
    )
    return (
        f"each map its own, up to its largest size: {heads} for heads, {together} for "
        f"all together ({quantity.joined})"
    )


def ends(quantity: Quantity) -> Table:
    """List the largest size of each map, where its own scale ends."""
    sizes = zip(quantity.together_ends.tolist(), quantity.head_ends.tolist(), strict=True)
    return Table(
        ("layer", "all", f"heads 1 to {quantity.heads.shape[1]}"),
        tuple(
            (str(layer), number(together), " · ".join(map(number, heads)))
            for layer, (together, heads) in enumerate(sizes, start=1)
        ),
    )


WIDE, TALL = 640, 8
"""Page pixels of a picture of vectors, at most, and of one of its rows."""


def vectors_picture(vectors: Vectors) -> VectorsPicture:
    n_layers, n_heads, tokens = vectors.values.shape
    return VectorsPicture(
        title=vectors.title,
        about=vectors.about,
        range=f"0 to {number(vectors.scale)}",
        uri=maps.vectors_map(vectors),
        width=tokens * max(1, min(16, WIDE // tokens)),
        height=(n_layers * (n_heads + 1) - 1) * TALL,
    )


def for_script(quantity: Quantity, drawn: heatmap_png.TiledMaps) -> dict:
    """What the script needs to read values from a picture, and the exact cells."""
    return {
        "title": quantity.title,
        "verb": quantity.verb,
        "signed": quantity.signed,
        "colors": heatmap_png.INK[quantity.ink],
        "ink": quantity.ink,
        "own": quantity.own_scale,
        "head_scale": quantity.head_scale,
        "together_scale": quantity.together_scale,
        "gap": drawn.gap,
        "block": drawn.block,
        "exact": maps.exact_cells(quantity),
    }


def vectors_for_script(vectors: Vectors) -> dict:
    """The same of lengths of vectors; ``ends`` are the largest of each layer."""
    return {
        "title": vectors.title,
        "verb": "",
        "signed": False,
        "colors": heatmap_png.INK[vectors.ink],
        "ink": vectors.ink,
        "own": False,
        "head_scale": vectors.scale,
        "together_scale": vectors.scale,
        "gap": 1,
        "block": (1, 1),
        "ends": [float(f"{end:.3g}") for end in vectors.values.max(axis=(1, 2), initial=0)],
    }


def note(view: View, first: tuple[int, int], block: tuple[int, int]) -> str:
    """Say what is not on the page, and what is shown first."""
    layer, head = first
    found = [
        view.note,
        f"Shown first: layer {layer + 1}, head {head}, which has {maps.criterion(view)}.",
    ]
    if block != (1, 1):
        found.append(
            f"Small maps are pooled: each cell is the strongest of {block[0]} × {block[1]}."
        )
    return " ".join(part for part in found if part)


def precision() -> str:
    """Say how exact the numbers are that a reader is told."""
    most, least = (f"{100 * share:g}\N{NO-BREAK SPACE}%" for share in heatmap_png.ERROR)
    return (
        f"Values read from a picture are within {most} of the end of its scale, those under "
        f"1\N{NO-BREAK SPACE}% of it within {least}; the {maps.STRONGEST} strongest cells of each "
        "map are known exactly."
    )


def strongest(view: View, quantity: Quantity) -> Table:
    """The strongest cells over all heads of a quantity, in words."""
    write = signed if quantity.signed else number
    return Table(
        ("layer", "head", "token that looks", "token looked at", "value"),
        tuple(
            (
                str(layer + 1),
                str(head + 1),
                f"{visible(view.rows[row].text)} ({row + 1})",
                f"{visible(view.columns[column].text)} ({column + 1})",
                write(value),
            )
            for (layer, head, row, column), value in maps.strongest(quantity.heads)
        ),
    )


def pieces(tokens: tuple[Token, ...], fields: Mapping[str, str]) -> list[tuple]:
    """Cut texts into (what stands before, piece, 1 if special) per token, to be read as text.

    Tokens that share their characters with the one before are a dot. Where the token's own name
    is another than its piece, it follows.
    """
    found: list[tuple] = []
    reached: dict[str, int] = {}
    for token in tokens:
        segment = token.segment or ""
        field = fields.get(segment)
        gap, text = (" " if found else ""), token.text
        if field is not None and token.start is not None and token.end is not None:
            position = reached.get(segment, 0)
            start = max(token.start, position)
            gap = field[position:start] if position else gap
            text = field[start : token.end] or "·"
            reached[segment] = max(position, token.end)
        name = () if text == visible(token.text) else (visible(token.text),)
        found.append((gap, text, int(token.special), *name))
    return found
