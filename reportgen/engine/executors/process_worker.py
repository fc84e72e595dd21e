"""The other side of ``processes.py``: a process that runs the chunks it is sent."""

from __future__ import annotations

import os
from multiprocessing.connection import Connection
from queue import SimpleQueue
from threading import Thread
from typing import Any

import torch

from reportgen.engine import memory
from reportgen.engine.executors.chunk_runner import ChunkRunner, portable


def serve(connection: Connection) -> None:
    """Run chunks until there are no more, and tell of each job; end when the parent has."""
    store, threads, workers = connection.recv()
    if threads is not None:
        torch.set_num_threads(threads)
    memory.share(workers)
    runner = ChunkRunner(store)
    chunks: SimpleQueue[Any] = SimpleQueue()
    Thread(target=receive, args=(connection, chunks), daemon=True).start()
    while True:
        jobs, compare = chunks.get()
        try:
            if not runner.has_loaded(jobs[0]):
                connection.send(("loading",))
                runner.load(jobs[0])
                connection.send(("loaded",))
            numbers = {id(job): number for number, job in enumerate(jobs)}
            for done in runner.run(jobs, compare=compare):
                connection.send(("finished", numbers[id(done.job)], done.status, done.info))
            connection.send(("done",))
        except (BrokenPipeError, ConnectionResetError):
            os._exit(1)
        except Exception as error:  # results cannot be written
            connection.send(("raised", portable(error)))


def receive(connection: Connection, chunks: SimpleQueue[Any]) -> None:
    """Take chunks while others are run, so that the parent never waits; end when it has."""
    while True:
        try:
            chunks.put(connection.recv())
        except (EOFError, OSError):
            os._exit(0)
