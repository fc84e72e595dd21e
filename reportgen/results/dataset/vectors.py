"""The representations of all inputs of a model, gathered in little memory."""

from __future__ import annotations

import numpy as np

from reportgen.methods import all_methods
from reportgen.results.model import JobResult
from reportgen.results.store import Store

HALF = np.finfo(np.float16)


class HeldVectors:
    """Holds a vector of each result in half precision, as long as every result has one."""

    def __init__(self) -> None:
        self._method = next((m for m in all_methods() if m.vector), None)
        self._held: bytearray | None = bytearray()
        self._width = 0

    def see(self, result: JobResult, store: Store) -> None:
        """Add the vector of a result.

        Raises ``ResultsError`` where its arrays cannot be read.
        """
        if self._held is None:
            return
        method = self._method
        array = None if method is None else method.vector
        if array is None or array.name not in store.array_names(result.job):
            self._held = None
            return
        found = store.read_array(result.job, array.name)
        if self._width and len(found) != self._width:
            self._held = None
            return
        self._width = len(found)
        self._held += np.clip(found, HALF.min, HALF.max).astype(np.float16).tobytes()

    def matrix(self) -> np.ndarray | None:
        """Return the vectors (n, D); ``None`` where a result has none."""
        if not self._held:
            return None
        return np.frombuffer(self._held, dtype=np.float16).reshape(-1, self._width)
