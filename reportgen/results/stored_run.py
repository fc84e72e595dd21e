"""A run as it is stored: its manifest, and each result, read and validated once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from reportgen.errors import ResultsError
from reportgen.results.found import FoundResults, key_of
from reportgen.results.journal import find_store, read_run
from reportgen.results.model import LARGE_RUN, JobEntry, JobResult, Manifest
from reportgen.results.reading import checksum

__all__ = ["StoredRun", "key_of"]


class StoredRun:
    """Stored results of one run; models are named by id, inputs by position in the spec.

    ``place`` is the folder of a run, its folder ``results``, or the URL of either. A run that has
    not ended is what there is of it: ``manifest.planned`` says how many jobs it is to have. Raises
    ``ResultsError`` where there are no results, or results of a newer format.
    """

    def __init__(self, place: Path | str) -> None:
        self.store = find_store(place)
        found = read_run(self.store)
        self.manifest: Manifest = found.manifest
        self.manifest_sha256 = found.sha256

    def __repr__(self) -> str:
        name, models, jobs = type(self).__name__, len(self.manifest.models), len(self.manifest.jobs)
        return f"{name}({self.manifest.title!r}, {models} models, {jobs} jobs)"

    @cached_property
    def entries(self) -> Sequence[tuple[JobEntry, JobResult]]:
        """Every job of the run with the header of its result, in the manifest's order.

        A file is named by content and may have been written for another model id or another
        position of the same input: the manifest's line says which it is here. Where no file can
        be relied on, it is an error result that says so. Of more than ``model.LARGE_RUN`` jobs
        a few results are kept at a time and the others are read again whenever they are asked
        for. Raises ``ResultsError`` for a result of a newer format.
        """
        return self._found.entries()

    def parts(self) -> Iterator[Self]:
        """Yield the run in parts of at most ``model.LARGE_RUN`` jobs, each as if it were a run.

        What is read of one part is let go with it.
        """
        jobs = self.manifest.jobs
        if len(jobs) <= LARGE_RUN:
            yield self
            return
        for start in range(0, len(jobs), LARGE_RUN):
            part = object.__new__(type(self))
            part.store, part.manifest_sha256 = self.store, self.manifest_sha256
            some = {"jobs": jobs[start : start + LARGE_RUN]}
            part.manifest = self.manifest.model_copy(update=some)
            yield part

    @property
    def damaged(self) -> tuple[tuple[JobEntry, ResultsError], ...]:
        """The jobs whose stored result cannot be relied on, and why."""
        errors = ((entry, self._found.error(entry)) for entry in self.manifest.jobs)
        return tuple((entry, error) for entry, error in errors if error is not None)

    @cached_property
    def checksums(self) -> dict[str, str]:
        """The SHA-256 of every result, by its job's id; empty where it cannot be relied on."""
        return {entry.id: self._found.checksum(entry) for entry in self.manifest.jobs}

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the whole run: of its manifest, and of every result that it names."""
        return checksum({"manifest": self.manifest_sha256, "results": self.checksums})

    @cached_property
    def _found(self) -> FoundResults:
        return FoundResults(self.store, self.manifest)

    def matrix(self, model: str, input: int, name: str) -> np.ndarray:
        """Return one stored array, e.g. ``matrix("v1", 0, "attention")`` of ``(L, H, n, n)``.

        ``name`` is one of those that the documentation of methods lists, with the output's name
        in the place of TARGET. In maps the row is the query and the column the key. Raises
        ``ResultsError`` where the run has no such job or the job no such array.
        """
        for entry in self.manifest.jobs:
            if (entry.model, entry.input) == (model, input):
                error = self._found.error(entry)
                if error is not None:
                    raise error
                return self.store.read_array(entry.id, name)
        models = ", ".join(info.id for info in self.manifest.models)
        inputs = sorted({entry.input for entry in self.manifest.jobs})
        raise ResultsError(
            f"no result for model {model!r} on input {input}",
            where=self.store.name,
            hint=f"models: {models}; inputs: {inputs[0]} to {inputs[-1]}" if inputs else "",
        )
