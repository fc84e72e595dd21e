"""Run jobs one after another in this process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from reportgen.engine.events import Finished, Loading
from reportgen.engine.job import explain, failed
from reportgen.engine.loading import quiet
from reportgen.engine.models import LoadedModel, load
from reportgen.plan import Job
from reportgen.results.model import JobResult
from reportgen.results.store import Store


def execute(jobs: Sequence[Job], store: Store) -> Iterator[Loading | Finished]:
    """Run ``jobs``, grouped by model, and write each result as soon as it is there.

    What goes wrong in a job becomes its error result, and the next job runs; a model that
    cannot be loaded fails all its jobs.
    """
    for planned, group in groupby(jobs, key=lambda job: job.model):
        yield Loading(planned.spec.id)
        mine = list(group)
        try:
            loaded = load(planned, mine[0].seed)
        except Exception as error:
            for job in mine:
                store.write(failed(job, error), {})
                yield Finished(job, "error", None)
            continue
        for job in mine:
            result = run_job(loaded, job, store)
            yield Finished(job, result.status, loaded.info)
        del loaded  # two models need not fit in memory


def run_job(loaded: LoadedModel, job: Job, store: Store) -> JobResult:
    try:
        with quiet():
            result, arrays = explain(loaded, job)
    except Exception as error:  # one bad input must not cost the others their results
        result, arrays = failed(job, error), {}
    store.write(result, arrays)
    return result
