"""What small changes of inputs did, as a table: part of the Python API over stored results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.results.frames import frame
from reportgen.results.stored_run import StoredRun, key_of

if TYPE_CHECKING:
    import pandas as pd

TOLD = ("kind", "word", "label", "probability", "correct", "changed", "change", "reason")


class PerturbationTables(StoredRun):
    """The table of a run that is made of the variants of its inputs."""

    def perturbations(self) -> pd.DataFrame:
        """Return one row per variant of an input: what the model predicts for it.

        Columns: model, input, kind (``case``, ``punctuation``, ``typos``, ``padding``, ``word``),
        word (the one that was removed everywhere), label, probability and correct (as of
        ``predictions``; of a text that was given the probability is per token), changed (whether
        what is predicted is another), change (of the probability of what was predicted for the
        input, after less before), reason (why there is no prediction: ``same``, the variant is the
        input itself; ``unread``; ``no room``). What is not known is ``None``.
        """
        return frame(
            ("model", "input", *TOLD),
            (
                key_of(entry) | {name: getattr(one, name) for name in TOLD}
                for entry, result in self.entries
                for one in result.perturbations
            ),
        )
