"""The removal game, against brute force over orders and sets on small games."""

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.engine.removal import RemovalGame
from reportgen.errors import ReportgenError


def random_game(n, seed=0, **limits):
    """Return a game with a random value for every set, and a function that looks it up."""
    table = np.random.default_rng(seed).uniform(size=1 << n)
    bits = 1 << np.arange(n)
    game = RemovalGame(n, lambda sets: table[sets @ bits], **limits)
    return game, lambda units: table[sum(1 << unit for unit in units)]


def hand_game(n=3, **limits):
    """Return a game in which unit i is worth 10^-i, and the first two the half of that together."""

    def value(sets):
        return 1 - sets @ 10.0 ** -np.arange(n) - 0.5 * (sets[:, 0] & sets[:, 1])

    return RemovalGame(n, value, **limits)


def test_leave_one_out_and_keep_only_by_hand():
    game = hand_game()
    assert game.leave_one_out() == pytest.approx([1, 0.1, 0.01])
    assert game.keep_only() == pytest.approx([1.5, 0.6, 0.01])
    assert game.evaluations == 8
    game.leave_one_out()
    assert game.evaluations == 8


def test_each_set_is_evaluated_once_and_in_batches():
    asked = []

    def value(sets):
        asked.append(sets)
        return sets.sum(1).astype(float)

    game = RemovalGame(12, value)
    game.values(np.zeros((3, 12), bool))
    game.shapley(100)
    game.bounds(2, exact_up_to=0)
    rows = np.vstack(asked)
    assert len(np.unique(rows, axis=0)) == len(rows) == game.evaluations
    assert len(asked) < len(rows) / 5


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
def test_exact_shapley_values_are_the_mean_over_all_orders(n):
    game, v = random_game(n)
    expected = np.zeros(n)
    orders = list(permutations(range(n)))
    for order in orders:
        for place, unit in enumerate(order):
            expected[unit] += v(order[:place]) - v(order[: place + 1])
    estimate = game.shapley_estimate(max_evaluations=max(2**n, n + 2))
    assert estimate.exact
    assert estimate.values == pytest.approx(expected / len(orders), abs=1e-12)
    assert not estimate.standard_errors.any()
    assert game.evaluations == estimate.evaluations == 2**n


@settings(max_examples=50, deadline=None)
@given(n=st.integers(1, 9), seed=st.integers(0, 99), extra=st.integers(0, 120))
def test_shapley_values_add_up_to_the_drop_of_all(n, seed, extra):
    game, v = random_game(n, seed)
    estimate = game.shapley_estimate(n + 2 + extra, seed)
    assert estimate.values.sum() == pytest.approx(v(()) - v(range(n)), abs=1e-9)
    assert game.evaluations == estimate.evaluations <= n + 2 + extra


@pytest.mark.parametrize("budget", [22, 24, 40, 100])
def test_sampled_values_of_an_additive_game_are_exact(budget):
    weights = np.random.default_rng(1).normal(size=10)
    game = RemovalGame(10, lambda sets: -(sets @ weights))
    estimate = game.shapley_estimate(budget)
    assert not estimate.exact
    assert estimate.values == pytest.approx(weights)
    assert np.nan_to_num(estimate.standard_errors) == pytest.approx(np.zeros(10), abs=1e-6)


def test_a_budget_too_small_for_the_last_stratum_is_leaving_one_out():
    game, v = random_game(8)
    found = game.shapley_estimate(10)
    drop = v(()) - v(range(8))
    assert found.values == pytest.approx(
        game.leave_one_out() + (drop - game.leave_one_out().sum()) / 8
    )
    assert np.isnan(found.standard_errors).all()


def test_standard_errors_say_how_far_sampled_values_are_off():
    exact = random_game(9)[0].shapley(512)
    found = [random_game(9)[0].shapley_estimate(150, seed) for seed in range(40)]
    errors = np.array([estimate.values - exact for estimate in found])
    told = np.array([estimate.standard_errors for estimate in found])
    assert 0.7 < np.sqrt((errors**2).mean() / (told**2).mean()) < 1.4
    assert not np.allclose(errors[0], errors[1])  # seeds differ
    assert (random_game(9)[0].shapley(150, 3) == random_game(9)[0].shapley(150, 3)).all()


