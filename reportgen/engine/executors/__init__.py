"""Where jobs run. Every executor takes the same jobs and writes the same result files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reportgen.engine.events import Finished, Loading
from reportgen.engine.executors import local
from reportgen.executor import RAY, Executor
from reportgen.jobs import Job
from reportgen.results.store import Store


def execute(
    jobs: Iterable[Job], store: Store, executor: Executor | None = None
) -> Iterator[Loading | Finished]:
    """Run ``jobs``, those of one model after the other, and write each result when it is there.

    They are taken from their iterator as they are needed, a window at a time. What goes wrong in a
    job becomes its error result, and the next job runs; a model that cannot be loaded fails all
    its jobs. Raises ``ReportgenError`` where results cannot be written, or workers not be had.
    """
    executor = executor or Executor()
    if executor.name == RAY:
        from reportgen.engine.executors import ray_data  # Ray may not be installed

        yield from ray_data.execute(jobs, store, executor)
    elif executor.workers > 1:
        from reportgen.engine.executors import processes

        yield from processes.execute(jobs, store, executor.workers)
    else:
        yield from local.execute(jobs, store)
