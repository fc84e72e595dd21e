"""Which maps a page holds at full resolution, and which of their cells it knows exactly.

Where all maps of a quantity are few cells, every one is on the page. Else the page has every
head as a pooled thumbnail, and full maps of the layers and of the heads that matter most, within
``MAP_BUDGET``, or, in a site, files that load when a head is opened.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from itertools import product

import numpy as np

from reportgen.rendering.drawing import heatmap_png
from reportgen.rendering.input.attention_quantities import Quantity, Vectors, View, views
from reportgen.rendering.input.token_data import pack
from reportgen.results.model import JobResult

INLINE_CELLS = 250_000
"""Cells of a quantity up to which all its maps are on the page at full resolution."""

THUMBNAIL = 32
"""Rows and columns of a pooled map at most."""

MAP_BUDGET = 2_000_000
"""Bytes of data URIs that the pictures of one view may take in a single file."""

WHOLE_HEADS = 10
"""Heads of a large view whose maps are on the page at full resolution, at most."""

STRONGEST = 8
"""Cells of each map that the page knows exactly."""


def large(view: View) -> bool:
    """Tell whether the maps of a view are too many cells for one picture per quantity."""
    return max(quantity.cells for quantity in view.quantities) > INLINE_CELLS


def thumbnails(view: View, quantity: Quantity) -> heatmap_png.TiledMaps:
    """Draw all maps of a quantity in one picture, pooled where the view is large."""
    own = quantity.own_scale
    return heatmap_png.draw(
        quantity.heads,
        quantity.together,
        quantity.ink,
        head_scale=quantity.head_ends if own else quantity.head_scale,
        together_scale=quantity.together_ends if own else quantity.together_scale,
        most=THUMBNAIL if large(view) else None,
    )


def draw_map(quantity: Quantity, layer: int, head: int) -> str:
    """Draw one map at full resolution, on the scale of its thumbnail."""
    values, scale = quantity.map(layer, head), quantity.scale(layer, head)
    return heatmap_png.draw_map(values, scale, quantity.ink, sizes=head == 0)


def vectors_map(vectors: Vectors) -> str:
    """Draw the heads (rows) and tokens (columns) of all layers, with an empty row between two."""
    gap = np.zeros((len(vectors.values), 1, vectors.values.shape[-1]), vectors.values.dtype)
    rows = np.concatenate([vectors.values, gap], axis=1).reshape(-1, gap.shape[-1])[:-1]
    return heatmap_png.draw_map(rows, vectors.scale, vectors.ink)


def name(quantity: Quantity, layer: int, head: int) -> str:
    """Name a map: layers count from 1, heads too, head 0 is all heads together."""
    return f"{quantity.key}-{layer + 1}-{head}"


def chosen_maps(view: View, spent: int) -> dict[str, str]:
    """Draw full maps by name while the budget, of which ``spent`` bytes are gone, lasts.

    A layer and head is there for all quantities or for none, so that they can be compared:
    first the head that matters most, then all heads together of each layer from the last, then
    the other heads in the order in which they matter, ``WHOLE_HEADS`` in all.
    """
    found: dict[str, str] = {}
    ranking = heads_by_weight(view)
    n_layers = view.quantities[0].heads.shape[0]
    whole = [(layer, 0) for layer in reversed(range(n_layers))]
    for layer, head in (*ranking[:1], *whole, *ranking[1:WHOLE_HEADS]):
        drawn = {name(q, layer, head): draw_map(q, layer, head) for q in view.quantities}
        spent += sum(map(len, drawn.values()))
        if spent > MAP_BUDGET:
            break
        found |= drawn
    return found


def heads_by_weight(view: View) -> list[tuple[int, int]]:
    """Return (layer, head from 1) of all heads, those that matter most first.

    Where there is attribution, its sizes decide, added up over all cells and outputs; else the
    attention (or what else there is) to tokens that are neither special nor the token itself.
    """
    attributed = [quantity for quantity in view.quantities if quantity.signed]
    if attributed:
        weight = sum(np.abs(q.heads).sum(axis=(-2, -1), dtype=np.float64) for q in attributed)
    else:
        heads = view.quantities[0].heads
        special = np.array([token.special for token in view.columns])
        weight = heads[..., ~special].sum(axis=(-2, -1), dtype=np.float64)
        if view.square:
            itself = np.diagonal(heads, axis1=-2, axis2=-1)[..., ~special]
            weight = weight - itself.sum(-1, dtype=np.float64)
    places = product(range(weight.shape[0]), range(1, weight.shape[1] + 1))
    return sorted(places, key=lambda place: (-weight[place[0], place[1] - 1], place))


def criterion(view: View) -> str:
    """Say in words what ``heads_by_weight`` goes by."""
    if any(quantity.signed for quantity in view.quantities):
        return "the largest attribution, sizes added up over all cells"
    first = view.quantities[0]
    most = "the most attention to" if first.weights else f"the largest sum of {first.title} over"
    if view.square:
        return f"{most} tokens that are neither special nor the token itself"
    return f"{most} tokens that are not special"


def strongest(values: np.ndarray, amount: int = STRONGEST) -> list[tuple[tuple[int, ...], float]]:
    """Return the places and values of the largest sizes in ``values``, 0 left out."""
    sizes = np.abs(values).ravel()
    if sizes.size > amount:
        least = np.partition(sizes, -amount)[-amount]
        found = np.flatnonzero(sizes >= least)
    else:
        found = np.arange(sizes.size)
    order = found[np.argsort(-sizes[found], kind="stable")][:amount]
    places = np.array(np.unravel_index(order, values.shape)).T
    return [
        (tuple(place), float(values.flat[i]))
        for place, i in zip(places.tolist(), order.tolist(), strict=True)
        if sizes[i] > 0
    ]


def exact_cells(quantity: Quantity) -> dict[str, str]:
    """Pack the strongest cells of each layer and head (0 for all together), ``STRONGEST`` each.

    ``places``, row times columns plus column, are base64 of two bytes each, of four where a map
    has more than 65,536 cells; ``values`` are packed, 0 where a map has fewer cells.
    """
    n_layers, n_heads, rows, columns = quantity.heads.shape
    places = np.zeros(
        (n_layers, n_heads + 1, STRONGEST), "<u4" if rows * columns > 1 << 16 else "<u2"
    )
    values = np.zeros(places.shape)
    for layer, head in product(range(n_layers), range(n_heads + 1)):
        for i, ((row, column), value) in enumerate(strongest(quantity.map(layer, head))):
            places[layer, head, i] = row * columns + column
            values[layer, head, i] = value
    return {"places": base64.b64encode(places.tobytes()).decode(), "values": pack(values)}


def map_files(
    result: JobResult, arrays: Mapping[str, np.ndarray], anchor: str
) -> Iterator[tuple[str, str]]:
    """Yield (file name, text) of the scripts that hold a site's full maps of one input.

    One classic script per quantity, layer and head, ``ANCHOR-QUANTITY-LAYER-HEAD.js``, which
    hands its picture to ``reportgenMap``: unlike pixels of an image file, these can be read in
    a page that was opened from disk. Views whose maps are all on the page have none.
    """
    for view in views(result, arrays):
        if not large(view):
            continue
        n_layers, n_heads = view.quantities[0].heads.shape[:2]
        for quantity, layer, head in product(view.quantities, range(n_layers), range(n_heads + 1)):
            key = f"{anchor}-{name(quantity, layer, head)}"
            picture = json.dumps(draw_map(quantity, layer, head))
            yield f"{key}.js", f"reportgenMap({json.dumps(key)},{picture});\n"
