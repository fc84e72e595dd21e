"""Line integrals along a path, from values at a few nodes.

What a layer carries of an output F is the integral of dF/dh along h(a), the layer's states
while the input moves from the baseline (a = 0) to the input (a = 1). Over three nodes of equal
spacing both dF/dh and h are taken for the parabolas through their values; then the integral is

    sum_ij C_ij g_i h_j,   C = [[-1/2, 2/3, -1/6], [-2/3, 0, 2/3], [1/6, -2/3, 1/2]],

which is Simpson's rule where h is a straight line. The error falls with the fourth power of the
spacing; captum's left rule, sum_k g_k (h_k+1 - h_k), falls with the first.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor


def line_integral(gradients: Sequence[Tensor], states: Sequence[Tensor]) -> Tensor:
    """Integrate ``gradients`` along ``states``, elementwise, over three nodes of equal spacing.

    All are of one shape, which the result has too. Written in differences of states, so that
    what does not move contributes exactly nothing.
    """
    g0, g1, g2 = gradients
    first, second = states[1] - states[0], states[2] - states[1]
    return first * (g0 / 2 + g1 * (2 / 3) - g2 / 6) + second * (g1 * (2 / 3) + g2 / 2 - g0 / 6)


def simpson(gradients: Sequence[Tensor], change: Tensor) -> Tensor:
    """Integrate ``gradients`` along a straight line whose two ends differ by ``change``."""
    g0, g1, g2 = gradients
    return change * (g0 + 4 * g1 + g2) / 6


def half_of_simpson(gradients: Sequence[Tensor], change: Tensor, first: bool) -> Tensor:
    """Return an interval's part of Simpson's rule over it and its neighbour of equal width.

    That rule takes every other node. The ``first`` of the two shares its end with the other,
    the second its start: there the rule has its middle.
    """
    outer, inner = gradients[0 if first else 2], gradients[2 if first else 0]
    return change * (outer + 2 * inner) / 3


def gauss_legendre(steps: int) -> tuple[list[float], list[float]]:
    """Return the nodes and weights (steps,) of Gauss-Legendre quadrature on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    return ((nodes + 1) / 2).tolist(), (weights / 2).tolist()