def test_aopc_by_hand():
    game = hand_game()
    # 0 goes first (drop 1), then 1 (drop 1 + .1 + .5); that all are removed does not count.
    assert game.aopc([3, 2, 1]) == pytest.approx((1 + 1.6) / 3)
    assert game.aopc([-3, -2, -1]) == pytest.approx((0.01 + 0.11) / 3)
    assert game.aopc([0, 0, 0]) == game.aopc([3, 2, 1])  # ties in the order of units
    worst, best = game.bounds()
    assert (worst, best) == pytest.approx((0.12 / 3, 2.6 / 3))
    assert game.normalized_aopc([3, 2, 1]) == pytest.approx(1)
    assert game.normalized_aopc([1, 2, 3]) == pytest.approx(0)
    assert game.normalized_aopc([2, 1, 3]) == pytest.approx((0.01 + 1.01 - 0.12) / (2.6 - 0.12))


def test_normalised_aopc_is_nan_where_all_orders_are_equal():
    assert np.isnan(RemovalGame(3, lambda sets: np.ones(len(sets))).normalized_aopc([1, 2, 3]))
    assert np.isnan(random_game(1)[0].normalized_aopc([1]))


@pytest.mark.parametrize("n", range(1, 7))
def test_bounds_are_those_of_all_orders(n):
    game, v = random_game(n, seed=n)
    all_aopc = [
        sum(v(()) - v(order[:k]) for k in range(1, n)) / n for order in permutations(range(n))
    ]
    bounds = game.bounds()
    assert bounds == pytest.approx((min(all_aopc), max(all_aopc)))
    assert bounds.exact
    for order in (bounds.worst, bounds.best):
        ranks = np.argsort(order.units)
        assert game.aopc(-ranks) == pytest.approx(order.aopc)
    # A beam as wide as there are sets loses nothing.
    assert random_game(n, seed=n)[0].bounds(64, exact_up_to=0) == pytest.approx(bounds)


def test_climbing_finds_what_a_beam_does_not_need_to():
    game, _ = random_game(10)
    exact = game.bounds()
    found = random_game(10)[0].bounds(0, exact_up_to=0)
    none = random_game(10)[0].bounds(0, swaps=0, exact_up_to=0)
    assert not found.exact
    assert exact[0] < found[0] < none[0] < none[1] < found[1] < exact[1]


def test_an_order_that_is_better_than_the_bound_moves_it():
    exact = random_game(9)[0].bounds()
    game, _ = random_game(9)
    found = game.bounds(0, swaps=0, exact_up_to=0)
    scores = -np.argsort(exact.best.units)
    assert found[1] < game.aopc(scores) == pytest.approx(exact[1])
    assert game.normalized_aopc(scores) == 1
    assert game.bounds(0, exact_up_to=0)[1] == pytest.approx(exact[1])
    assert game.bounds().exact


def brute_force(v, n, met, keep, best):
    for size in range(n + 1):
        found = {}
        for units in combinations(range(n), size):
            removed = sorted(set(range(n)) - set(units)) if keep else units
            found[units] = v(removed)
        units = best(found, key=found.get)
        if met(found[units]):
            return units, found[units]
    return None, None


@pytest.mark.parametrize("threshold", [0.0, 0.003, 0.02, 0.1, 0.5, 1.0])
def test_smallest_sets_are_those_of_brute_force(threshold):
    game, v = random_game(7, seed=3)
    flip = game.smallest_flip(threshold)
    expected = brute_force(v, 7, lambda value: value < threshold, False, min)
    assert (flip.units, flip.value) == expected
    assert flip.exact
    enough = game.smallest_sufficient(1 - threshold)
    expected = brute_force(v, 7, lambda value: value >= 1 - threshold, True, max)
    assert (enough.units, enough.value) == expected
    assert enough.exact


