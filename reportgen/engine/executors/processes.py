"""Run jobs in several processes of this machine, which share its cores."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from typing import Any

from reportgen.engine.events import Finished, Loading
from reportgen.engine.executors.chunk_runner import lost, require_shared
from reportgen.engine.executors.windows import chunks
from reportgen.engine.failures import failed
from reportgen.errors import ModelError
from reportgen.jobs import Job, PlannedModel
from reportgen.results.model import ModelInfo
from reportgen.results.store import Store

AHEAD = 2
"""Chunks that a worker has at one time: when it has done one, it need not wait for the next."""

TRIES = 2
"""How many workers may die of a chunk before its inputs are tried one by one, and of one input."""

CHILD = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
from multiprocessing.connection import Connection
connection = Connection(int(sys.argv[1]))
sys.path[:] = connection.recv()
from reportgen.engine.executors.process_worker import serve
serve(connection)
"""
"""What a worker runs: not the main module of this process, which may be anybody's script. Ctrl-C
goes to all processes of a terminal, and it is this one that ends its workers."""


@dataclass(eq=False)
class PoolChunk:
    """Jobs of one model for a worker; those that have ended are ``None``."""

    jobs: list[Job | None]
    compare: bool
    tries: int = 0

    @property
    def left(self) -> list[Job]:
        return [job for job in self.jobs if job is not None]

    @property
    def model(self) -> PlannedModel:
        return self.left[0].model


@dataclass(eq=False)
class WorkerProcess:
    """A process that runs chunks, and those it was given, the one it works at first."""

    process: subprocess.Popen[bytes]
    connection: Connection
    given: deque[PoolChunk] = field(default_factory=deque)
    loaded: bool = False
    """Whether it has loaded the model of the chunk that it works at."""


def execute(jobs: Iterable[Job], store: Store, workers: int) -> Iterator[Loading | Finished]:
    """Run ``jobs`` in ``workers`` processes; none is left running, however this ends.

    A worker that dies is replaced. What it had not finished of its chunk is given to a fresh one,
    and to others input by input where that dies, too: so one input that kills workers is an error
    result, and the others are done. Where workers die while they load a model, fewer go on; where
    the last one does, the rest of its jobs are errors.
    """
    pool = Pool(store, workers)
    try:
        yield from pool.run(chunks(jobs, workers))
    finally:
        pool.end()


