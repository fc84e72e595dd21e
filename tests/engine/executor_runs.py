"""Jobs of tiny models for the tests of executors, and what is asked of every one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from deadly import Deadly
from reportgen.engine.events import Finished, Loading
from reportgen.engine.executors import execute
from reportgen.executor import Executor
from reportgen.jobs import Job
from reportgen.results.store import Store
from tiny_models import make_methods, make_plan, plan_model

METHODS = make_methods("integrated_gradients", "attention")


def make_jobs(folders: Sequence[Path], amount: int, **settings: object) -> tuple[Job, ...]:
    """Return the jobs of texts of different lengths, for each of the models."""
    inputs = [{"text": " ".join(["great"] * (1 + i % 7) + ["bad"] * i)} for i in range(amount)]
    models = [
        plan_model(folder, **settings) if n == 0 else plan_model(folder, **settings, id=f"m{n}")
        for n, folder in enumerate(folders)
    ]
    return make_plan(models, inputs, METHODS).jobs


def deadly(job: Job, lives: Path, most: int) -> Job:
    """Return the job, but let its input kill so many workers."""
    lives.mkdir(exist_ok=True)
    return replace(job, input=replace(job.input, fields=Deadly(job.input.fields, lives, most)))


def run_all(
    jobs: Iterable[Job], store: Store, executor: Executor
) -> tuple[list[str], list[Finished]]:
    """Return the ids of the models that were loaded, and the ends of jobs, in their order."""
    steps = list(execute(iter(jobs), store, executor))
    loads = [step.model for step in steps if isinstance(step, Loading)]
    return loads, [step for step in steps if isinstance(step, Finished)]


def assert_same(jobs: Sequence[Job], store: Store, other: Store) -> None:
    """Assert that two stores have the same results of ``jobs``, but for rounding."""
    for job in jobs:
        mine, theirs = store.read_header(job.id), other.read_header(job.id)
        assert mine.status == theirs.status == "done"
        assert mine.tokens == theirs.tokens
        assert store.array_names(job.id) == other.array_names(job.id) != []
        for name in store.array_names(job.id):
            array, expected = store.read_array(job.id, name), other.read_array(job.id, name)
            largest = np.abs(expected[np.isfinite(expected)]).max(initial=0)
            np.testing.assert_allclose(array, expected, rtol=0, atol=1e-5 * largest)


def counting(jobs: Iterable[Job], taken: list[Job]) -> Iterator[Job]:
    """Yield jobs, and note which were taken."""
    for job in jobs:
        taken.append(job)
        yield job
