"""Which results of two runs are about the same input, by what it says."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from reportgen.results.model import JobResult, ModelInfo
from reportgen.results.stored_run import StoredRun

Content = tuple[str, tuple[tuple[str, str], ...]]
"""A task and the fields of an input."""


@dataclass(frozen=True)
class Side:
    """One model of one run."""

    results: StoredRun
    model: str

    @property
    def info(self) -> ModelInfo:
        return next(info for info in self.results.manifest.models if info.id == self.model)

    @property
    def job_results(self) -> tuple[JobResult, ...]:
        """What the model said, in the order of the inputs."""
        found = [r for entry, r in self.results.entries if entry.model == self.model]
        return tuple(sorted(found, key=lambda result: result.input))


@dataclass(frozen=True)
class Matched:
    """Results of the same inputs in pairs, and those of inputs that one side has not."""

    pairs: tuple[tuple[JobResult, JobResult], ...]
    new: tuple[JobResult, ...]
    gone: tuple[JobResult, ...]


def content(result: JobResult) -> Content:
    """Return what makes two inputs the same: their task and their text, wherever they stand."""
    return result.task, tuple(sorted(result.fields.items()))


def fingerprint(of: Content) -> bytes:
    """Return a hash of an input's content, which takes less room than its texts."""
    return hashlib.sha256(repr(of).encode(errors="surrogatepass")).digest()[:16]


Item = TypeVar("Item")


def pair_alike(
    before: Iterable[tuple[Content, Item]], after: Iterable[tuple[Content, Item]]
) -> tuple[list[tuple[Item, Item]], list[Item], list[Item]]:
    """Pair what has the same content, of equal ones the first with the first.

    Returns the pairs, what only ``after`` has, and what only ``before`` has.
    """
    waiting: dict[Content, list[Item]] = defaultdict(list)
    for key, item in before:
        waiting[key].append(item)
    pairs, new = [], []
    for key, item in after:
        same = waiting[key]
        if same:
            pairs.append((same.pop(0), item))
        else:
            new.append(item)
    return pairs, new, [item for left in waiting.values() for item in left]


def match(before: Side, after: Side) -> Matched:
    """Pair results by the content of their inputs; of equal inputs the first with the first."""
    pairs, new, gone = pair_alike(
        *(((content(result), result) for result in side.job_results) for side in (before, after))
    )
    return Matched(tuple(pairs), tuple(new), tuple(sorted(gone, key=lambda result: result.input)))


def pair_models(
    base: StoredRun, head: StoredRun
) -> tuple[tuple[tuple[Side, Side], ...], tuple[str, ...], tuple[str, ...]]:
    """Return the models of two runs in pairs, and the ids of those only head, or base, has.

    Models are paired by id; where each run has but one, these two.
    """
    before, after = ([info.id for info in run.manifest.models] for run in (base, head))
    if len(before) == len(after) == 1:
        return ((Side(base, before[0]), Side(head, after[0])),), (), ()
    pairs = tuple((Side(base, name), Side(head, name)) for name in after if name in before)
    new = tuple(name for name in after if name not in before)
    return pairs, new, tuple(name for name in before if name not in after)
