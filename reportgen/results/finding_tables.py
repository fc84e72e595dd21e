"""What stands out in a run, as a table: part of the Python API over stored result files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.results.dataset.observed_run import ObservedRun
from reportgen.results.dataset.scan import scan
from reportgen.results.frames import frame

if TYPE_CHECKING:
    import pandas as pd

    from reportgen.results.dataset.findings import Finding
    from reportgen.results.dataset.observations import Observations


class FindingTables(ObservedRun):
    """The table of what a scan of a run finds."""

    def findings(self) -> pd.DataFrame:
        """Return what stands out in each model's inputs without being asked for, surest first.

        Columns: model; kind (``weak_slice``, ``attribution_differs``, ``sensitive``,
        ``uninformative_word``); by and name (``word`` and the word, ``length``, ``label``, a column
        of the inputs and its value, ``perturbation``); also_by and also_name (what holds together
        with that, ``None`` where nothing does); estimate with its interval (low, high), over count
        inputs; against (what it is compared with) with against_low and against_high; p
        (family-wise, over all that was compared); inputs (positions of those behind it, the
        clearest first). Of a weak slice, estimate is the accuracy, and against that of all other
        inputs; of a word whose attribution differs, the mean score where the prediction is wrong,
        and where it is right; of a perturbation, the share of predictions that turn.

        Raises ``ResultsError`` where a file cannot be read.
        """
        return frame(
            (
                *("model", "kind", "by", "name", "also_by", "also_name"),
                *("estimate", "low", "high", "count"),
                *("against", "against_low", "against_high", "p", "inputs"),
            ),
            (
                {"model": model} | _row(one, found)
                for model, found in self.observed.items()
                for one in scan(found, self.manifest.seed).findings
            ),
        )


def _row(one: Finding, found: Observations) -> dict[str, Any]:
    also_by, also_name = one.also or (None, None)
    inputs = dict(zip(found.places.tolist(), found.inputs.tolist(), strict=True))
    against = one.against
    return {
        "kind": str(one.kind),
        "by": one.about[0],
        "name": one.about[1],
        "also_by": also_by,
        "also_name": also_name,
        "estimate": one.estimate.value,
        "low": one.estimate.low,
        "high": one.estimate.high,
        "count": one.estimate.count,
        "against": against.value if against else None,
        "against_low": against.low if against else None,
        "against_high": against.high if against else None,
        "p": one.p,
        "inputs": [inputs[place] for place in one.places.tolist()],
    }
