"""Attention pictures: small, and the values can be read back."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
import pytest

from reportgen.rendering import atlas
from reportgen.rendering.palette import STEPS, ramp, shade


def decode(uri: str) -> tuple[np.ndarray, np.ndarray]:
    """Read a palette PNG back: indices ``(height, width)`` and opacities ``(levels,)``."""
    data = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, position = {}, 8
    while position < len(data):
        (length,) = struct.unpack(">I", data[position : position + 4])
        kind = data[position + 4 : position + 8]
        chunks[kind] = data[position + 8 : position + 8 + length]
        (crc,) = struct.unpack(">I", data[position + 8 + length : position + 12 + length])
        assert crc == zlib.crc32(kind + chunks[kind])
        position += 12 + length
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, width + 1)
    return rows[:, 1:], np.frombuffer(chunks[b"tRNS"], np.uint8)


@pytest.mark.parametrize("n", [1, 5, 40])
def test_values_come_back_from_the_opacity(n):
    rng = np.random.default_rng(0)
    heads = rng.uniform(0, 1, (2, 3, n, n))
    summary = np.sqrt((heads**2).sum(1))
    scale = np.sqrt(3)
    picture = atlas.draw(heads, summary, (1, 2, 3), head_scale=1.0, summary_scale=scale)
    indices, opacity = decode(picture.uri)
    assert indices.shape == (picture.height, picture.width)
    roots = opacity[indices] / 255
    for layer in range(2):
        for column in range(4):
            top, left = layer * (n + picture.gap), column * (n + picture.gap)
            tile = roots[top : top + n, left : left + n]
            expected = summary[layer] / scale if column == 0 else heads[layer, column - 1]
            assert np.abs(tile - np.sqrt(expected)).max() <= 0.5 / (atlas.LEVELS - 1) + 1 / 255


def test_a_scale_of_zero_draws_nothing():
    assert not atlas.levels(np.zeros((2, 2)), 0.0).any()


def test_shades_grow_with_the_value_and_keep_the_sign():
    assert shade(0.001, 1, "signed") == ""
    assert shade(1, 1, "signed") == f"p{STEPS}"
    assert shade(-1, 1, "signed") == f"n{STEPS}"
    assert shade(0.5, 1, "attention") == "a4"
    assert shade(0.5, 0, "norm") == ""
    assert len(ramp("signed")) == 2 * STEPS + 1
    assert len(ramp("norm")) == STEPS + 1
