"""Why jobs have to run: what is new or changed since the last run of the same folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from reportgen import __version__
from reportgen.errors import ResultsError
from reportgen.jobs import LIBRARIES, Job, PlannedModel, finding_ids, library_version, subject_id
from reportgen.plan import Plan
from reportgen.results.earlier import Earlier, reusable
from reportgen.results.journal import RunManifest, read_run
from reportgen.results.model import FORMAT, JobEntry, JobResult, Manifest
from reportgen.results.store import Store
from reportgen.spec.methods import settings

FIRST_RUN = "there is no earlier run"
NEW_INPUT = "new input"
NOT_YET = "not computed yet: the last run has not ended"
ABSENT = "not installed"

READING = ("dtype", "max_length", "max_new_tokens", "allow_random_head", "trust_remote_code")
"""Settings of a model that decide how it is read."""


@dataclass(frozen=True)
class Reason:
    """Why a job runs, and which of its methods it computes: ``None`` for all of them."""

    text: str
    computed: tuple[str, ...] | None = None


class Reasons:
    """What a run would do, and why, without doing it; nothing that is read here is proven.

    ``stored`` counts the jobs whose results are there. Inputs with the same content are one job.
    """

    def __init__(self, plan: Plan, store: Store) -> None:
        self.store = store
        run = _last_run(store)
        self.before = run.manifest if run else None
        same = self.before is not None and self.before.spec_sha256 == plan.spec_sha256
        self._goes_on = same and self.before is not None and self.before.planned is not None
        self.stored = 0
        self.missing: dict[str, Job] = {}
        ids: set[str] = set()
        for job in filter(plan.asks_for, plan.jobs):
            if job.id not in ids:
                ids.add(job.id)
                if store.has(job.id):
                    self.stored += 1
                else:
                    self.missing[job.id] = job
        entries = self.before.jobs if self.before else ()
        self._listed = {entry.id for entry in entries}
        self._earlier = Earlier(run.sealed if run else None, self.before)
        wanted = {
            subject_id(job.model, job.input, job.seed, job.keep) for job in self.missing.values()
        }
        self._by_place = {
            (entry.model, entry.input): entry
            for entry in entries
            if entry.id not in ids and entry.subject not in wanted
        }
        self._changes = {
            model.spec.id: "; ".join(changes(self.before, plan.spec.seed, model))
            for model in plan.models
            if self.before
        }

    def __iter__(self) -> Iterator[tuple[Job, Reason]]:
        """Yield each job that would run, and why."""
        for job in self.missing.values():
            yield job, self._reason(job)

    def _reason(self, job: Job) -> Reason:
        if job.id in self._listed:
            return self._unusable(job)
        if self.before is None:
            return Reason(FIRST_RUN)
        if (earlier := self._earlier.find(job)) is not None:
            return self._other_methods(job, earlier)
        if text := self._changes[job.model.spec.id]:
            return Reason(text)
        if self._goes_on:
            return Reason(NOT_YET)
        entry = self._by_place.get((job.model.spec.id, job.input.index))
        return Reason(NEW_INPUT) if entry is None else self._changed_input(job, entry)

    def _unusable(self, job: Job) -> Reason:
        """Say why the result that the last run has of the very job is of no use."""
        try:
            result = self.store.read_header(job.id)
        except ResultsError as error:
            return Reason(f"its result is {error.message.removeprefix('the result is ')}")
        if result.error is not None:
            return Reason(f"it failed the last time: {result.error.message}")
        failed = (f"{name} failed the last time: {e.message}" for name, e in result.failed.items())
        return Reason("; ".join(failed), computed(job, result))

    def _other_methods(self, job: Job, earlier: str) -> Reason:
        try:
            result = self.store.glance(earlier)
        except ResultsError as error:
            return Reason(f"the earlier result is {error.message.removeprefix('the result is ')}")
        return Reason("; ".join(other_methods(job, result)), computed(job, result))

    def _changed_input(self, job: Job, entry: JobEntry) -> Reason:
        with suppress(ResultsError):
            result = self.store.glance(entry.id)
            now = {**job.input.fields, "expected answer": job.input.expect}
            then = {**result.fields, "expected answer": result.expect}
            names = [name for name in now | then if now.get(name) != then.get(name)]
            if not names:  # a run that did not record what was explained
                return Reason("; ".join(other_methods(job, result)), computed(job, result))
            return Reason(f"its {' and '.join(names)} changed")
        return Reason(NEW_INPUT)


def _last_run(store: Store) -> RunManifest | None:
    try:
        return read_run(store)
    except ResultsError:
        return None


def computed(job: Job, earlier: JobResult) -> tuple[str, ...] | None:
    """Return the methods of which an earlier result has nothing; ``None`` where it has none."""
    taken = reusable(job.methods, earlier)
    return tuple(m.name for m in job.methods if m.name not in taken) if taken else None


def changes(before: Manifest | None, seed: int, model: PlannedModel) -> Iterator[str]:
    """Yield what changed that decides all results of a model."""
    if before is None:
        return
    versions = [("reportgen", before.reportgen, __version__)]
    versions += [("the format of results", str(before.format), str(FORMAT))]
    versions += [
        (name, before.libraries.get(name, ABSENT), library_version(name) or ABSENT)
        for name in LIBRARIES
    ]
    yield from (f"{name} {then} -> {now}" for name, then, now in versions if then != now)
    if before.seed != seed:
        yield f"the seed changed from {before.seed} to {seed}"
    info = next((info for info in before.models if info.id == model.spec.id), None)
    if info is None:
        yield "the model is new"
        return
    if info.weights_sha256 != model.weights_sha256:
        yield "the model's weights changed"
    if info.tokenizer_sha256 != model.tokenizer_sha256:
        yield "the model's tokenizer or configuration changed"
    if info.task != model.task:
        yield f"task changed from {info.task} to {model.task}"
    given = before.spec.get("models", [])
    then: dict[str, Any] = next((one for one in given if one.get("id") == model.spec.id), {})
    yield from changed(then, {name: getattr(model.spec, name) for name in READING})


def other_methods(job: Job, before: JobResult) -> Iterator[str]:
    """Yield how the methods of a job differ from those of an earlier result."""
    ids = finding_ids(job.methods)
    for method in job.methods:
        name = method.name
        if name not in before.settings:
            yield f"method {name} was added"
        elif name not in before.asked or before.asked[name].id != ids[name]:
            now, then = settings(method), before.settings[name]
            if now.get("baseline") == "auto":  # a result has what that became
                now.pop("baseline")
            yield from (f"{name}: {text}" for text in changed(then, now))
    yield from (f"method {name} was removed" for name in before.settings if name not in ids)


def changed(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Yield the settings that are another now, of those that were known then."""
    for name, value in now.items():
        if name in then and then[name] != value:
            yield f"{name} changed from {plain(then[name])} to {plain(value)}"


def plain(value: Any) -> str:
    """Write a setting as a spec does."""
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}: {plain(one)}' for name, one in value.items())}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(plain, value))}]"
    return str(value)