class Pool:
    """The worker processes of a run, and what they have still to do."""

    def __init__(self, store: Store, size: int) -> None:
        self.store, self.size, self.asked = store, size, size
        self.workers: list[WorkerProcess] = []
        self.again: deque[PoolChunk] = deque()
        self.died_loading = 0
        self.shared = False  # whether a result of theirs was found here
        self.model: PlannedModel | None = None
        self.given_up: dict[str, ModelError] = {}
        """Models, by id, that no worker lives to load."""

    def run(self, chunks: Iterator[list[Job]]) -> Iterator[Loading | Finished]:
        source = self.shares(chunks)
        upcoming = next(source, None)
        while upcoming or self.again or any(worker.given for worker in self.workers):
            while upcoming and not self.again:
                lost_model = upcoming.model.spec.id in self.given_up
                worker = None if lost_model else self.free(upcoming)
                if lost_model:
                    yield from self.fail(upcoming)
                elif worker is None:
                    break
                else:
                    if upcoming.model != self.model:
                        self.model, self.died_loading, self.size = upcoming.model, 0, self.asked
                        yield Loading(self.model.spec.id)
                    self.give(worker, upcoming)
                upcoming = next(source, None)
            while self.again and (worker := self.free(self.again[0])):
                self.give(worker, self.again.popleft())
            for worker in self.waiting():
                yield from self.listen(worker)

    def shares(self, chunks: Iterator[list[Job]]) -> Iterator[PoolChunk]:
        model = None
        for chunk in chunks:
            yield PoolChunk(list(chunk), compare=chunk[0].model != model)
            model = chunk[0].model

    def free(self, share: PoolChunk) -> WorkerProcess | None:
        """Return the worker with the fewest chunks, started where one is missing.

        What is tried again waits for one that has nothing else, which would be lost with it.
        """
        if len(self.workers) < self.size and all(worker.given for worker in self.workers):
            self.workers.append(start(self.store, self.size))
        worker = min(self.workers, key=lambda worker: len(worker.given))
        most = 1 if share.tries or (worker.given and worker.given[0].tries) else AHEAD
        return worker if len(worker.given) < most else None

    def give(self, worker: WorkerProcess, share: PoolChunk) -> None:
        share.jobs = share.left  # type: ignore[assignment]
        with suppress(OSError):  # it has died, which is seen when it is listened to
            worker.connection.send((share.jobs, share.compare))
        worker.given.append(share)

    def waiting(self) -> list[WorkerProcess]:
        """Return the workers that have something to say, or have died; wait for one."""
        ready = wait([worker.connection for worker in self.workers])
        return [worker for worker in self.workers if worker.connection in ready]

    def listen(self, worker: WorkerProcess) -> Iterator[Finished]:
        try:
            kind, *about = worker.connection.recv()
        except (EOFError, OSError):
            yield from self.bury(worker)
            return
        if kind == "raised":
            raise about[0]
        share = worker.given[0]
        if kind == "loading":
            worker.loaded = False
        elif kind == "loaded":
            worker.loaded = True
        elif kind == "done":
            worker.given.popleft()
        else:
            yield self.finished(share, *about)

    def finished(
        self,
        share: PoolChunk,
        number: int,
        status: Any,
        info: ModelInfo | None,
    ) -> Finished:
        job = share.jobs[number]
        assert job is not None
        share.jobs[number] = None
        done = Finished(job, status, info)
        if not self.shared:
            require_shared(self.store, done)
            self.shared = status == "done"
        return done

    def bury(self, worker: WorkerProcess) -> Iterator[Finished]:
        """Take back what a worker that died was given, or give it up."""
        self.workers.remove(worker)
        worker.connection.close()
        how = ending(worker.process.wait())
        first, *others = worker.given or [None]
        self.again.extend(share for share in others if share and share.left)
        if first is None or not first.left:
            return
        if not worker.loaded:
            self.died_loading += 1
            self.again.appendleft(first)
            if self.died_loading % TRIES == 0:
                self.size -= 1
            if not self.size:
                self.given_up[first.model.spec.id] = ModelError(
                    f"every worker that loaded the model ended: {how}",
                    where=first.model.where,
                    hint="most often memory runs out: use fewer workers, or dtype: bfloat16",
                )
                self.size = 1
                for share in self.again:
                    yield from self.fail(share)
                self.again.clear()
            return
        first.tries += 1
        if first.tries < TRIES:
            self.again.appendleft(first)
        elif len(first.left) > 1:
            self.again.extendleft(PoolChunk([job], first.compare, tries=1) for job in first.left)
        else:
            yield lost(first.left[0], self.store, how)

    def fail(self, share: PoolChunk) -> Iterator[Finished]:
        """Write that jobs of a model that is given up cannot be run."""
        for job in share.left:
            self.store.write(failed(job, self.given_up[job.model.spec.id]), {})
            yield Finished(job, "error", None)

    def end(self) -> None:
        """End all workers, and wait until they have."""
        for worker in self.workers:
            if worker.given:  # a run that was interrupted
                worker.process.kill()
            worker.connection.close()  # by which one that waits ends
        for worker in self.workers:
            try:
                worker.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()


def start(store: Store, workers: int) -> WorkerProcess:
    """Start a worker, one of so many."""
    ours, theirs = Pipe()
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
    finally:
        theirs.close()
    ours.send(sys.path)
    ours.send((store, threads(workers), workers))
    return WorkerProcess(process, ours)


def threads(workers: int) -> int | None:
    """Return the threads of one worker of so many; ``None`` where the environment says it."""
    if "OMP_NUM_THREADS" in os.environ:
        return None
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, cores // workers)


def ending(code: int) -> str:
    """Say how a process ended."""
    if code >= 0:
        return f"with exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
