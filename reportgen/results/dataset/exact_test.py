"""Fisher's exact test of two shares, from a table of logarithms of factorials."""

from __future__ import annotations

import numpy as np

ALIKE = 1 + 1e-7
"""By how much tables of the same probability differ at most, by rounding."""


class LogFactorials:
    """The logarithms of 0! to ``most``!, for tests of tables of at most so many inputs."""

    def __init__(self, most: int) -> None:
        self._held = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, most + 1)))))

    def fisher(self, right: int, count: int, all_right: int, whole: int) -> float:
        """Return the two-sided p-value of a slice with ``right`` of its ``count`` inputs right.

        It is the probability of all tables that are no more probable than this one, where
        ``all_right`` of ``whole`` inputs are right and ``count`` of them are drawn without regard
        to that (Fisher, 1922; the rule is that of R and SciPy).
        """
        wrong = whole - all_right
        possible = np.arange(max(0, count - wrong), min(count, all_right) + 1)
        logs = self._choose(all_right, possible) + self._choose(wrong, count - possible)
        shares = np.exp(logs - self._choose(whole, np.array(count)))
        observed = shares[right - int(possible[0])]
        return float(min(1.0, shares[shares <= observed * ALIKE].sum()))

    def _choose(self, of: int, drawn: np.ndarray) -> np.ndarray:
        held = self._held
        return held[of] - held[drawn] - held[of - drawn]