def planted(n, units):
    """Return a game whose value falls as more of ``units`` are removed, under .5 with the last."""
    return RemovalGame(n, lambda sets: 0.9 - 0.5 * sets[:, units].mean(1) ** 2)


def test_in_long_texts_sets_are_exact_up_to_size_three():
    three = planted(30, [4, 11, 29]).smallest_flip()
    assert (three.units, three.exact, three.ruled_out) == ((4, 11, 29), True, 2)
    four = planted(30, [4, 11, 20, 29]).smallest_flip()
    assert (four.units, four.exact, four.ruled_out) == ((4, 11, 20, 29), True, 3)
    five = planted(30, [4, 7, 11, 20, 29]).smallest_flip()
    assert (five.units, five.exact, five.ruled_out) == ((4, 7, 11, 20, 29), False, 3)
    small = planted(30, [4, 7, 11, 20, 29]).smallest_flip(max_evaluations=100)
    assert (small.exact, small.ruled_out) == (False, 1)
    assert small.value < 0.5
    game = RemovalGame(30, planted(30, [4, 11, 20, 29]).values, max_evaluations=100)
    assert game.smallest_flip().units == (4, 11, 20, 29)
    assert game.evaluations <= 100


def test_no_set_flips_what_does_not_move():
    game = RemovalGame(5, lambda sets: np.full(len(sets), 0.9))
    assert (game.smallest_flip().units, game.smallest_flip().exact) == (None, True)
    assert game.smallest_flip().ruled_out == 5
    assert game.smallest_sufficient().units == ()
    long = RemovalGame(20, lambda sets: np.full(len(sets), 0.9)).smallest_flip()
    assert (long.units, long.exact, long.ruled_out) == (None, False, 3)


@pytest.mark.parametrize(
    ("n", "value", "limit", "message"),
    [
        (0, np.sum, None, "a removal game has at least 1 unit, found 0"),
        (
            *(3, np.sum, 4),
            "expected max_evaluations of at least 5 for 3 units (n + 2: nothing removed, all "
            "removed, and each unit alone), found 4",
        ),
        (
            *(3, lambda sets: sets, None),
            "expected one value for each of 4 sets, shape (4,), found shape (4, 3)",
        ),
        (
            *(3, lambda sets: np.where(sets[:, 1], np.nan, 1), None),
            "expected finite values, found nan in 1 of 4 sets; the first has these units removed: "
            "1",
        ),
    ],
)
def test_what_is_no_game_is_refused(n, value, limit, message):
    with pytest.raises(ReportgenError) as error:
        RemovalGame(n, value, max_evaluations=limit).leave_one_out()
    assert str(error.value) == message


def test_scores_and_sets_of_another_shape_are_refused():
    game = hand_game()
    for scores in ([1, 2], [[1, 2, 3]], [1, 2, np.nan]):
        with pytest.raises(ReportgenError, match="expected a finite score for each of 3 units"):
            game.aopc(scores)
    for sets in (np.zeros((2, 4), bool), np.zeros(3, bool), np.zeros((2, 3), int)):
        with pytest.raises(
            ReportgenError, match=r"expected sets as booleans of shape \(batch, 3\)"
        ):
            game.values(sets)
    assert game.evaluations == 0


def test_what_would_exceed_the_budget_does_not_start():
    game = hand_game(20, max_evaluations=50)
    with pytest.raises(ReportgenError, match="at least 22 for 20 units"):
        game.shapley(21)
    with pytest.raises(ReportgenError) as error:
        game.shapley(200)
    assert str(error.value) == (
        "200 more sets have to be evaluated, and 50 of max_evaluations: 50 are left\n"
        "  allow at least 200, or ask for less"
    )
    with pytest.raises(ReportgenError) as error:
        game.bounds()
    assert str(error.value) == (
        "bounds with a beam of 10 may take 3,816 evaluations of 20 units, and 50 are left of "
        "max_evaluations: 50\n  without a beam (beam=0) they take 76, and swaps as far as "
        "evaluations last"
    )
    assert game.evaluations == 0
    game = hand_game(20, max_evaluations=80)
    assert not game.bounds(0).exact
    assert game.evaluations <= 80
