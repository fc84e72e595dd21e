"""How a model does on parts of its inputs, as a table: part of the Python API over result files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.results.dataset.observed_run import ObservedRun
from reportgen.results.dataset.slices import evaluate_slices
from reportgen.results.frames import frame
from reportgen.spec.slices import read_slices

if TYPE_CHECKING:
    import pandas as pd

    from reportgen.results.dataset.intervals import Estimate


class SliceTables(ObservedRun):
    """The table of a run's slices."""

    def slices(self) -> pd.DataFrame:
        """Return one row per slice of each model's inputs, the clearest difference first.

        Columns: model, by (``length``, ``label``, ``word`` or a column of the inputs), slice (its
        value), count (inputs), accuracy with its interval (low, high), difference to the accuracy
        of all other inputs (diff_low, diff_high), effect (Cohen's h), p (Fisher's exact test), q (p
        corrected for all slices of the model: Benjamini and Hochberg), confidence (mean). All
        intervals are of 95 %. What does not exist is ``None``: nothing is expected of the inputs.
        Only slices of at least ten inputs, with ten others, are there.

        Raises ``ResultsError`` where a file cannot be read.
        """
        asked = read_slices(self.manifest.spec)
        return frame(
            (
                *("model", "by", "slice", "count", "accuracy", "low", "high"),
                *("difference", "diff_low", "diff_high", "effect", "p", "q", "confidence"),
            ),
            (
                {"model": model, "by": one.slice.by, "slice": one.slice.value, "count": one.count}
                | _named(one.accuracy, "accuracy", "low", "high")
                | _named(one.difference, "difference", "diff_low", "diff_high")
                | {"effect": one.effect, "p": one.p, "q": one.q}
                | {"confidence": one.confidence.value if one.confidence else None}
                for model, found in self.observed.items()
                for one in evaluate_slices(found, asked)
            ),
        )


def _named(found: Estimate | None, value: str, low: str, high: str) -> dict[str, float | None]:
    numbers = (None, None, None) if found is None else (found.value, found.low, found.high)
    return dict(zip((value, low, high), numbers, strict=True))
