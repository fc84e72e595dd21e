"""Attention pictures: small, and the values can be read back."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
import pytest

from reportgen.rendering.drawing import heatmap_png
from reportgen.rendering.drawing.palette import STEPS, ramp, shade


def decode(uri: str) -> tuple[np.ndarray, np.ndarray]:
    """Read a palette PNG back: colours ``(height, width, 3)`` and opacities in [0, 1]."""
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
    width, height, depth = struct.unpack(">IIB", chunks[b"IHDR"][:9])
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    if depth == 4:
        rows = np.repeat(rows, 2, axis=1)
        rows[:, ::2] >>= 4
        rows[:, 1::2] &= 15
        rows = rows[:, 1:]  # the filter takes one byte
    rows = rows[:, : width + 1]
    colors = np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3)
    opacity = np.frombuffer(chunks[b"tRNS"], np.uint8) / 255
    return colors[rows[:, 1:]].astype(int), opacity[rows[:, 1:]]


HALF_LEVEL = 0.5 / (heatmap_png.LEVELS - 1) + 1e-9
"""How far the root of a drawn value may be from the real one, as a share of the scale's."""


@pytest.mark.parametrize("n", [1, 5, 40])
def test_values_come_back_from_the_opacity(n):
    rng = np.random.default_rng(0)
    heads = rng.uniform(0, 1, (2, 3, n, n))
    summary = np.sqrt((heads**2).sum(1))
    scale = np.sqrt(3)
    picture = heatmap_png.draw(heads, summary, "norm", head_scale=1.0, together_scale=scale)
    colors, roots = decode(picture.uri)
    assert roots.shape == (picture.height, picture.width)
    assert (colors == heatmap_png.INK["norm"][0]).all()
    for layer in range(2):
        for column in range(4):
            top, left = layer * (n + picture.gap), column * (n + picture.gap)
            tile = roots[top : top + n, left : left + n]
            expected = summary[layer] / scale if column == 0 else heads[layer, column - 1]
            assert np.abs(tile - np.sqrt(expected)).max() <= HALF_LEVEL


@pytest.mark.parametrize(("m", "n"), [(1, 1), (7, 7), (3, 20), (20, 3)])
def test_signed_values_come_back_with_their_sign(m, n):
    rng = np.random.default_rng(1)
    heads = rng.standard_normal((2, 3, m, n))
    summary = np.sqrt((heads**2).sum(1))
    scale, most = np.abs(heads).max(), summary.max()
    picture = heatmap_png.draw(heads, summary, "signed", head_scale=scale, together_scale=most)
    colors, roots = decode(picture.uri)
    signs = np.where(colors[..., 2] > colors[..., 0], -1, 1)  # what the page's script does
    values = signs * roots**2 * scale
    for layer in range(2):
        top = layer * (m + picture.gap)
        tile = roots[top : top + m, :n]
        assert np.abs(tile - np.sqrt(summary[layer] / most)).max() <= HALF_LEVEL
        for head in range(3):
            left = (head + 1) * (n + picture.gap)
            tile, expected = values[top : top + m, left : left + n], heads[layer, head]
            assert np.abs(signed_root(tile / scale) - signed_root(expected / scale)).max() <= (
                HALF_LEVEL
            )


def signed_root(values):
    return np.sign(values) * np.sqrt(np.abs(values))


def test_the_summary_of_signed_maps_has_a_hue_of_its_own():
    ones = np.ones((1, 1, 2, 2))
    picture = heatmap_png.draw(ones, ones[:, 0], "signed", head_scale=1.0, together_scale=1.0)
    colors, _ = decode(picture.uri)
    towards, _, size = heatmap_png.INK["signed"]
    assert (colors[:, :2] == size).all()
    assert (colors[:, -2:] == towards).all()
    assert len(set(heatmap_png.INK["signed"])) == 3


def test_what_the_page_says_about_precision_is_true():
    values = np.linspace(0, 1, 20_001)
    read = (heatmap_png.levels(values, 1.0) / (heatmap_png.LEVELS - 1)) ** 2
    most, least = heatmap_png.ERROR
    assert 0.9 * most < np.abs(read - values).max() <= most
    assert np.abs(read - values)[values < 0.01].max() <= least


@pytest.mark.parametrize(
    ("ink", "low", "depth"),
    [("attention", 0, 4), ("norm", 0, 4), ("signed", 0, 4), ("signed", -1, 8)],
)
def test_few_colours_take_half_a_byte(ink, low, depth):
    values = np.linspace(low, 1, 400).reshape(20, 20)
    uri = heatmap_png.draw_map(values, 1.0, ink)
    data = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    assert data[24] == depth
    colors, roots = decode(uri)
    assert np.abs(roots - np.sqrt(np.abs(values))).max() <= HALF_LEVEL
    against = (colors[..., 2] > colors[..., 0]) if ink == "signed" else np.zeros((20, 20), bool)
    assert (against == (values < 0))[roots > 0].all()


@pytest.mark.parametrize("shape", [(5, 7), (64, 64), (33, 100), (512, 1)])
def test_pooled_cells_are_the_strongest_of_their_block(shape):
    values = np.random.default_rng(2).standard_normal((2, *shape))
    block = heatmap_png.block_of(shape, 32)
    pooled = heatmap_png.pool(values, block)
    assert max(pooled.shape[1:]) <= 32
    for place in np.ndindex(pooled.shape):
        part = values[
            place[0],
            place[1] * block[0] : (place[1] + 1) * block[0],
            place[2] * block[1] : (place[2] + 1) * block[1],
        ]
        assert pooled[place] == part.flat[np.abs(part).argmax()]


def test_large_maps_are_drawn_pooled():
    heads = np.zeros((1, 2, 100, 100))
    heads[0, 1, 99, 40] = -0.5
    picture = heatmap_png.draw(
        heads, np.abs(heads).max(1), "signed", head_scale=1, together_scale=1, most=32
    )
    assert picture.block == (4, 4)
    _, roots = decode(picture.uri)
    assert roots.shape == (25, 3 * 25 + 2 * picture.gap)
    row, column = 99 // 4, 2 * (25 + picture.gap) + 40 // 4
    assert roots[row, column] > 0
    assert np.count_nonzero(roots[:, 25:]) == 1


def test_a_map_of_its_own_is_drawn_like_its_tile():
    values = np.random.default_rng(3).uniform(-1, 1, (9, 6))
    colors, roots = decode(heatmap_png.draw_map(values, 1.0, "signed"))
    assert np.abs(roots - np.sqrt(np.abs(values))).max() <= HALF_LEVEL
    drawn = roots > 0
    assert (np.where(colors[..., 2] > colors[..., 0], -1, 1) == np.sign(values))[drawn].all()
    colors, roots = decode(heatmap_png.draw_map(np.abs(values), 1.0, "signed", sizes=True))
    assert (colors == heatmap_png.INK["signed"][2]).all()
    assert np.abs(roots - np.sqrt(np.abs(values))).max() <= HALF_LEVEL


def test_a_scale_of_zero_draws_nothing():
    assert not heatmap_png.levels(np.zeros((2, 2)), 0.0).any()


def test_shades_grow_with_the_value_and_keep_the_sign():
    assert shade(0.001, 1, "signed") == ""
    assert shade(1, 1, "signed") == f"p{STEPS}"
    assert shade(-1, 1, "signed") == f"n{STEPS}"
    assert shade(0.5, 1, "attention") == "a4"
    assert shade(0.5, 0, "norm") == ""
    assert len(ramp("signed")) == 2 * STEPS + 1
    assert len(ramp("norm")) == STEPS + 1
