"""Maps of all layers and heads as one small picture.

One PNG holds every map of an input as a tile: rows are layers, the first column is the summary
over heads, then one column per head. Each pixel is one palette colour whose opacity is the
size of the value and whose hue is its sign, so that the same picture works on light and dark
pages, and scripts can read the values back from it exactly as they are stored.
"""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

LEVELS = 32
"""Opacity levels: on the square-root scale the error is at most 1/62 of the largest root."""

Ink = Literal["attention", "norm", "signed"]

Color = tuple[int, int, int]

INK: dict[Ink, tuple[Color, ...]] = {
    "attention": ((124, 92, 246),),
    "norm": ((13, 148, 136),),
    "signed": ((222, 80, 38), (38, 112, 214), (124, 130, 142)),
}
"""The colours of a quantity, each readable on light and on dark.

Signed values have three: towards (more red than blue), against (more blue than red), and one
for sizes without a sign, which the summaries over heads are.
"""


@dataclass(frozen=True)
class Atlas:
    """A picture of tiles and the scales they are drawn on (value at full opacity).

    Tiles have ``rows`` queries and ``columns`` keys. Where the maps are ``signed``, heads run
    from ``-head_scale`` to ``head_scale``; summaries always start at 0.
    """

    uri: str
    width: int
    height: int
    rows: int
    columns: int
    gap: int
    layers: int
    heads: int
    head_scale: float
    summary_scale: float
    signed: bool

    @property
    def zoom(self) -> int:
        """How many page pixels a cell gets, so that a tile is about 56 pixels wide."""
        return max(1, round(56 / self.columns))

    @property
    def data(self) -> dict[str, float]:
        """What a script needs to read values from the picture."""
        names = ("gap", "layers", "heads", "head_scale", "summary_scale", "signed")
        return {name: getattr(self, name) for name in names}


def draw(
    heads: np.ndarray, summary: np.ndarray, ink: Ink, *, head_scale: float, summary_scale: float
) -> Atlas:
    """Draw maps ``(L, H, m, n)`` and their summaries ``(L, m, n)`` as one PNG data URI.

    Values are drawn on square-root scales that are the same for all tiles of a kind, from 0 (or,
    where ``ink`` is signed, from the negative end) to ``head_scale`` and ``summary_scale``, so
    that small weights are visible and tiles compare.
    """
    n_layers, n_heads, rows, columns = heads.shape
    gap = max(1, columns // 12)
    canvas = np.zeros(
        (n_layers * (rows + gap) - gap, (n_heads + 1) * (columns + gap) - gap), dtype=np.uint8
    )
    signed = ink == "signed"
    for layer in range(n_layers):
        size = levels(summary[layer], summary_scale)
        tiles = [paint(size, np.full(size.shape, 2)) if signed else size]
        for values in heads[layer]:
            level = levels(np.abs(values), head_scale)
            tiles.append(paint(level, (values < 0).astype(int)))
        for column, tile in enumerate(tiles):
            top, left = layer * (rows + gap), column * (columns + gap)
            canvas[top : top + rows, left : left + columns] = tile
    uri = "data:image/png;base64," + base64.b64encode(png(canvas, INK[ink])).decode()
    return Atlas(
        uri=uri,
        width=canvas.shape[1],
        height=canvas.shape[0],
        rows=rows,
        columns=columns,
        gap=gap,
        layers=n_layers,
        heads=n_heads,
        head_scale=head_scale,
        summary_scale=summary_scale,
        signed=signed,
    )


def levels(values: np.ndarray, scale: float) -> np.ndarray:
    """Quantise ``values`` in [0, scale] to ``LEVELS`` steps on a square-root scale."""
    share = np.sqrt(np.clip(values / scale, 0, 1)) if scale > 0 else np.zeros_like(values)
    return np.round(share * (LEVELS - 1)).astype(np.uint8)


def paint(level: np.ndarray, color: np.ndarray) -> np.ndarray:
    """Return the palette index of each ``level`` in the ``color`` at that place; 0 is empty."""
    return np.where(level == 0, 0, level + color * (LEVELS - 1)).astype(np.uint8)


def png(pixels: np.ndarray, colors: tuple[Color, ...]) -> bytes:
    """Encode palette indices ``(height, width)`` as a PNG of few colours at many opacities."""
    height, width = pixels.shape
    palette = bytes(colors[0])
    opacity = b"\0"
    for color in colors:
        palette += bytes(color) * (LEVELS - 1)
        opacity += bytes(round(255 * level / (LEVELS - 1)) for level in range(1, LEVELS))
    rows = np.zeros((height, width + 1), dtype=np.uint8)  # each row starts with filter type 0
    rows[:, 1:] = pixels
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            chunk(b"PLTE", palette),
            chunk(b"tRNS", opacity),
            chunk(b"IDAT", compress(rows.tobytes())),
            chunk(b"IEND", b""),
        )
    )


def compress(data: bytes) -> bytes:
    """Compress what is mostly noise: short matches are not worth their place."""
    maker = zlib.compressobj(6, zlib.DEFLATED, 15, 9, zlib.Z_FILTERED)
    return maker.compress(data) + maker.flush()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
