"""Numbers that are drawn or packed: pictures of scores, and what the page's script reads."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np

LEVELS = 15
"""Opacities of a colour, besides none."""

LOWEST = -20


def unpack(text: str) -> np.ndarray:
    """Read numbers of three significant digits: 16 bits each, ``32 m + e``."""
    codes = np.frombuffer(base64.b64decode(text), "<i2").astype(np.int64)
    exponents = codes & 31
    return ((codes - exponents) // 32) * 10.0 ** (exponents + LOWEST)


def three_digits(shown: np.ndarray, values: np.ndarray) -> bool:
    """Tell whether numbers are these, to three significant digits."""
    shown, values = np.asarray(shown, float).ravel(), np.asarray(values, float).ravel()
    if shown.shape != values.shape:
        return False
    return bool((np.abs(shown - values) <= 0.0051 * np.abs(values) + 1e-17).all())


def pixels(uri: str) -> np.ndarray:
    """Read a picture's colours: (rows, columns, 4), red, green, blue and opacity."""
    data = base64.b64decode(uri.partition(",")[2])
    chunks: dict[bytes, bytes] = {}
    at = 8
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        chunks[kind] = chunks.get(kind, b"") + data[at + 8 : at + 8 + size]
        at += size + 12
    width, height, depth = struct.unpack(">IIB", chunks[b"IHDR"][:9])
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    assert not rows[:, 0].any(), "no row is filtered"
    places = rows[:, 1:]
    if depth == 4:
        places = np.stack([places >> 4, places & 15], axis=-1).reshape(height, -1)
    palette = np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3)
    opacity = np.full(len(palette), 255, np.uint8)
    given = np.frombuffer(chunks[b"tRNS"], np.uint8)
    opacity[: len(given)] = given
    return np.concatenate([palette, opacity[:, None]], axis=1)[places[:, :width]].astype(int)


def drawn(colours: np.ndarray, values: np.ndarray, end: float, *, root: bool = False) -> bool:
    """Tell whether opacities are those of values on a scale, and red and blue their signs.

    Half a level either way, and what float32 rounds to another one.
    """
    share = np.clip(np.abs(values) / end, 0, 1) if end > 0 else np.zeros(values.shape)
    share = np.sqrt(share) if root else share
    level = colours[..., 3] * LEVELS / 255
    if (np.abs(level - share * LEVELS) > 0.501).any():
        return False
    red = colours[..., 0] > colours[..., 2]
    blue = ~red & (values > 0) & (level > 0)
    return not ((values < 0) & (level > 0) & red).any() and (
        values.min(initial=0) >= 0 or not blue.any()
    )
