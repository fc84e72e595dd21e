"""Jobs from an iterator in windows, and in chunks of like length for workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice

from reportgen.jobs import Job

WINDOW = 1024
"""Jobs that are held, and sorted by length, at one time."""

CHUNK = 32
"""Jobs that a worker is given at one time, at most: it explains up to 16 inputs together."""


def windows(jobs: Iterable[Job], size: int | None = None) -> Iterator[list[Job]]:
    """Cut jobs into lists of ``size``, by default ``WINDOW``, read when they are needed."""
    iterator = iter(jobs)
    while window := list(islice(iterator, size or WINDOW)):
        yield window


def chunks(jobs: Iterable[Job], workers: int) -> Iterator[list[Job]]:
    """Cut the jobs of each model into chunks, so that those of a chunk are of like length.

    A window is shared out to all ``workers``, twice at least, however small it is.
    """
    for _, mine in groupby(jobs, key=lambda job: job.model):
        for window in windows(mine, max(WINDOW, 2 * CHUNK * workers)):
            size = min(CHUNK, -(-len(window) // (2 * workers)))
            yield from windows(sorted(window, key=characters), size)


def characters(job: Job) -> int:
    """Return how long an input is, about, before it is tokenised."""
    return sum(len(str(text)) for text in job.input.fields.values())
