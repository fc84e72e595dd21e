"""Attention maps of all layers and heads as one small picture.

One PNG holds every map of an input as a tile: rows are layers, the first column is the summary
over heads, then one column per head. Each pixel is one palette colour whose opacity is the
value, so that the same picture works on light and dark pages, and scripts can read the values
back from it exactly as they are stored.
"""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass

import numpy as np

LEVELS = 32
"""Opacity levels: on the square-root scale the error is at most 1/62 of the largest root."""

INK = {"attention": (124, 92, 246), "norm": (13, 148, 136)}
"""One colour per quantity; both keep their contrast on light and on dark."""


@dataclass(frozen=True)
class Atlas:
    """A picture of tiles and the scales they are drawn on (value at full opacity)."""

    uri: str
    width: int
    height: int
    size: int
    gap: int
    layers: int
    heads: int
    head_scale: float
    summary_scale: float

    @property
    def zoom(self) -> int:
        """How many page pixels a cell gets, so that a tile is about 56 pixels wide."""
        return max(1, round(56 / self.size))

    @property
    def data(self) -> dict[str, float]:
        """What a script needs to read values from the picture."""
        names = ("gap", "layers", "heads", "head_scale", "summary_scale")
        return {name: getattr(self, name) for name in names}


def draw(
    heads: np.ndarray,
    summary: np.ndarray,
    ink: tuple[int, int, int],
    *,
    head_scale: float,
    summary_scale: float,
) -> Atlas:
    """Draw maps ``(L, H, n, n)`` and their summaries ``(L, n, n)`` as one PNG data URI.

    Values are drawn on square-root scales that are the same for all tiles of a kind, from 0 to
    ``head_scale`` and ``summary_scale``, so that small weights are visible and tiles compare.
    """
    n_layers, n_heads, n = heads.shape[0], heads.shape[1], heads.shape[-1]
    gap = max(1, n // 12)
    pitch = n + gap
    canvas = np.zeros((n_layers * pitch - gap, (n_heads + 1) * pitch - gap), dtype=np.uint8)
    for layer in range(n_layers):
        tiles = [levels(summary[layer], summary_scale)]
        tiles += [levels(heads[layer, head], head_scale) for head in range(n_heads)]
        for column, tile in enumerate(tiles):
            top, left = layer * pitch, column * pitch
            canvas[top : top + n, left : left + n] = tile
    uri = "data:image/png;base64," + base64.b64encode(png(canvas, ink)).decode()
    return Atlas(
        uri=uri,
        width=canvas.shape[1],
        height=canvas.shape[0],
        size=n,
        gap=gap,
        layers=n_layers,
        heads=n_heads,
        head_scale=head_scale,
        summary_scale=summary_scale,
    )


def levels(values: np.ndarray, scale: float) -> np.ndarray:
    """Quantise ``values`` in [0, scale] to ``LEVELS`` steps on a square-root scale."""
    share = np.sqrt(np.clip(values / scale, 0, 1)) if scale > 0 else np.zeros_like(values)
    return np.round(share * (LEVELS - 1)).astype(np.uint8)


def png(pixels: np.ndarray, ink: tuple[int, int, int]) -> bytes:
    """Encode level indices ``(height, width)`` as a palette PNG of one ink at many opacities."""
    height, width = pixels.shape
    opacity = bytes(round(255 * level / (LEVELS - 1)) for level in range(LEVELS))
    rows = np.zeros((height, width + 1), dtype=np.uint8)  # each row starts with filter type 0
    rows[:, 1:] = pixels
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            chunk(b"PLTE", bytes(ink) * LEVELS),
            chunk(b"tRNS", opacity),
            chunk(b"IDAT", zlib.compress(rows.tobytes(), 6)),
            chunk(b"IEND", b""),
        )
    )


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
