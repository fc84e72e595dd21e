"""Run jobs on a Ray cluster: Ray Data's actor pool, with one stateful worker class per model.

Jobs go to the cluster in chunks, by way of an actor (``ray_feed.py``) that counts how often each
was begun. So what Ray does again after it lost a process or a node skips the jobs that have a
result, and an input that kills its workers becomes an error.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import ray
import ray.data

from reportgen.engine import memory
from reportgen.engine.events import Finished, Loading, Status
from reportgen.engine.executors.chunk_runner import ChunkRunner, lost, portable, require_shared
from reportgen.engine.executors.ray_cluster import Cluster, connected, quiet_data
from reportgen.engine.executors.ray_feed import FeedSource, start_feed
from reportgen.engine.executors.windows import CHUNK, chunks
from reportgen.errors import ModelError
from reportgen.executor import Executor
from reportgen.jobs import Job
from reportgen.results.model import ModelInfo
from reportgen.results.store import Store

TRIES = 2
"""How often a chunk is begun before its jobs are begun one by one, each of them once."""

KILLED = "it was killed, or its machine was lost"

AHEAD = 4
"""Chunks for each worker that are on their way at one time."""

ROW = pa.schema({"chunk": pa.int64(), "ended": pa.binary()})
"""What comes back of a chunk: its number, and how each of its jobs ended (``told``)."""


def execute(jobs: Iterable[Job], store: Store, executor: Executor) -> Iterator[Loading | Finished]:
    """Run ``jobs`` on a cluster; one that was started for them is stopped, however this ends."""
    with connected(executor) as cluster:
        for planned, mine in groupby(jobs, key=lambda job: job.model):
            yield Loading(planned.spec.id)
            yield from run_model(mine, store, cluster)


def run_model(jobs: Iterator[Job], store: Store, cluster: Cluster) -> Iterator[Finished]:
    """Run the jobs of one model: keep some chunks on their way, and tell what comes back."""
    feed = start_feed()
    source, fed, shared = chunks(jobs, cluster.workers), 0, False
    under_way: dict[int, list[Job]] = {}
    rows = results(feed, store, cluster)
    try:
        info: ModelInfo | None = None
        while True:
            while len(under_way) < AHEAD * cluster.workers and (chunk := next(source, None)):
                under_way[fed] = chunk
                feed.put.remote(fed, pickle.dumps(chunk))
                fed += 1
            if not under_way:
                break
            number, ended = next(rows)
            if isinstance(ended, Exception):
                raise ended
            chunk, (statuses, loaded) = under_way.pop(number), ended
            info = loaded or info
            for at, status in statuses:
                done = Finished(chunk[at], status, info)
                if not shared:
                    require_shared(store, done)
                    shared = status == "done"
                yield done
            feed.drop.remote(number)
        feed.end.remote(fed)
        for _ in rows:
            pass
    finally:
        rows.close()
        with suppress(Exception):
            ray.kill(feed)


def results(feed: Any, store: Store, cluster: Cluster) -> Generator[tuple[int, Any], None, None]:
    """Return what comes back of the chunks that the feed is given: its number, and what is told."""
    with quiet_data():
        data = ray.data.read_datasource(FeedSource(feed), override_num_blocks=1, num_cpus=0)
        data = data.map_batches(
            RayWorker,
            fn_constructor_args=(feed, store, os.getcwd(), cluster.sharing),
            batch_size=1,
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(size=cluster.workers),
            num_cpus=cluster.cpus_per_worker,
            num_gpus=cluster.gpus_per_worker or None,
        )
        batches = data.iter_batches(batch_size=None, prefetch_batches=0, batch_format="pyarrow")
    for table in batches:
        for row in table.to_pylist():
            yield row["chunk"], pickle.loads(row["ended"])


class RayWorker:
    """An actor of the pool: it loads the model with its first chunk and writes results itself."""

    def __init__(self, feed: Any, store: Store, folder: str, sharing: int) -> None:
        if Path(folder).is_dir():  # relative paths mean the same here as for who started this
            os.chdir(folder)
        memory.share(sharing)
        self.feed, self.sharing = feed, sharing
        self.runner = ChunkRunner(store)

    def __call__(self, batch: pa.Table) -> pa.Table:
        """Run a chunk, a table of one row, and tell how its jobs ended in another."""
        number, data = batch["number"][0].as_py(), batch["chunk"][0].as_py()
        if not data:  # it has ended, and Ray reads it again after a loss
            return ROW.empty_table()
        ended = pickle.dumps(self.told(number, pickle.loads(data)))
        return pa.table({"chunk": [number], "ended": [ended]}, schema=ROW)

    def told(
        self, number: int, jobs: list[Job]
    ) -> tuple[list[tuple[int, Status]], ModelInfo | None] | Exception:
        """Run a chunk; return each job's place in it and status, and what its model is.

        Of results that cannot be written return the error.
        """
        places = {id(job): at for at, job in enumerate(jobs)}
        statuses, info = [], None
        try:
            for done in self.run(number, jobs):
                statuses.append((places[id(done.job)], done.status))
                info = done.info or info
        except Exception as error:
            return portable(error)
        return statuses, info

    def run(self, number: int, jobs: list[Job]) -> Iterator[Finished]:
        begun = ray.get(self.feed.begin.remote(number))
        left = jobs
        if begun > 1:  # a worker died of this
            store = self.runner.store
            ended = [store.has(job.id) for job in jobs]
            yield from (
                Finished(job, "done", None) for job, has in zip(jobs, ended, strict=True) if has
            )
            left = [job for job, has in zip(jobs, ended, strict=True) if not has]
        if not left:
            return
        if begun > TRIES + CHUNK + TRIES:
            yield from (lost(job, self.runner.store, KILLED) for job in left)
            return
        self.load(left[0])
        if begun <= TRIES:
            yield from self.runner.run(left, compare=number == 0)
            return
        for at, job in enumerate(jobs):
            if any(job is other for other in left):
                if ray.get(self.feed.begin.remote(number, at)) > 1:
                    yield lost(job, self.runner.store, KILLED)
                else:
                    yield from self.runner.run([job], compare=number == 0)

    def load(self, job: Job) -> None:
        if self.runner.has_loaded(job):
            return
        if ray.get(self.feed.may_load.remote(TRIES * self.sharing)):
            self.runner.load(job)
            ray.get(self.feed.has_loaded.remote())
        else:
            self.runner.give_up(
                job,
                ModelError(
                    f"every worker that loaded the model ended: {KILLED}",
                    where=job.model.where,
                    hint="most often memory runs out: use fewer workers, or dtype: bfloat16",
                ),
            )
