"""What is known of a run's jobs while it goes on, told to the journal beside its results."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reportgen.engine.events import Status
from reportgen.engine.manifest import entry_of, model_info
from reportgen.jobs import Job
from reportgen.plan import Plan
from reportgen.results.journal import Journal, is_same_model
from reportgen.results.model import JobEntry, Manifest, ModelInfo
from reportgen.results.store import Store


class Tally:
    """The jobs of a run that were looked at so far, in order, and how they ended.

    The journal is begun with what ``describe`` returns by the first thing that ``sealed``, the
    manifest that is there, does not tell.
    """

    def __init__(
        self,
        plan: Plan,
        store: Store,
        journal: Journal,
        describe: Callable[[], Manifest],
        sealed: Manifest | None,
    ) -> None:
        self.plan = plan
        self.store = store
        self.journal = journal
        self.settled = 0
        """Jobs that need not be run: their results are there, or another job makes them."""
        self._describe = describe
        self._entries: list[JobEntry] = []
        self._statuses: dict[str, Status] = {}
        self._waiting: dict[str, list[JobEntry]] = {}
        self._told = entries_of(sealed, plan)

    def missing(self) -> Iterator[Job]:
        """Go through the plan, once: return the jobs without a result, of equal ones the first.

        Two inputs with the same text are one job: its id says all that decides the result.
        """
        for job in self.plan.jobs:
            entry = entry_of(job, "done")
            told = self._told.pop((entry.model, entry.input), None)
            entry = entry if told != entry else told  # which is in memory already
            self._entries.append(entry)
            if job.id not in self._statuses and job.id not in self._waiting:
                if not self.store.has(job.id):
                    if not self.plan.asks_for(job):
                        self.settled += 1
                        if told is not None and told.id == job.id:  # it failed before
                            self._statuses[job.id] = told.status
                        continue
                    self.begin()
                    self._waiting[job.id] = [entry]
                    yield job
                    continue
                self._statuses[job.id] = "done"
            self.settled += 1
            if job.id in self._waiting:
                self._waiting[job.id].append(entry)
            elif entry is not told or self._statuses[job.id] != "done":
                self.begin()
                self.journal.add_job(ended(entry, self._statuses[job.id]))

    def end(self, job: Job, status: Status) -> None:
        """Note how a job has ended."""
        self._statuses[job.id] = status
        for entry in self._waiting.pop(job.id, ()):
            self.journal.add_job(ended(entry, status))
        self.journal.flush()

    def note_model(self, info: ModelInfo) -> None:
        """Note what is known of a model now that it was loaded."""
        for planned in self.plan.models:
            described = model_info(self.plan, planned, (info,), look=False)
            if is_same_model(info, described):
                self.journal.add_model(described)

    def begin(self) -> None:
        if not self.journal.began:
            self.journal.begin(self._describe())

    def entries(self) -> Iterator[JobEntry]:
        """Return the jobs that have ended, in the plan's order."""
        return (
            ended(entry, self._statuses[entry.id])
            for entry in self._entries
            if entry.id in self._statuses
        )


def ended(entry: JobEntry, status: Status) -> JobEntry:
    return entry if entry.status == status else entry.model_copy(update={"status": status})


def entries_of(manifest: Manifest | None, plan: Plan) -> dict[tuple[str, int], JobEntry]:
    """Return what a manifest says that readers of this plan's journal count, too."""
    if manifest is None or manifest.spec_sha256 != plan.spec_sha256:
        return {}
    planned = {model.spec.id: model_info(plan, model, (), look=False) for model in plan.models}
    alike = {info.id for info in manifest.models if is_same_model(info, planned.get(info.id))}
    return {(one.model, one.input): one for one in manifest.jobs if one.model in alike}
