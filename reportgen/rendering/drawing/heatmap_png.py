"""Maps of layers and heads as small pictures.

One PNG holds every map of a quantity as a tile: rows are layers, the first column is all heads
together, then one column per head. Each pixel is one palette colour whose opacity is the size
of the value and whose hue is its sign, so that the same picture works on light and dark pages,
and scripts can read the values back from it exactly as they are stored.
"""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

LEVELS = 16
"""Opacity levels, empty among them, on a square-root scale: 4 bits, opacities of 17/255 each."""

ERROR = (0.07, 0.006)
"""How far a value read back may be off at most, in shares of its scale's end: any value, and
values under a hundredth of that end."""

Ink = Literal["attention", "norm", "signed"]

Color = tuple[int, int, int]

INK: dict[Ink, tuple[Color, ...]] = {
    "attention": ((124, 92, 246),),
    "norm": ((13, 148, 136),),
    "signed": ((222, 80, 38), (38, 112, 214), (124, 130, 142)),
}
"""The colours of a quantity, each readable on light and on dark.

Signed values have three: towards (more red than blue), against (more blue than red), and one
for sizes without a sign, which all heads together have.
"""


@dataclass(frozen=True)
class TiledMaps:
    """A picture of tiles; each cell of a tile is the strongest of ``block`` cells of its map."""

    uri: str
    width: int
    height: int
    gap: int
    block: tuple[int, int]
    zoom: int
    """How many page pixels a cell gets, so that a tile is about 56 pixels wide."""


def draw(
    heads: np.ndarray,
    together: np.ndarray,
    ink: Ink,
    *,
    head_scale: float | np.ndarray,
    together_scale: float | np.ndarray,
    most: int | None = None,
) -> TiledMaps:
    """Draw maps ``(L, H, m, n)`` and ``(L, m, n)`` over heads as one PNG data URI.

    Scales are square-root scales, so that small weights are visible: one for all heads and one
    for all maps over heads, so that tiles compare, or one of each map, ``(L, H)`` and ``(L,)``.
    Tiles get ``most`` rows and columns at most: larger maps are pooled.
    """
    ends = np.broadcast_to(head_scale, heads.shape[:2])
    together_ends = np.broadcast_to(together_scale, heads.shape[:1])
    block = (1, 1) if most is None else block_of(heads.shape[-2:], most)
    together = pool(together, block)
    n_layers, n_heads, *_ = heads.shape
    rows, columns = together.shape[-2:]
    gap = max(1, columns // 12)
    canvas = np.zeros(
        (n_layers * (rows + gap) - gap, (n_heads + 1) * (columns + gap) - gap), dtype=np.uint8
    )
    for layer in range(n_layers):
        tiles = [
            paint(together[layer], float(together_ends[layer]), ink, sizes=True),
            *(
                paint(pool(values, block), float(end), ink)
                for values, end in zip(heads[layer], ends[layer], strict=True)
            ),
        ]
        for column, tile in enumerate(tiles):
            top, left = layer * (rows + gap), column * (columns + gap)
            canvas[top : top + rows, left : left + columns] = tile
    return TiledMaps(
        uri=data_uri(png(canvas, INK[ink])),
        width=canvas.shape[1],
        height=canvas.shape[0],
        gap=gap,
        block=block,
        zoom=max(1, round(56 / columns)),
    )


def draw_map(values: np.ndarray, scale: float, ink: Ink, *, sizes: bool = False) -> str:
    """Draw one map ``(m, n)`` as a PNG data URI; ``sizes`` are drawn without a sign."""
    if sizes:
        return data_uri(png(levels(values, scale), INK[ink][-1:]))
    return data_uri(png(paint(values, scale, ink), INK[ink][:2]))


def block_of(shape: tuple[int, ...], most: int) -> tuple[int, int]:
    """Return how many rows and columns are pooled so that at most ``most`` are left of each."""
    rows, columns = (max(1, -(-size // most)) for size in shape)
    return rows, columns


def pool(maps: np.ndarray, block: tuple[int, int]) -> np.ndarray:
    """Reduce maps ``(..., m, n)`` to the largest size of each block, with its sign."""
    if block == (1, 1):
        return maps
    padding = [(0, 0)] * (maps.ndim - 2)
    padding += [(0, -size % part) for size, part in zip(maps.shape[-2:], block, strict=True)]
    padded = np.pad(maps, padding)
    rows, columns = (size // part for size, part in zip(padded.shape[-2:], block, strict=True))
    parts = padded.reshape(*maps.shape[:-2], rows, block[0], columns, block[1])
    high, low = parts.max(axis=(-3, -1)), parts.min(axis=(-3, -1))
    return np.where(high >= -low, high, low)


def levels(values: np.ndarray, scale: float) -> np.ndarray:
    """Quantise ``values`` in [0, scale] to ``LEVELS`` steps on a square-root scale."""
    share = np.sqrt(np.clip(values / scale, 0, 1)) if scale > 0 else np.zeros_like(values)
    return np.round(share * (LEVELS - 1)).astype(np.uint8)


def paint(values: np.ndarray, scale: float, ink: Ink, *, sizes: bool = False) -> np.ndarray:
    """Return each value's index in the palette of ``ink``: its level in its colour; 0 is empty."""
    level = levels(np.abs(values), scale)
    last = len(INK[ink]) - 1
    color = np.full(level.shape, last) if sizes else (values < 0).astype(int)
    return np.where(level == 0, 0, level + color * (LEVELS - 1)).astype(np.uint8)


def png(pixels: np.ndarray, colors: tuple[Color, ...]) -> bytes:
    """Encode palette indices ``(height, width)`` as a PNG of few colours at many opacities.

    Its palette has those that are used: where these are 16 at most, pixels are half a byte.
    """
    height, width = pixels.shape
    used, places = np.unique(pixels, return_inverse=True)
    pixels = places.reshape(pixels.shape).astype(np.uint8)
    levels = [(index - 1) % (LEVELS - 1) + 1 if index else 0 for index in used.tolist()]
    inks = [colors[max(0, index - 1) // (LEVELS - 1)] for index in used.tolist()]
    palette = b"".join(map(bytes, inks))
    opacity = bytes(round(255 * level / (LEVELS - 1)) for level in levels)
    depth = 4 if len(opacity) <= 16 else 8
    if depth == 4:
        pixels = np.pad(pixels, ((0, 0), (0, width % 2)))
        pixels = pixels[:, ::2] << 4 | pixels[:, 1::2]
    rows = np.zeros((height, pixels.shape[1] + 1), dtype=np.uint8)  # each starts with filter 0
    rows[:, 1:] = pixels
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 3, 0, 0, 0)),
            chunk(b"PLTE", palette),
            chunk(b"tRNS", opacity),
            chunk(b"IDAT", compress(rows.tobytes())),
            chunk(b"IEND", b""),
        )
    )


def compress(data: bytes) -> bytes:
    """Compress what is mostly noise: short matches are not worth their place."""
    maker = zlib.compressobj(9, zlib.DEFLATED, 15, 9, zlib.Z_FILTERED)
    return maker.compress(data) + maker.flush()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def data_uri(picture: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(picture).decode()
