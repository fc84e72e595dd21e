"""The outputs of a model by set of removed units: each set is evaluated once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from reportgen.errors import ReportgenError

Value = Callable[[np.ndarray], np.ndarray]
"""From sets, booleans (batch, n) where ``True`` is removed, to outputs (batch,)."""


class SetValues:
    """The cache that everything about one input reads from.

    ``value`` is called with as many new sets as are needed at once, each set once; splitting them
    to fit memory is its own business. ``max_evaluations`` is the most sets that may ever be
    evaluated; what would need more raises before it evaluates any.
    """

    def __init__(self, n: int, value: Value, *, max_evaluations: int | None = None) -> None:
        if n < 1:
            raise ReportgenError(f"a removal game has at least 1 unit, found {n}")
        if max_evaluations is not None and max_evaluations < n + 2:
            raise budget_too_small(max_evaluations, n)
        self.n = n
        self.max_evaluations = max_evaluations
        self._value = value
        self._known: dict[bytes, float] = {}

    @property
    def evaluations(self) -> int:
        """How many sets have been evaluated: all that was asked of the model."""
        return len(self._known)

    def values(self, sets: np.ndarray) -> np.ndarray:
        """Return v(S), (batch,), of ``sets``, booleans (batch, n) where ``True`` is removed.

        Raises ``ReportgenError`` where the sets have another shape, more than
        ``max_evaluations`` would be needed, or the game's function returns another shape than
        (batch,) or numbers that are not finite.
        """
        keys = self.keys(sets)
        new: dict[bytes, int] = {}  # each once, with the row where it stands
        for row, key in enumerate(keys):
            if key not in self._known:
                new.setdefault(key, row)
        if new:
            self._evaluate(np.asarray(sets)[list(new.values())], list(new))
        return np.array([self._known[key] for key in keys], np.float64)

    def unknown(self, sets: np.ndarray) -> np.ndarray:
        """Return which of ``sets``, (batch, n), have not been evaluated yet, (batch,)."""
        return np.array([key not in self._known for key in self.keys(sets)], bool)

    @property
    def evaluations_left(self) -> float:
        """How many new sets may still be evaluated; infinite without a limit."""
        return np.inf if self.max_evaluations is None else self.max_evaluations - self.evaluations

    def keys(self, sets: np.ndarray) -> list[bytes]:
        """Return what each of ``sets``, (batch, n), is cached under."""
        sets = np.asarray(sets)
        if sets.ndim != 2 or sets.shape[1] != self.n or sets.dtype != bool:
            raise ReportgenError(
                f"expected sets as booleans of shape (batch, {self.n}), "
                f"found {sets.dtype} of shape {sets.shape}"
            )
        packed = np.packbits(sets, axis=1)
        whole, width = packed.tobytes(), packed.shape[1]
        return [whole[start : start + width] for start in range(0, len(whole), width)]

    def _evaluate(self, sets: np.ndarray, keys: list[bytes]) -> None:
        if len(keys) > self.evaluations_left:
            raise ReportgenError(
                f"{len(keys):,} more sets have to be evaluated, and {self.evaluations_left:,} of "
                f"max_evaluations: {self.max_evaluations:,} are left",
                hint=f"allow at least {self.evaluations + len(keys):,}, or ask for less",
            )
        found = np.asarray(self._value(sets), np.float64)
        if found.shape != (len(keys),):
            raise ReportgenError(
                f"expected one value for each of {len(keys):,} sets, shape ({len(keys)},), "
                f"found shape {found.shape}"
            )
        if len(bad := np.flatnonzero(~np.isfinite(found))):
            removed = ", ".join(map(str, np.flatnonzero(sets[bad[0]]))) or "none"
            raise ReportgenError(
                f"expected finite values, found {found[bad[0]]} in {len(bad):,} of "
                f"{len(keys):,} sets; the first has these units removed: {removed}"
            )
        self._known.update(zip(keys, found.tolist(), strict=True))


def budget_too_small(budget: int, n: int) -> ReportgenError:
    """Return the error of a budget that is too small for anything to be told."""
    return ReportgenError(
        f"expected max_evaluations of at least {n + 2} for {n} units (n + 2: nothing removed, all "
        f"removed, and each unit alone), found {budget}"
    )
