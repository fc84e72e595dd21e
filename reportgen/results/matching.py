"""Which results of two runs are about the same input, by what it says."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass

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


def match(before: Side, after: Side) -> Matched:
    """Pair results by the content of their inputs; of equal inputs the first with the first."""
    waiting: dict[Content, list[JobResult]] = defaultdict(list)
    for result in before.job_results:
        waiting[content(result)].append(result)
    pairs, new = [], []
    for result in after.job_results:
        same = waiting[content(result)]
        if same:
            pairs.append((same.pop(0), result))
        else:
            new.append(result)
    gone = (result for left in waiting.values() for result in left)
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
