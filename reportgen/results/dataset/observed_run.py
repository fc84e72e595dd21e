"""A stored run whose results are observed once, whatever is then asked of them together."""

from __future__ import annotations

import functools

from reportgen.results.dataset.observations import Observations, observe
from reportgen.results.stored_run import StoredRun


class ObservedRun(StoredRun):
    """What tables, documents and histories about all inputs of a model share."""

    @functools.cached_property
    def observed(self) -> dict[str, Observations]:
        """What was observed of each model, fillings of templates apart.

        Raises ``ResultsError`` where a result cannot be read.
        """
        return observe(self).inputs()
