"""The feed: an actor that has the chunks of jobs on their way, and a dataset of what it has.

Nothing here knows what is in a chunk, so that the feed's process loads neither torch nor models.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, cast

import pyarrow as pa
import ray
import ray.data

# Sent as code, not by name: to import it by its name would load the engine, and torch with it.
ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])


def start_feed() -> Any:
    """Start the actor, which takes no core."""
    return cast(Any, ray.remote(Feed)).options(num_cpus=0, max_concurrency=1000).remote()


class Feed:
    """The chunks that have not ended, by their number; an actor, which never computes."""

    def __init__(self) -> None:
        import asyncio

        self.chunks: dict[int, bytes] = {}
        self.total: int | None = None
        self.known: set[int] = set()  # also those that have ended
        self.begun: dict[tuple[int, int | None], int] = {}
        self.loads, self.loaded = 0, False
        self.news = asyncio.Condition()

    async def put(self, number: int, chunk: bytes) -> None:
        async with self.news:
            self.chunks[number] = chunk  # calls need not come in the order in which they were made
            self.known.add(number)
            self.news.notify_all()

    async def end(self, total: int) -> None:
        """Say that there are no more than so many chunks."""
        async with self.news:
            self.total = total
            self.news.notify_all()

    async def take(self, number: int) -> bytes | None:
        """Return a chunk, nothing of one that has ended, ``None`` after the last; wait for it."""
        async with self.news:
            await self.news.wait_for(lambda: number in self.known or number == self.total)
        return self.chunks.get(number, b"") if number in self.known else None

    async def drop(self, number: int) -> None:
        """Forget a chunk that has ended."""
        self.chunks.pop(number, None)
        for key in [key for key in self.begun if key[0] == number]:
            del self.begun[key]

    async def begin(self, number: int, job: int | None = None) -> int:
        """Note that a chunk, or one job of it, is begun; return how often it has been."""
        key = (number, job)
        self.begun[key] = self.begun.get(key, 0) + 1
        return self.begun[key]

    async def may_load(self, most: int) -> bool:
        """Tell whether to load the model, which workers that died may have tried before."""
        self.loads += 1
        return self.loaded or self.loads <= most

    async def has_loaded(self) -> None:
        self.loaded = True


class FeedSource(ray.data.Datasource):
    """Chunks as a dataset of one row for each, read as they are fed."""

    def __init__(self, feed: Any) -> None:
        super().__init__()
        self.feed = feed

    def estimate_inmemory_data_size(self) -> int | None:
        return None

    def get_read_tasks(self, *_: Any, **__: Any) -> list[ray.data.ReadTask]:
        feed = self.feed

        def read() -> Iterator[pa.Table]:
            number = 0
            while (chunk := ray.get(feed.take.remote(number))) is not None:
                yield pa.table({"number": [number], "chunk": pa.array([chunk], pa.binary())})
                number += 1

        about = ray.data.block.BlockMetadata(
            num_rows=None, size_bytes=None, input_files=None, exec_stats=None
        )
        return [ray.data.ReadTask(read, about)]
