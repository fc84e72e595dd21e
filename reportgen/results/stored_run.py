"""A run as it is stored: its manifest, and each result, read and validated once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from reportgen.errors import ResultsError
from reportgen.results.model import Failure, JobEntry, JobResult, Manifest
from reportgen.results.reading import DAMAGED, NewerFormatError, checksum
from reportgen.results.store import Store
from reportgen.spec.chat import as_text
from reportgen.spec.entries import INPUT_FIELDS


class StoredRun:
    """Stored results of one run; models are named by id, inputs by position in the spec.

    Raises ``ResultsError`` where the folder holds no results, or results of a newer format.
    """

    def __init__(self, folder: Path | str) -> None:
        folder = Path(folder)
        self.store = Store(folder / "results" if (folder / "results").is_dir() else folder)
        self.manifest: Manifest = self.store.read_manifest()
        self.manifest_sha256 = self.store.manifest_sha256()

    def __repr__(self) -> str:
        name, models, jobs = type(self).__name__, len(self.manifest.models), len(self.manifest.jobs)
        return f"{name}({self.manifest.title!r}, {models} models, {jobs} jobs)"

    @cached_property
    def entries(self) -> tuple[tuple[JobEntry, JobResult], ...]:
        """Every job of the run with the header of its result, in the manifest's order.

        A file is named by content and may have been written for another model id or another
        position of the same input: the manifest's line says which it is here. Where no file can
        be relied on, it is an error result that says so. Raises ``ResultsError`` for a result of
        a newer format.
        """
        return tuple((entry, found.result) for entry, found in self._found)

    @property
    def damaged(self) -> tuple[tuple[JobEntry, ResultsError], ...]:
        """The jobs whose stored result cannot be relied on, and why."""
        return tuple((entry, found.error) for entry, found in self._found if found.error)

    @cached_property
    def checksums(self) -> dict[str, str]:
        """The SHA-256 of every result, by its job's id; empty where it cannot be relied on."""
        return {entry.id: found.checksum for entry, found in self._found}

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the whole run: of its manifest, and of every result that it names."""
        return checksum({"manifest": self.manifest_sha256, "results": self.checksums})

    @cached_property
    def _found(self) -> tuple[tuple[JobEntry, _Found], ...]:
        """Every job with its file, each of which is read and validated once."""
        files: dict[str, tuple[JobResult, str] | ResultsError] = {}
        tasks = {info.id: info.task for info in self.manifest.models}
        found = []
        for entry in self.manifest.jobs:
            if entry.id not in files:
                files[entry.id] = _read(self.store, entry)
            file, task = files[entry.id], tasks[entry.model]
            if not isinstance(file, ResultsError) and file[0].task != task:
                message = f"a result of {file[0].task}, but the model's task is {task}"
                file = ResultsError(f"damaged: {message}", hint=DAMAGED)
            if isinstance(file, ResultsError):
                found.append((entry, _Found(self._unreadable(entry, task, file), error=file)))
            else:
                result, total = file
                result = result.model_copy(update=key_of(entry))
                found.append((entry, _Found(result, checksum=total)))
        return tuple(found)

    def _unreadable(self, entry: JobEntry, task: str, error: ResultsError) -> JobResult:
        """Return what stands for a result that cannot be relied on: its input, and the reason."""
        inputs = self.manifest.spec.get("inputs", [])
        given = inputs[entry.entry] if entry.entry in range(len(inputs)) else {}
        fields = {} if "file" in given else {name: given.get(name) for name in INPUT_FIELDS}
        with suppress(ValidationError):
            fields["messages"] = as_text(given.get("messages"))
        where = Path(error.where).name  # a page does not tell in which folder it was rendered
        failure = Failure(kind="ResultsError", message=error.message, where=where, hint=error.hint)
        return JobResult(
            job=entry.id,
            **key_of(entry),
            task=task,
            status="error",
            fields={name: text for name, text in fields.items() if isinstance(text, str)},
            error=failure,
        )

    def matrix(self, model: str, input: int, name: str) -> np.ndarray:
        """Return one stored array, e.g. ``matrix("v1", 0, "attention")`` of ``(L, H, n, n)``.

        ``name`` is one of those that the documentation of methods lists, with the output's name
        in the place of TARGET. In maps the row is the query and the column the key. Raises
        ``ResultsError`` where the run has no such job or the job no such array.
        """
        for entry, found in self._found:
            if (entry.model, entry.input) == (model, input):
                if found.error is not None:
                    raise found.error
                return self.store.read_array(entry.id, name)
        models = ", ".join(info.id for info in self.manifest.models)
        inputs = sorted({entry.input for entry in self.manifest.jobs})
        raise ResultsError(
            f"no result for model {model!r} on input {input}",
            where=str(self.store.folder),
            hint=f"models: {models}; inputs: {inputs[0]} to {inputs[-1]}" if inputs else "",
        )


@dataclass(frozen=True)
class _Found:
    """What the file of a job holds, or what stands for it where it cannot be relied on."""

    result: JobResult
    error: ResultsError | None = None
    checksum: str = ""


def _read(store: Store, entry: JobEntry) -> tuple[JobResult, str] | ResultsError:
    """Return a result and the checksum of its file, or why it cannot be relied on."""
    try:
        return store.read(entry.id)
    except NewerFormatError:
        raise
    except ResultsError as error:
        return error


def key_of(entry: JobEntry) -> dict[str, Any]:
    return {"model": entry.model, "input": entry.input}
