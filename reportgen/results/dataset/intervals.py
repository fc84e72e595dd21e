"""How sure a number over inputs is: intervals of 95 %, tests, and corrections for many of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from reportgen.results.bootstrap import LEVEL

Z = NormalDist().inv_cdf((1 + LEVEL) / 2)
"""The normal quantile of an interval of 95 %: 1.96."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number over ``count`` inputs, and the interval (95 %) that holds the true one.

    ``low`` and ``high`` are NaN where so few inputs tell nothing of it.
    """

    value: float
    low: float
    high: float
    count: int

    @property
    def certain(self) -> bool:
        """Whether the interval leaves 0 out: of a difference, that there is one."""
        return self.low > 0 or self.high < 0


def proportion(successes: int, count: int) -> Estimate:
    """Return the share of successes with Wilson's score interval (Wilson, 1927, JASA 22).

    It lies in [0, 1] and holds the truth about as often as it says for few inputs as well.
    Raises ``ValueError`` for no inputs.
    """
    if count == 0:
        raise ValueError("no inputs to count in")
    share, square = successes / count, Z * Z / count
    centre = (share + square / 2) / (1 + square)
    half = Z * math.sqrt(share * (1 - share) / count + square / (4 * count)) / (1 + square)
    return Estimate(share, max(0.0, centre - half), min(1.0, centre + half), count)


def mean(values: Sequence[float] | np.ndarray) -> Estimate:
    """Return the mean over inputs and its interval; raise ``ValueError`` for none.

    Of values that are all 0 or 1 it is ``proportion``, else ``ratio`` over as many.
    """
    held = np.asarray(values, dtype=float)
    if held.size and is_right_or_wrong(held):
        return proportion(int(held.sum()), held.size)
    return ratio(held, np.ones(held.size))


def ratio(
    numerators: Sequence[float] | np.ndarray, denominators: Sequence[float] | np.ndarray
) -> Estimate:
    """Return the sum of one value of each input over the sum of another, both ``(n,)``.

    Inputs whose denominator is 0 do not count. The interval is Student's with Hall's correction
    for skewed values (Hall, 1992, JRSS B 54, 221), of what each input adds to the ratio (the delta
    method), within what single inputs have. Parts of wholes that are all 0 or all 1 vary in
    nothing: their interval is Wilson's over the inputs. Raises ``ValueError`` for no inputs.
    """
    above, below = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)
    above, below = above[below != 0], below[below != 0]
    count = above.size
    if count == 0:
        raise ValueError("no inputs to take a mean of")
    value = float(above.sum() / below.sum())
    if count == 1:
        return Estimate(value, math.nan, math.nan, count)
    each = above / below
    if value in (0, 1) and (each == value).all() and (below != 1).any():
        return proportion(count if value else 0, count)
    off = (above - value * below) / below.mean()
    low, high = (value + side for side in skewed_interval(off))
    return Estimate(value, max(low, float(each.min())), min(high, float(each.max())), count)


def skewed_interval(values: np.ndarray) -> tuple[float, float]:
    """Return the interval of the mean of values ``(n,)`` around 0, less that mean.

    Hall's transformation makes the distribution of the mean over its error symmetric: a cubic,
    which is always increasing, so that its inverse is known.
    """
    count = values.size
    spread = math.sqrt(float((values**2).sum()) / (count - 1))
    if spread == 0:
        return 0.0, 0.0
    root = math.sqrt(count)
    skew = float((values**3).mean()) / float((values**2).mean()) ** 1.5 / root
    far = float(student(count - 1))

    def corrected(quantile: float) -> float:
        if abs(skew) < 1e-6:
            return quantile
        return 3 / skew * (float(np.cbrt(1 + skew * (quantile - skew / 6))) - 1)

    return -spread / root * corrected(far), -spread / root * corrected(-far)


EXACT = np.array(
    [np.nan, 12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.30600, 2.26216]
)
"""Student's quantiles at 97.5 % for 0 to 9 degrees of freedom; of 0 there is none."""


