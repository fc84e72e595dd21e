"""The representations of all inputs of a model, gathered in little memory."""

from __future__ import annotations

import numpy as np

from reportgen.methods import all_methods
from reportgen.results.model import JobResult
from reportgen.results.store import Store

LARGEST = np.finfo(np.float16).max


class HeldVectors:
    """Holds a vector of each result in half precision, as long as every result has one."""

    def __init__(self) -> None:
        self._rows: list[np.ndarray] | None = []
        self._described = next((m for m in all_methods() if m.vector), None)

    def see(self, result: JobResult, store: Store) -> None:
        """Add the vector of a result.

        Raises ``ResultsError`` where its arrays cannot be read.
        """
        described, rows = self._described, self._rows
        if rows is None:
            return
        if described is None or described.name not in result.computed:
            self._rows = None
            return
        assert described.vector is not None
        found = store.read_array(result.job, described.vector.name)
        if rows and rows[0].shape != found.shape:
            self._rows = None
            return
        rows.append(np.clip(found, -LARGEST, LARGEST).astype(np.float16))

    def matrix(self) -> np.ndarray | None:
        """Return the vectors (n, D); ``None`` where a result has none."""
        return np.stack(self._rows) if self._rows else None
