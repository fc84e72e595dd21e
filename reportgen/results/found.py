"""What the result files of a run hold: each is validated once, and of many a few are kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, overload

from pydantic import ValidationError

from reportgen.errors import ResultsError
from reportgen.results.model import LARGE_RUN, Failure, JobEntry, JobResult, Manifest
from reportgen.results.reading import DAMAGED, NewerFormatError
from reportgen.results.store import Store
from reportgen.spec.chat import as_text
from reportgen.spec.entries import INPUT_FIELDS

KEPT = 64
"""Results of a large run that are kept at a time."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class Valid:
    """What is remembered of a file that was validated; ``mark`` is that of its header."""

    checksum: str
    mark: bytes
    task: str


class Lazy(Sequence[Item]):
    """A sequence whose items are made when they are asked for, each time anew."""

    def __init__(self, length: int, make: Callable[[int], Item]) -> None:
        self._length = length
        self._make = make

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Item]:
        return map(self._make, range(self._length))

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...
    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        if isinstance(index, slice):
            return tuple(map(self._make, range(self._length)[index]))
        return self._make(range(self._length)[index])


class FoundResults:
    """The results of a manifest's jobs, by the jobs' places in it.

    Up to ``LARGE_RUN`` results are all kept. Of more, a few are, and the others are read again:
    the first reading of a file validates it, later ones only parse its header.
    """

    def __init__(self, store: Store, manifest: Manifest) -> None:
        self.store = store
        self.jobs = manifest.jobs
        self._spec = manifest.spec
        self._tasks = {info.id: info.task for info in manifest.models}
        self._most = LARGE_RUN if len(self.jobs) <= LARGE_RUN else KEPT
        self._kept: OrderedDict[str, JobResult] = OrderedDict()
        self._known: dict[str, Valid | ResultsError] = {}

    def entries(self) -> Sequence[tuple[JobEntry, JobResult]]:
        """Return every job with its result; a tuple where all are kept."""
        found = Lazy(len(self.jobs), lambda at: (self.jobs[at], self.result(self.jobs[at])))
        return tuple(found) if len(self.jobs) <= LARGE_RUN else found

    def result(self, entry: JobEntry) -> JobResult:
        """Return the result of a job, or what stands for one that cannot be relied on."""
        if self.error(entry) is None and entry.id not in self._kept:
            known = self._known[entry.id]
            again = (
                self.store.read_again(entry.id, known.mark) if isinstance(known, Valid) else None
            )
            if again is None:  # the file is no longer what it was
                del self._known[entry.id]
            else:
                self._keep(entry.id, again)
        error = self.error(entry)
        if error is not None:
            return self._unreadable(entry, error)
        return self._kept[entry.id].model_copy(update=key_of(entry))

    def error(self, entry: JobEntry) -> ResultsError | None:
        """Return why the result of a job cannot be relied on; ``None`` where it can."""
        known = self._known.get(entry.id) or self._validate(entry.id)
        if isinstance(known, ResultsError):
            return known
        if known.task != (task := self._tasks[entry.model]):
            message = f"a result of {known.task}, but the model's task is {task}"
            return ResultsError(f"damaged: {message}", hint=DAMAGED)
        return None

    def checksum(self, entry: JobEntry) -> str:
        """Return the checksum of a job's file; nothing where it cannot be relied on."""
        if self.error(entry) is not None:
            return ""
        known = self._known[entry.id]
        return known.checksum if isinstance(known, Valid) else ""

    def _validate(self, job: str) -> Valid | ResultsError:
        known: Valid | ResultsError
        try:
            result, total, mark = self.store.read_with_mark(job)
        except NewerFormatError:
            raise
        except ResultsError as error:
            known = error
        else:
            known = Valid(total, mark, result.task)
            self._keep(job, result)
        self._known[job] = known
        return known

    def _keep(self, job: str, result: JobResult) -> None:
        self._kept[job] = result
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def _unreadable(self, entry: JobEntry, error: ResultsError) -> JobResult:
        """Return what stands for a result that cannot be relied on: its input, and the reason."""
        inputs = self._spec.get("inputs", [])
        given = inputs[entry.entry] if entry.entry in range(len(inputs)) else {}
        fields = {} if "file" in given else {name: given.get(name) for name in INPUT_FIELDS}
        with suppress(ValidationError):
            fields["messages"] = as_text(given.get("messages"))
        where = Path(error.where).name  # a page does not tell in which folder it was rendered
        failure = Failure(kind="ResultsError", message=error.message, where=where, hint=error.hint)
        return JobResult(
            job=entry.id,
            **key_of(entry),
            task=self._tasks[entry.model],
            status="error",
            fields={name: text for name, text in fields.items() if isinstance(text, str)},
            error=failure,
        )


def key_of(entry: JobEntry) -> dict[str, Any]:
    return {"model": entry.model, "input": entry.input}
