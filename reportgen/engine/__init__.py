"""The engine: runs the jobs of a plan and writes their results. The only part with torch."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from reportgen.engine.events import Event, Loading, Progress
from reportgen.engine.executors.local import execute
from reportgen.engine.manifest import make_manifest, read_picture
from reportgen.errors import ResultsError
from reportgen.plan import Plan
from reportgen.results.files import sweep_temporary, using
from reportgen.results.model import Manifest, Picture
from reportgen.results.store import Store

__all__ = ["Event", "Progress", "run"]


def run(plan: Plan, store: Store, command: str = "", progress: Progress | None = None) -> Manifest:
    """Run the jobs of ``plan`` that ``store`` has no result of, and write the manifest.

    A model without such a job is not loaded. An input or a model that fails becomes an error
    result, and the run goes on. However the run ends, Ctrl-C included, the manifest names
    every result there is, and the next run does the rest. Where nothing was left to do and
    nothing has changed, no file is touched. What killed runs were writing is removed.
    """
    logo = read_picture(plan.spec)  # before anything is run: what is wrong with it is said at once
    with using(store.folder):
        sweep_temporary(store.folder)
        return run_missing(plan, store, command, progress, logo)


def run_missing(
    plan: Plan, store: Store, command: str, progress: Progress | None, logo: Picture | None
) -> Manifest:
    previous = read_previous(store)
    statuses: dict[str, Literal["done", "error"]] = {
        job.id: "done" for job in plan.jobs if store.has(job.id)
    }
    # Two inputs with the same text are one job: its id says all that decides the result.
    missing = list(
        {job.id: job for job in plan.jobs if plan.asks_for(job) and job.id not in statuses}.values()
    )
    infos = list(previous.models) if previous else []
    event = Event("started", 0, len(missing))
    try:
        notify(progress, event)
        for step in execute(missing, store):
            if isinstance(step, Loading):
                event = replace(event, kind="loading", model=step.model, job=None)
            else:
                statuses[step.job.id] = step.status
                if step.info is not None:
                    infos.insert(0, step.info)
                event = replace(event, kind=step.status, done=event.done + 1, job=step.job)
            notify(progress, event)
    finally:
        manifest = make_manifest(plan, command, statuses, infos, logo)
        if previous is not None and not missing and unchanged(previous, manifest):
            manifest = previous
        else:
            store.write_manifest(manifest)
    return manifest


def notify(progress: Progress | None, event: Event) -> None:
    if progress is not None:
        progress(event)


def read_previous(store: Store) -> Manifest | None:
    try:
        return store.read_manifest()
    except ResultsError:
        return None


def unchanged(previous: Manifest, manifest: Manifest) -> bool:
    """Tell whether two manifests differ in nothing but when and how the run was started."""
    run_only = {"created", "command"}
    return previous.model_dump(exclude=run_only) == manifest.model_dump(exclude=run_only)