def student(degrees: np.ndarray | int) -> np.ndarray:
    """Return Student's quantiles of an interval of 95 %, by degrees of freedom; NaN for none.

    From ten on by a series in 1 / ``degrees`` (Abramowitz and Stegun, 1964, 26.7.5), which is
    right to four decimals there.
    """
    held = np.asarray(degrees, dtype=float)
    many = np.maximum(held, len(EXACT))
    found = (
        Z
        + (Z**3 + Z) / (4 * many)
        + (5 * Z**5 + 16 * Z**3 + 3 * Z) / (96 * many**2)
        + (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / (384 * many**3)
    )
    few = EXACT[np.clip(held, 0, len(EXACT) - 1).astype(int)]
    return np.where(held < len(EXACT), few, found)


def difference_of_proportions(here: Estimate, there: Estimate) -> Estimate:
    """Return the share of one group less that of another, both by ``proportion``.

    The interval is Newcombe's, made of the two score intervals (Newcombe, 1998, Statistics in
    Medicine 17, 873, method 10). Means of two groups, by ``mean``, are compared in the same way
    (Zou and Donner, 2008, Statistics in Medicine 27). ``count`` is that of the first group.
    """
    value = here.value - there.value
    low = value - math.hypot(here.value - here.low, there.high - there.value)
    high = value + math.hypot(here.high - here.value, there.value - there.low)
    return Estimate(value, low, high, here.count)


def paired_difference(
    values_a: Sequence[float] | np.ndarray, values_b: Sequence[float] | np.ndarray
) -> Estimate:
    """Return the mean of ``a - b`` over the inputs that have both; each has one value in either.

    Of values that are all 0 or 1 (right and wrong) the interval is Newcombe's for paired shares
    (Newcombe, 1998, Statistics in Medicine 17, 2635, method 10), else that of ``mean``. ``count``
    is the number of pairs; NaN is no value. Raises ``ValueError`` where no input has both.
    """
    a, b = np.asarray(values_a, dtype=float), np.asarray(values_b, dtype=float)
    both = ~(np.isnan(a) | np.isnan(b))
    a, b = a[both], b[both]
    if not a.size:
        raise ValueError("no pairs of values to compare")
    if not is_right_or_wrong(a) or not is_right_or_wrong(b):
        return mean(a - b)
    here, there = (proportion(int(one.sum()), one.size) for one in (a, b))
    alike = phi(a.astype(bool), b.astype(bool))
    value = here.value - there.value
    low = joined(here.value - here.low, there.high - there.value, alike)
    high = joined(here.high - here.value, there.value - there.low, alike)
    return Estimate(value, value - low, value + high, a.size)


def is_right_or_wrong(values: np.ndarray) -> bool:
    return bool(((values == 0) | (values == 1)).all())


def phi(a: np.ndarray, b: np.ndarray) -> float:
    """Return how far two columns of right and wrong go together, in [-1, 1].

    A positive one is made smaller by half an input (Newcombe's correction for continuity).
    """
    both, neither = int((a & b).sum()), int((~a & ~b).sum())
    only_a, only_b = int((a & ~b).sum()), int((~a & b).sum())
    margins = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither)
    more = float(both * neither - only_a * only_b)
    if more > 0:
        more = max(0.0, more - a.size / 2)
    return more / math.sqrt(margins) if margins else 0.0


def joined(first: float, second: float, alike: float) -> float:
    """Return the distance to the end of an interval of a difference, of those of its sides."""
    return math.sqrt(max(0.0, first**2 - 2 * alike * first * second + second**2))


def cohens_h(here: float, there: float) -> float:
    """Return the effect size of two shares (Cohen, 1988): .2 is small, .5 medium, .8 large."""
    return 2 * math.asin(math.sqrt(here)) - 2 * math.asin(math.sqrt(there))


def benjamini_hochberg(p_values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return p-values corrected for how many there are, in the same order (q-values).

    Of those at .05 or below, no more than 5 % are expected to be by chance (false discovery
    rate; Benjamini and Hochberg, 1995, JRSS B 57).
    """
    held = np.asarray(p_values, dtype=float)
    order = np.argsort(-held, kind="stable")
    ranks = np.arange(held.size, 0, -1)
    found = np.empty_like(held)
    found[order] = np.minimum(1.0, np.minimum.accumulate(held[order] * held.size / ranks))
    return found
