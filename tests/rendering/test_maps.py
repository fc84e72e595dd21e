"""Which maps a page holds, and what it knows exactly."""

from __future__ import annotations

import json

import numpy as np
import pytest
from test_heatmap_png import HALF_LEVEL, decode

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
    listed = view.data["quantities"]["attribution-1"]["exact"]
    stored = arrays["attention_attribution/start"]
    together = arrays["attention_attribution_norm/start"]
    n = stored.shape[-1]
    for layer, head in np.ndindex(4, 7):
        values = stored[layer, head - 1] if head else together[layer]
        cells = listed[layer][head]
        assert len(cells) == 2 * maps.STRONGEST
        for place, value in zip(cells[::2], cells[1::2], strict=True):
            assert value == pytest.approx(float(values[divmod(place, n)]), rel=5e-3)
        assert abs(cells[1]) == pytest.approx(float(np.abs(values).max()), rel=5e-3)


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
