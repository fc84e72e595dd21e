"""Rows of scores as a picture: one pixel per token, one line per row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from reportgen.methods import Hue
from reportgen.rendering.drawing.heatmap_png import INK, LEVELS, data_uri, png

MUTED = ((158, 132, 124), (118, 132, 150))
"""Signed scores that are not to be relied on, in colours that claim less."""

INKS = (*INK["signed"][:2], *INK["attention"], *INK["norm"], *MUTED)
"""The colours of a picture: towards, against, attention, norm; towards and against, muted."""

RowHue = Hue | Literal["muted"]
FIRST: dict[RowHue, int] = {"signed": 0, "attention": 2, "norm": 3, "muted": 4}

SHORT = 64
"""Tokens whose columns are as wide as a label; those of longer texts are narrow."""


@dataclass(frozen=True)
class RowsPicture:
    """A picture of rows of scores and its size on the page."""

    uri: str
    width: int
    height: int


def pitch(columns: int) -> int:
    """Return the width of a column in page pixels.

    Labels need 16 pixels, so that every other narrow column has one.
    """
    return 25 if columns <= SHORT else 8


def draw_rows(rows: Sequence[tuple[np.ndarray, float, RowHue]], height: int) -> RowsPicture:
    """Draw rows of scores ``(n,)``, each on a linear scale of its own, as a PNG data URI.

    Each row is its scores, the end of its scale and its hue, and ``height`` page pixels high.
    """
    pixels = np.stack([inked(values, scale, hue) for values, scale, hue in rows])
    columns = pixels.shape[1]
    return RowsPicture(data_uri(png(pixels, INKS)), columns * pitch(columns), len(rows) * height)


def inked(values: np.ndarray, scale: float, hue: RowHue) -> np.ndarray:
    """Return the palette indices of scores ``(n,)``: an opacity of one of the inks, or none."""
    share = np.clip(np.abs(values) / scale, 0, 1) if scale > 0 else np.zeros(values.shape)
    level = np.round(share * (LEVELS - 1)).astype(int)
    ink = FIRST[hue] + (values < 0)
    return np.where(level == 0, 0, level + ink * (LEVELS - 1)).astype(np.uint8)


def labels(tokens: Sequence[tuple[str, bool]]) -> list[tuple[int, str, bool]]:
    """Return the labels that find room: the middle of each in page pixels, text, special."""
    width = pitch(len(tokens))
    return [
        (i * width + width // 2, shortened(text), special)
        for i, (text, special) in enumerate(tokens)
        if width >= 16 or i % 2 == 0
    ]


def shortened(text: str) -> str:
    return text if len(text) <= 12 else f"{text[:11]}…"
