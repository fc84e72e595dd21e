"""Regions in which the mistakes of a model lie, planted and absent, and the map of the inputs."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest

from fake_observations import observations
from reportgen.errors import ReportgenError
from reportgen.results.dataset.embedding import directions, flat, space
from reportgen.results.dataset.regions import find_regions


def audited(n=400, *, planted=0.1, width=16, seed=0, vectors=True):
    """Inputs of which the planted ones lie together, are wrong more often, and share a word."""
    drawn = np.random.default_rng(seed)
    inside = np.arange(n) < planted * n
    points = drawn.standard_normal((n, width)) + 4 * inside[:, None]
    wrong = drawn.random(n) < np.where(inside, 0.6, 0.1)
    texts = [["a", "plumber" if one else "film", f"word{drawn.integers(50)}"] for one in inside]
    found = observations(
        (~wrong).astype(float),
        texts=texts,
        scores=[[0.0, 2.0 if one else -1.0, 0.1] for one in inside],
    )
    return (replace(found, vectors=points.astype(np.float16)) if vectors else found), inside


@pytest.mark.parametrize("vectors", [True, False])
def test_a_planted_region_is_found_and_named(vectors):
    found, inside = audited(vectors=vectors)
    regions = find_regions(found)
    assert regions.method == ("" if vectors else "integrated_gradients")
    assert regions.mistakes == int((found.correct == 0).sum())
    (region,) = regions.regions
    assert inside[region.rows].all()
    wrong = found.correct[region.rows] == 0
    assert region.wrong.value == wrong.mean() > 0.4 > region.elsewhere.value
    assert wrong.tolist() == sorted(wrong.tolist(), reverse=True)
    assert region.p == 0.001
    first = region.words[0]
    assert (first.word, first.inside) == ("plumber", len(region.rows))
    assert first.outside == inside.sum() - len(region.rows)


def test_where_mistakes_lie_anywhere_a_region_is_rare():
    false = sum(bool(find_regions(audited(200, planted=0, seed=s)[0]).regions) for s in range(40))
    assert false <= 6  # of 40; 2 are expected, more than 6 come in 1 of 300 such tests


def test_the_same_inputs_give_the_same_map_and_regions():
    first, second = (find_regions(audited()[0]) for _ in range(2))
    assert np.array_equal(first.places, second.places)
    assert [r.rows.tolist() for r in first.regions] == [r.rows.tolist() for r in second.regions]


def test_directions_are_those_of_a_singular_value_decomposition():
    found, _ = audited(60, width=80)  # fewer inputs than dimensions
    points = space(found)
    held = found.vectors.astype(float) - found.vectors.astype(float).mean(0)
    left, sizes, right = np.linalg.svd(held, full_matrices=False)
    assert points.shares[:2] == pytest.approx(sizes[:2] ** 2 / (sizes**2).sum(), rel=1e-4)
    for axis in range(2):
        own = left[:, axis] * sizes[axis]
        own *= np.sign(right[axis, np.abs(right[axis]).argmax()])
        assert points.points[:, axis] == pytest.approx(own, abs=1e-2)
    axes = directions(held.astype(np.float32), 0)
    assert axes.T @ axes == pytest.approx(np.eye(axes.shape[1]), abs=1e-4)


def test_few_inputs_or_none_that_were_explained_have_no_map():
    assert find_regions(audited(29)[0]) is None
    assert find_regions(observations([1.0, 0.0] * 40)) is None


def test_where_nothing_is_wrong_there_is_a_map_and_no_group():
    found, _ = audited()
    right = find_regions(replace(found, correct=np.ones(len(found))))
    assert (right.mistakes, right.groups, right.regions) == (0, 0, ())
    assert right.places.shape == (400, 2)
    unjudged = find_regions(replace(found, correct=np.full(len(found), np.nan)))
    assert (unjudged.judged, unjudged.groups) == (0, 0)


def test_umap_that_is_not_installed_is_told_with_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(ReportgenError) as raised:
        find_regions(audited()[0], "umap")
    error = raised.value
    assert (error.message, error.where) == ("umap-learn is not installed", "report.map")
    assert error.hint == "pip install 'reportgen[umap]', or set map: pca"


def test_umap_is_asked_with_a_fixed_seed(monkeypatch):
    asked = {}

    class UMAP:
        def __init__(self, **given):
            asked.update(given)

        def fit_transform(self, points):
            return points[:, 1::-1]

    module = ModuleType("umap")
    module.UMAP = UMAP
    monkeypatch.setitem(sys.modules, "umap", module)
    points = space(audited()[0])
    assert np.array_equal(flat(points, "umap"), points.points[:, 1::-1])
    assert asked == {"n_neighbors": 15, "random_state": 0, "n_jobs": 1}
