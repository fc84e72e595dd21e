"""Which maps a page holds, and what it knows exactly."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from test_heatmap_png import HALF_LEVEL, decode
from test_score_rows import unpacked

import fakes
from reportgen.rendering.input import maps
from reportgen.rendering.input.attention_quantities import views
from reportgen.rendering.input.explorer import explorers


@pytest.fixture(scope="module")
def long_input():
    """An input whose maps are too many cells for one picture per quantity."""
    return fakes.classified(" ".join(f"word{i}" for i in range(130)))


def test_the_strongest_cells_are_exact():
    values = np.random.default_rng(0).standard_normal((7, 9)).astype(np.float32)
    found = maps.strongest(values, 5)
    expected = sorted(np.abs(values).ravel(), reverse=True)[:5]
    assert [abs(value) for _, value in found] == [float(v) for v in expected]
    assert all(values[place] == np.float32(value) for place, value in found)


def test_ties_go_to_the_first_places_and_zeros_are_left_out():
    assert maps.strongest(np.ones((3, 3)), 2) == [((0, 0), 1.0), ((0, 1), 1.0)]
    assert maps.strongest(np.diag([0.0, -2.0]), 4) == [((1, 1), -2.0)]


def test_every_map_lists_its_strongest_cells():
    header, arrays = fakes.with_everything(fakes.answered("Who came?", "Ada came home."))
    (view,) = explorers(header, arrays)
    packed = view.data["quantities"]["attribution-1"]["exact"]
    places = np.frombuffer(base64.b64decode(packed["places"]), "<u2").reshape(4, 7, -1)
    listed = unpacked(packed["values"]).reshape(places.shape)
    stored = arrays["attention_attribution/start"]
    together = arrays["attention_attribution_norm/start"]
    n = stored.shape[-1]
    for layer, head in np.ndindex(4, 7):
        values = stored[layer, head - 1] if head else together[layer]
        assert places.shape[-1] == maps.STRONGEST
        for place, value in zip(places[layer, head], listed[layer, head], strict=True):
            assert value == pytest.approx(float(values[divmod(place, n)]), rel=5e-3)
        assert abs(listed[layer, head, 0]) == pytest.approx(float(np.abs(values).max()), rel=5e-3)


def test_a_map_with_few_cells_lists_those_it_has():
    header, arrays = fakes.classified("Hi")
    arrays["attention"][:] = 0
    arrays["attention"][1, 2, 0, 1] = 0.25
    (view, *_) = views(header, arrays)
    packed = maps.exact_cells(view.quantities[0])
    places = np.frombuffer(base64.b64decode(packed["places"]), "<u2").reshape(4, 7, -1)
    listed = unpacked(packed["values"]).reshape(places.shape)
    assert (listed[1, 3, 0], places[1, 3, 0]) == (0.25, 1)
    assert np.count_nonzero(listed[:, 1:]) == 1


def scaled(sizes):
    """An input whose heads of attribution have these largest sizes, ``(L, H)``."""
    header, arrays = fakes.with_everything(fakes.classified("A warm film."))
    attribution = arrays["attention_attribution/POSITIVE"]
    attribution /= np.abs(attribution).max(axis=(-2, -1), keepdims=True)
    attribution *= sizes[..., None, None]
    arrays["attention_attribution_norm/POSITIVE"] = np.sqrt((attribution**2).sum(1))
    return header, arrays


def test_maps_share_a_scale_unless_most_would_be_blank_on_it():
    sizes = np.full((4, 6), 0.99 / 16)
    sizes.flat[:12] = 1  # half of the heads can be seen
    header, arrays = scaled(sizes)
    attribution = views(header, arrays)[0].quantities[1]
    assert not attribution.own_scale
    assert attribution.scale(3, 6) == attribution.head_scale == 1
    sizes.flat[11] = 0.99 / 16
    header, arrays = scaled(sizes)
    attention, attribution, norm = views(header, arrays)[0].quantities
    assert attribution.own_scale
    assert attribution.scale(3, 6) == pytest.approx(0.99 / 16)
    assert attribution.scale(0, 0) == attribution.together[0].max()
    assert not attention.own_scale
    assert not norm.own_scale
    (view,) = explorers(header, arrays)
    assert view.pictures[1].ranges.startswith(
        "each map its own, up to its largest size: 0.0619 to 1.00"
    )
    assert view.pictures[1].ends.rows[3][2].startswith("0.0619 · 0.0619")
    assert "heads 0 to 1.00" in view.pictures[0].ranges
    assert view.pictures[0].ends is None


def test_a_map_with_a_scale_of_its_own_fills_it():
    sizes = np.full((4, 6), 0.01)
    sizes[0, 0] = 1
    header, arrays = scaled(sizes)
    (view,) = explorers(header, arrays)
    tiles = view.pictures[1].tiles
    n = len(header.tokens)
    _, roots = decode(tiles.uri)
    for layer, head in np.ndindex(4, 6):
        top, left = layer * (n + tiles.gap), (head + 1) * (n + tiles.gap)
        drawn = roots[top : top + n, left : left + n]
        stored = np.abs(arrays["attention_attribution/POSITIVE"][layer, head])
        assert np.abs(drawn - np.sqrt(stored / stored.max())).max() <= HALF_LEVEL + 1e-6
        assert drawn.max() == 1


def test_lengths_of_vectors_are_a_picture_of_layers_heads_and_tokens():
    header, arrays = fakes.classified("A warm film.")
    (view,) = explorers(header, arrays)
    stored = arrays["vector_norms/f"]
    _, roots = decode(view.vectors.uri)
    assert roots.shape == (4 * 7 - 1, len(header.tokens))
    for layer in range(4):
        rows = roots[7 * layer : 7 * layer + 6]
        assert np.abs(rows - np.sqrt(stored[layer] / stored.max())).max() <= HALF_LEVEL + 1e-6
    assert not roots[6].any()
    ends = view.data["quantities"]["vectors"]["ends"]
    assert ends == pytest.approx(stored.max(axis=(1, 2)).tolist(), rel=5e-3)
    del arrays["vector_norms/f"]
    assert explorers(header, arrays)[0].vectors is None


def test_small_inputs_have_everything_in_their_pictures():
    header, arrays = fakes.classified("A warm film.")
    for files in (None, "../maps/x-"):
        (view,) = explorers(header, arrays, files=files)
        assert view.data["maps"] is None
        assert view.pictures[0].tiles.block == (1, 1)
    assert list(maps.map_files(header, arrays, "x")) == []


def test_large_inputs_have_full_maps_within_the_budget(long_input, monkeypatch):
    header, arrays = long_input
    (rich,) = explorers(header, arrays)
    assert len(rich.data["maps"]) == 2 * (4 + maps.WHOLE_HEADS)
    assert max(rich.pictures[0].tiles.block) > 1
    monkeypatch.setattr(maps, "MAP_BUDGET", 200_000)
    (view,) = explorers(header, arrays)
    full = view.data["maps"]
    used = sum(map(len, full.values())) + sum(len(p.tiles.uri) for p in view.pictures)
    assert 100_000 < used <= 200_000
    layer, head = view.first
    place = f"{layer + 1}-{head}"
    names = list(full)
    assert names[:4] == [f"attention-{place}", f"norm-{place}", "attention-4-0", "norm-4-0"]
    for quantity in ("attention", "norm"):
        assert sum(name.startswith(quantity) for name in names) == len(names) / 2


def test_the_head_that_matters_most_is_first():
    header, arrays = fakes.with_everything(fakes.classified("A warm film."))
    (view,) = views(header, arrays)
    sizes = np.abs(arrays["attention_attribution/POSITIVE"]).sum((-2, -1))
    layer, head = maps.heads_by_weight(view)[0]
    assert sizes[layer, head - 1] == sizes.max()
    assert "attribution" in maps.criterion(view)
    header, arrays = fakes.classified("A warm film.")
    (view,) = views(header, arrays)
    weights = np.zeros((4, 6))
    for layer, head, query, key in np.ndindex(arrays["attention"].shape):
        if key != query and not header.tokens[key].special:
            weights[layer, head] += arrays["attention"][layer, head, query, key]
    ranking = maps.heads_by_weight(view)
    assert [weights[layer, head - 1] for layer, head in ranking] == sorted(
        weights.ravel(), reverse=True
    )


def test_a_site_has_a_file_for_every_map(long_input):
    header, arrays = long_input
    (view,) = explorers(header, arrays, files="../maps/fake-1-")
    assert view.data["maps"] == "../maps/fake-1-"
    files = dict(maps.map_files(header, arrays, "fake-1"))
    assert set(files) == {
        f"fake-1-{quantity}-{layer}-{head}.js"
        for quantity in ("attention", "norm")
        for layer in range(1, 5)
        for head in range(7)
    }
    text = files["fake-1-norm-3-5.js"]
    assert text.startswith("reportgenMap(")
    key, uri = json.loads("[" + text.strip().removeprefix("reportgenMap(").removesuffix(");") + "]")
    assert key == "fake-1-norm-3-5"
    _, roots = decode(uri)
    stored = arrays["vector_norms/alpha_f"]
    assert np.abs(roots - np.sqrt(stored[2, 4] / stored.max())).max() <= HALF_LEVEL + 1e-6
    _, roots = decode(json.loads(files["fake-1-attention-2-0.js"].split(",", 1)[1].strip()[:-2]))
    together = arrays["attention_norm"][1] / np.sqrt(6)
    assert np.abs(roots - np.sqrt(together)).max() <= HALF_LEVEL + 1e-6


def test_the_same_input_is_drawn_the_same(long_input):
    header, arrays = long_input
    first, second = (explorers(header, arrays)[0].data for _ in range(2))
    assert json.dumps(first) == json.dumps(second)
