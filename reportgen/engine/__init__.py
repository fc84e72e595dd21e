"""The engine: runs the jobs of a plan and writes their results. The only part with torch.

It is loaded only once there is something to run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from reportgen.engine.events import Event, Loading, Progress
from reportgen.engine.manifest import make_manifest, model_info, read_picture
from reportgen.engine.tally import Tally
from reportgen.errors import ReportgenError, ResultsError
from reportgen.executor import Executor
from reportgen.jobs import Job
from reportgen.plan import Plan
from reportgen.results.earlier import Earlier
from reportgen.results.journal import Journal, RunManifest, read_run, sweep_journals
from reportgen.results.model import LARGE_RUN, Manifest, ModelInfo, Picture
from reportgen.results.store import Store

__all__ = ["Event", "Progress", "run"]


def run(
    plan: Plan,
    store: Store,
    command: str = "",
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> Manifest:
    """Run the jobs of ``plan`` that ``store`` has no result of, and write the manifest.

    What the last run found by the same methods for the same input is taken over, so that a job
    computes only what is new. A model without anything to compute is not loaded. An input or a
    model that fails becomes an error result, and the run goes on. A journal beside the results
    tells what is done while it does. However the run ends, Ctrl-C included, the manifest names
    every result that is known, and the next run does the rest. Where nothing was left to do and
    nothing has changed, no file is touched. What killed runs were writing is removed.
    """
    logo = read_picture(plan.spec)  # before anything is run: what is wrong with it is said at once
    with store.in_use():
        store.note_files()
        return run_missing(plan, store, command, progress, logo, executor)


def run_missing(
    plan: Plan,
    store: Store,
    command: str,
    progress: Progress | None,
    logo: Picture | None,
    executor: Executor | None,
) -> Manifest:
    previous = read_previous(store)
    sealed = previous.sealed if previous else None
    infos = list(previous.manifest.models) if previous else []
    journal = Journal(store)

    def begun() -> Manifest:
        return make_manifest(plan, command, (), infos, logo, planned=len(plan.jobs))

    tally = Tally(plan, store, journal, begun, sealed)
    try:
        earlier = Earlier(sealed, previous.manifest if previous else None)
        run_jobs(plan, store, tally, earlier, infos, progress, executor)
        manifest = make_manifest(plan, command, tally.entries(), infos, logo)
    except BaseException:
        with contextlib.suppress(ReportgenError):  # why it ended is what is told
            keep_unfinished(plan, store, journal, sealed)
        raise
    if sealed is not None and not journal.began and unchanged(sealed, manifest):
        manifest = sealed
    else:
        store.write_manifest(manifest)
    if journal.began:
        journal.remove()
    sweep_journals(store, plan.spec_sha256)
    return manifest


def run_jobs(
    plan: Plan,
    store: Store,
    tally: Tally,
    earlier: Earlier,
    infos: list[ModelInfo],
    progress: Progress | None,
    executor: Executor | None,
) -> None:
    """Run what is missing; put what is learnt of the models before the other ``infos``.

    The jobs of a large run are looked at while it goes on: how many are to run shrinks to what
    is missing.
    """
    missing: Iterator[Job] = tally.missing()
    if len(plan.jobs) <= LARGE_RUN:
        missing = iter(list(missing))
    event = Event("started", 0, len(plan.jobs) - tally.settled)
    notify(progress, event)
    first = next(missing, None)
    if first is None:
        return
    from reportgen.engine.executors import execute  # loads torch
    from reportgen.engine.reuse import run_rest, with_earlier

    asked = with_earlier(chain([first], missing), earlier)
    for step in run_rest(asked, store, lambda rest: execute(rest, store, executor)):
        total = len(plan.jobs) - tally.settled
        if isinstance(step, Loading):
            event = replace(event, kind="loading", total=total, model=step.model, job=None)
        else:
            if step.info is not None and step.info not in infos:
                infos.insert(0, step.info)
                tally.note_model(step.info)
            tally.end(step.job, step.status)
            done = event.done + 1
            event = replace(event, kind=step.status, done=done, total=total, job=step.job)
        notify(progress, event)


def keep_unfinished(plan: Plan, store: Store, journal: Journal, sealed: Manifest | None) -> None:
    """Seal what is known of a run that was interrupted, if it has done anything.

    Beside the manifest of another spec the journal stays: what that names can still be taken over.
    """
    if not journal.began:
        return
    journal.close()
    if sealed is None or sealed.spec_sha256 == plan.spec_sha256:
        manifest = read_run(store).manifest
        models = tuple(model_info(plan, planned, manifest.models) for planned in plan.models)
        store.write_manifest(manifest.model_copy(update={"models": models}))
        journal.remove()


def notify(progress: Progress | None, event: Event) -> None:
    if progress is not None:
        progress(event)


def read_previous(store: Store) -> RunManifest | None:
    try:
        return read_run(store)
    except ResultsError:
        return None


def unchanged(previous: Manifest, manifest: Manifest) -> bool:
    """Tell whether two manifests differ in nothing but when and how the run was started."""
    run_only = {"created", "command"}
    return previous.model_dump(exclude=run_only) == manifest.model_dump(exclude=run_only)
