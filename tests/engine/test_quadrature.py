"""The rules are exact where they should be, and gain with the nodes as they should."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from numpy.polynomial import Polynomial

from reportgen.engine.path.quadrature import (
    gauss_legendre,
    half_of_simpson,
    line_integral,
    simpson,
)

RANDOM = np.random.default_rng(0)


def sampled(functions, nodes):
    return [torch.tensor([f(node) for f in functions], dtype=torch.float64) for node in nodes]


def composite(gradient, state, intervals):
    """Integrate over [0, 1] by ``intervals`` intervals of three nodes."""
    total = 0.0
    for interval in range(intervals):
        nodes = [(interval + k / 2) / intervals for k in range(3)]
        values = [sampled([f], nodes) for f in (gradient, state)]
        total += line_integral(*values).item()
    return total


def test_a_line_integral_is_exact_for_parabolas():
    """Over any interval, of polynomials of the second degree: integral of g(a) h'(a) da."""
    start, end = 0.3, 1.1
    g, h = ([Polynomial(RANDOM.normal(size=3)) for _ in range(20)] for _ in range(2))
    nodes = (start, (start + end) / 2, end)
    found = line_integral(sampled(g, nodes), sampled(h, nodes))
    primitives = [(one * other.deriv()).integ() for one, other in zip(g, h, strict=True)]
    expected = torch.tensor([p(end) - p(start) for p in primitives], dtype=torch.float64)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_its_error_falls_with_the_fourth_power_of_the_spacing():
    def gradient(a):
        return np.exp(-a) + np.cos(3 * a)

    def state(a):
        return np.sin(2 * a) + a**3

    exact = composite(gradient, state, 512)
    errors = [abs(composite(gradient, state, intervals) - exact) for intervals in (4, 8, 16, 32)]
    ratios = [coarse / fine for coarse, fine in pairwise(errors)]
    assert ratios == pytest.approx([16] * 3, rel=0.1)


def test_what_a_layer_carries_does_not_depend_on_the_speed():
    """The states are what counts, not how fast the path passes them."""
    even = composite(lambda a: 1 + a, lambda a: a, 1)
    assert composite(lambda a: 1 + a**2, lambda a: a**2, 64) == pytest.approx(even, rel=1e-6)


def test_what_does_not_move_carries_exactly_nothing():
    gradients = [torch.randn(5) * 1e8 for _ in range(3)]
    still = torch.full((5,), 0.1)
    assert not line_integral(gradients, [still, still, still]).any()


def test_on_a_straight_line_it_is_simpsons_rule():
    gradients = [torch.randn(7, dtype=torch.float64) for _ in range(3)]
    start, change = torch.randn(2, 7, dtype=torch.float64)
    states = [start, start + change / 2, start + change]
    torch.testing.assert_close(simpson(gradients, change), line_integral(gradients, states))


def test_simpsons_rule_is_exact_for_cubics():
    cubics = [Polynomial(RANDOM.normal(size=4)) for _ in range(20)]
    expected = [p.integ()(1) - p.integ()(0) for p in cubics]
    found = simpson(sampled(cubics, (0, 0.5, 1)), torch.ones(20, dtype=torch.float64))
    assert found.tolist() == pytest.approx(expected, rel=1e-12)


def test_two_halves_are_simpsons_rule_over_both_intervals():
    at = [torch.randn(7, dtype=torch.float64) for _ in range(5)]
    change = torch.randn(7, dtype=torch.float64)
    halves = half_of_simpson(at[:3], change, True) + half_of_simpson(at[2:], change, False)
    torch.testing.assert_close(halves, simpson(at[::2], 2 * change))


@pytest.mark.parametrize("steps", [1, 2, 5, 50])
def test_gauss_legendre_is_exact_up_to_twice_its_nodes(steps):
    nodes, weights = gauss_legendre(steps)
    assert sorted(nodes) == nodes
    assert 0 < nodes[0] <= nodes[-1] < 1
    for power in range(2 * steps):
        found = sum(w * n**power for n, w in zip(nodes, weights, strict=True))
        assert found == pytest.approx(1 / (power + 1), rel=1e-12)
    too_high = sum(w * n ** (2 * steps) for n, w in zip(nodes, weights, strict=True))
    assert steps > 10 or too_high != pytest.approx(1 / (2 * steps + 1), rel=1e-9)
