"""The removal game on published outputs of six models for all removals of words of 66 texts.

What is expected is computed by the definitions, independently of this code;
``tests/data/README.md`` has the source. All 396 pairs of text and model are played; 381 have
scores.
"""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from reportgen.engine.removal import RemovalGame

DATA = Path(__file__).parents[1] / "data" / "subset-outputs-sst2.parquet"

PUBLISHED = {
    "attention": (0.331, 0.306),
    "attingrad": (0.418, 0.223),
    "deeplift": (0.441, 0.199),
    "gradient_x_input": (0.455, 0.178),
    "integrated_gradient": (0.509, 0.128),
    "occlusion_1": (0.514, 0.108),
    "kernelshap": (0.529, 0.107),
    "lime": (0.589, 0.093),
    "decompx": (0.595, 0.140),
    "random_baseline": (0.311, 0.298),
}
"""Normalised comprehensiveness and sufficiency, mean over texts and models."""


def make_game(row):
    positive = np.array(row["positive"], np.float64)
    predicted = positive if positive[0] >= 0.5 else 1 - positive
    bits = 1 << np.arange(row["n"])
    return RemovalGame(row["n"], lambda sets: predicted[sets @ bits])


@pytest.fixture(scope="module")
def rows():
    rows = pq.read_table(DATA).to_pylist()
    assert len(rows) == 396
    return rows


@pytest.fixture(scope="module")
def games(rows):
    games = [make_game(row) for row in rows]
    assert all(game.bounds().exact for game in games)
    return games


@pytest.mark.parametrize("method", PUBLISHED)
def test_normalised_aopc_of_published_scores(rows, games, method):
    found = []
    for row, game in zip(rows, games, strict=True):
        scores = dict(row["scores"]).get(method)
        if scores is not None:
            known = np.nan_to_num(scores)  # some are all NaN: no preference, as in the table
            found.append([game.normalized_aopc(known), game.normalized_aopc(-known)])
    assert len(found) == 381
    assert np.mean(found, axis=0) == pytest.approx(PUBLISHED[method], abs=1e-3)


def test_first_and_last_stratum(games):
    alone = [game.normalized_aopc(game.leave_one_out()) for game in games]
    both = [game.normalized_aopc(game.leave_one_out() + game.keep_only()) for game in games]
    assert (np.mean(alone), np.mean(both)) == pytest.approx((0.628, 0.806), abs=2e-3)


@pytest.mark.parametrize(("budget", "reached"), [(50, 0.84), (100, 0.86), (1024, 0.89)])
def test_shapley_values_within_a_budget(games, budget, reached):
    estimates = [game.shapley_estimate(budget) for game in games]
    assert max(estimate.evaluations for estimate in estimates) <= budget
    found = [
        game.normalized_aopc(estimate.values)
        for game, estimate in zip(games, estimates, strict=True)
    ]
    assert np.mean(found) >= reached


def test_found_bounds_are_nearly_those_of_all_orders(rows, games):
    shares = []
    for row, game in zip(rows, games, strict=True):
        worst, best = game.bounds()
        found = make_game(row).bounds(beam=10, exact_up_to=0)
        assert not found.exact
        shares.append((np.array(found) - worst) / (best - worst))
    worst, best = np.mean(shares, axis=0)
    assert best >= 0.997
    assert worst <= 0.001
