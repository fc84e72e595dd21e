"""What removing words did, as tables: part of the Python API over stored result files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from reportgen.results.frames import frame
from reportgen.results.model import JobEntry, JobResult
from reportgen.results.removal import Faithfulness, Removal, SmallestUnits
from reportgen.results.stored_run import StoredRun, key_of
from reportgen.results.words import unit_text

if TYPE_CHECKING:
    import pandas as pd

PLAYED = ("model", "input", "target", "operator")
"""What a game of removals is of; ``target`` is ``None`` for a whole answer of several tokens."""


class RemovalTables(StoredRun):
    """The tables of a run that are made of its removal games."""

    def removals(self) -> pd.DataFrame:
        """Return one row per fact about the prediction without words, by output and operator.

        Columns: model, input, target, operator, granularity, units (how many there are), kind
        (``flip``: the fewest words without which the prediction turns; ``sufficient``: the fewest
        that keep it up alone; ``single``: a word without which alone it turns; ``asked``: words
        that were named), words (those removed, of ``sufficient`` those left; none where no set was
        found), label and probability (what the model says then; of a text of several tokens the
        one that is least sure), output (the explained one, in
        [0, 1] where it is a probability), exact (no smaller set does it), ruled_out (up to which
        size all sets were tried and failed).
        """
        return frame(
            (
                *(*PLAYED, "granularity", "units", "kind", "words"),
                *("label", "probability", "output", "exact", "ruled_out"),
            ),
            (
                key | {"granularity": removal.granularity, "units": len(removal.units)} | fact
                for key, result, removal in self._removals()
                for fact in _facts(result, removal)
            ),
        )

    def faithfulness(self) -> pd.DataFrame:
        """Return how far each method's scores foretell what removing words does, one row each.

        Columns: model, input, target, operator, method (``random``: the mean over drawn orders),
        and its measures, ``None`` where one is not defined: normalized_comprehensiveness (0: the
        worst order of removal, 1: the best) and normalized_sufficiency (good where low),
        aopc_comprehensiveness, aopc_sufficiency, comprehensiveness and sufficiency (at 1, 5, 10, 20
        and 50 % of the words), log_odds, leave_one_out (Spearman's rank correlation, in [−1, 1]),
        monotonicity, infidelity (both in [0, 1]).
        """
        return frame(
            (*PLAYED, *Faithfulness.model_fields),
            (
                key | measures.model_dump()
                for key, _, removal in self._removals()
                for measures in removal.measures
            ),
        )

    def removal_curves(self) -> pd.DataFrame:
        """Return the output after every removal of a word, in the order of each method.

        Columns: model, input, target, operator, order (a method, ``best``, ``worst`` or
        ``random``), ascending (the least important first), removed (how many words, from 0),
        output, and low and high (of random orders; ``None`` of others).
        """
        return frame(
            (*PLAYED, "order", "ascending", "removed", "output", "low", "high"),
            (
                key
                | {"order": curve.order, "ascending": curve.ascending, "removed": k}
                | {"output": value}
                | {"low": curve.low[k] if curve.low else None}
                | {"high": curve.high[k] if curve.high else None}
                for key, _, removal in self._removals()
                for curve in removal.curves
                for k, value in enumerate(curve.values)
            ),
        )

    def _removals(self) -> Iterator[tuple[dict[str, Any], JobResult, Removal]]:
        for entry, result in self.entries:
            for removal in result.removals:
                yield _key(entry, removal), result, removal


def _key(entry: JobEntry, removal: Removal) -> dict[str, Any]:
    return key_of(entry) | {"target": removal.target, "operator": removal.operator}


def _facts(result: JobResult, removal: Removal) -> Iterator[dict[str, Any]]:
    def told(kind: str, units: tuple[int, ...], found: dict[str, Any]) -> dict[str, Any]:
        words = [unit_text(result, removal.units[i]) for i in units]
        said = {"label": None, "probability": None, "output": None, "exact": None}
        return said | {"kind": kind, "words": words, "ruled_out": None} | found

    def smallest(kind: str, found: SmallestUnits) -> dict[str, Any]:
        outcome = found.outcome.model_dump(exclude={"removed", "at"}) if found.outcome else {}
        searched = {"exact": found.exact, "ruled_out": found.ruled_out}
        return told(kind, found.units or (), outcome | searched)

    if removal.flip:
        yield smallest("flip", removal.flip)
    if removal.sufficient:
        yield smallest("sufficient", removal.sufficient)
    for kind, outcomes in (("single", removal.singles), ("asked", removal.asked)):
        for outcome in outcomes:
            yield told(kind, outcome.removed, outcome.model_dump(exclude={"removed", "at"}))
