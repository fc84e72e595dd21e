"""What is held of every result of a run at once, and how all of them are gone over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from reportgen.results.model import JobEntry, JobResult, Manifest, Prediction
from reportgen.results.store import Store
from reportgen.results.stored_run import StoredRun

Value = TypeVar("Value")


class Shared:
    """Keeps one of all values that are written alike, such as settings of a thousand results."""

    def __init__(self) -> None:
        self._held: dict[str, Any] = {}

    def __call__(self, value: Value) -> Value:
        return self._held.setdefault(repr(value), value)


def lean(result: JobResult, shared: Shared) -> JobResult:
    """Return what tells of a result beside others: without tokens, words, tables and curves.

    Of its prediction there is what it says and whether that is right, and no single scores.
    """
    found = result.prediction
    values = {
        **EMPTY_RESULT,
        "format": result.format,
        "job": result.job,
        "model": result.model,
        "input": result.input,
        "task": result.task,
        "status": result.status,
        "fields": result.fields,
        "generated": result.generated or NOTHING,
        "expect": result.expect,
        "error": result.error,
        "truncation": result.truncation,
        "prediction": None if found is None else lean_prediction(found),
        "settings": shared(result.settings),
        "skipped": shared(result.skipped),
        "failed": shared(result.failed) if result.failed else NOTHING,
        "seconds": result.seconds,
    }
    return JobResult.model_construct(RESULT_FIELDS, **values)


def lean_prediction(found: Prediction) -> Prediction:
    values = {
        **EMPTY_PREDICTION,
        "kind": found.kind,
        "label": found.label,
        "probability": found.probability,
        "specials": found.specials,
        "expected": found.expected,
        "correct": found.correct,
    }
    return Prediction.model_construct(PREDICTION_FIELDS, **values)


NOTHING: dict[str, Any] = {}
"""Stands for what is empty in all results that are held."""

RESULT_FIELDS, PREDICTION_FIELDS = set(JobResult.model_fields), set(Prediction.model_fields)


def _empty(names: set[str], record: type[JobResult] | type[Prediction]) -> dict[str, Any]:
    defaults = {name: record.model_fields[name].default for name in names}
    return {name: NOTHING if value == {} else value for name, value in defaults.items()}


EMPTY_RESULT = _empty(RESULT_FIELDS, JobResult)
EMPTY_PREDICTION = _empty(PREDICTION_FIELDS, Prediction)


def places_in_order(manifest: Manifest) -> Sequence[int]:
    """Return the places of a run's jobs, by model in the order of the run, then by input."""
    models = {info.id: place for place, info in enumerate(manifest.models)}
    keys = [(models[entry.model], entry.input) for entry in manifest.jobs]
    order = range(len(keys))
    is_sorted = all(here <= there for here, there in pairwise(keys))
    return order if is_sorted else sorted(order, key=keys.__getitem__)


def in_order(results: StoredRun) -> Iterator[tuple[JobEntry, JobResult]]:
    """Go once over all results, by model in the order of the run, then by input."""
    places = places_in_order(results.manifest)
    if isinstance(places, range):
        yield from results.entries  # which reads ahead where it reads
    else:
        yield from (results.entries[place] for place in places)


class LastArrays(Store):
    """A store that keeps the arrays of the job that was read last, of which many things are made.

    Each is then read once in going over all results.
    """

    def __init__(self, store: Store) -> None:
        vars(self).update(vars(store))
        self._source, self._job = store, ""
        self._names: list[str] = []
        self._arrays: dict[str, np.ndarray] = {}

    def array_names(self, job: str) -> list[str]:
        if job != self._job:
            self._names = self._source.array_names(job)
            self._job, self._arrays = job, {}
        return self._names

    def read_array(self, job: str, name: str) -> np.ndarray:
        if name not in self.array_names(job):
            return self._source.read_array(job, name)  # which says what there is
        if name not in self._arrays:
            self._arrays[name] = self._source.read_array(job, name)
        return self._arrays[name]
