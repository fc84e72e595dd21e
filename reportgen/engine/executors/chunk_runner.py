"""What a worker does with the chunks of jobs that it is given, whoever started it."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence

from reportgen.engine.events import Finished
from reportgen.engine.executors.local import load_or_say, run
from reportgen.engine.failures import failed
from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.errors import InputError, ReportgenError
from reportgen.jobs import Job, PlannedModel
from reportgen.results.store import Store


class ChunkRunner:
    """Runs chunks of jobs, each of one model, and keeps the model for the next chunk."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._planned: PlannedModel | None = None
        self._loaded: LoadedModel | Exception | None = None

    def has_loaded(self, job: Job) -> bool:
        return self._planned == job.model

    def load(self, job: Job) -> None:
        """Load the model of ``job``, unless it is the last one's; that it fails is kept, too."""
        if not self.has_loaded(job):
            self._planned = self._loaded = None  # two models need not fit in memory
            self._loaded = load_or_say(job.model, job.seed)
            self._planned = job.model

    def give_up(self, job: Job, error: Exception) -> None:
        """Let all jobs of this job's model end with ``error``, and never load it."""
        self._planned, self._loaded = job.model, error

    def run(self, jobs: Sequence[Job], *, compare: bool) -> Iterator[Finished]:
        """Explain ``jobs``, of one model, and write their results (``local.run``)."""
        self.load(jobs[0])
        assert self._loaded is not None
        yield from run(self._loaded, jobs, self.store, compare=compare)


def lost(job: Job, store: Store, how: str) -> Finished:
    """Write the result of a job that every worker died of; ``how`` says what became of them."""
    error = InputError(
        f"every worker that explained this input ended: {how}",
        hint="most often memory runs out: set max_length, or use fewer workers",
    )
    store.write(failed(job, error), {})
    return Finished(job, "error", None)


def require_shared(store: Store, done: Finished) -> None:
    """Raise ``ReportgenError`` where the result that a worker wrote is not found here."""
    if done.status == "done" and not store.has(done.job.id):
        raise ReportgenError(
            "the results that workers write are not there for this process",
            hint="name a folder that all workers share, or a URL such as s3://bucket/run",
        )


def portable(error: Exception) -> Exception:
    """Return an error that another process can raise."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return ReportgenError(f"{type(error).__name__}: {error}")
    return error
