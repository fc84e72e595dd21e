"""How much memory there is, and what is said where it runs out."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import torch

from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.errors import InputError

Item = TypeVar("Item")
Found = TypeVar("Found")

FALLBACK_BYTES = 4 << 30
"""What is taken to be free where the system does not say."""


def free_bytes(device: torch.device) -> int:
    """Return how much memory is free on ``device``."""
    if device.type == "cuda":
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + unused  # torch keeps what it no longer uses
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if "MemAvailable" in line)
    except (OSError, StopIteration, ValueError):
        return FALLBACK_BYTES


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether ``error`` says that memory ran out, on any device."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError)
        and any(said in str(error) for said in ("can't allocate memory", "out of memory"))
    )


def out_of_memory(what: str = "this input") -> InputError:
    """Return the error to report where ``what`` cannot be explained for want of memory."""
    return InputError(
        f"there is not enough memory to explain {what}",
        hint="set max_length, ask for fewer methods, or use a machine with more memory",
    )


def give_back() -> None:
    """Give memory that is free in this process back to the system, where its C library keeps it.

    Tensors of many sizes leave holes; with glibc a process of thousands of inputs would grow for
    as long as it runs.
    """
    if (trim := _malloc_trim()) is not None:
        trim(0)


@functools.cache
def _malloc_trim() -> Callable[[int], int] | None:
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):  # another C library, or system
        return None
    return found


_sharing = 1


def share(processes: int) -> None:
    """Leave as much memory to each other of so many processes, of which this is one."""
    global _sharing
    _sharing = processes


def budget(loaded: LoadedModel) -> int:
    """Return the bytes that explaining may take: what the spec says, or half of what is free."""
    asked = loaded.planned.spec.memory_bytes
    return free_bytes(loaded.model.device) // 2 // _sharing if asked is None else asked


def rows_that_fit(loaded: LoadedModel, row: int, left: int, most: int) -> int:
    """Return how many rows of ``row`` bytes one pass takes of the ``left``, at least one.

    ``most`` is what a pass on a CPU takes at most, where more is not faster.
    """
    if loaded.model.device.type == "cpu":
        left = min(left, most)
    return max(1, left // row)


def in_passes(
    items: Sequence[Item], most: int, run: Callable[[Sequence[Item]], Found], what: str
) -> Iterator[Found]:
    """Run ``items`` in their order, at most so many in one pass, and yield what each pass finds.

    A pass that runs out of memory is repeated with half as many; raises ``InputError``, which names
    ``what`` does not fit, where not even one does.
    """
    start = 0
    while start < len(items):
        part = items[start : start + most]
        try:
            found = run(part)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        else:
            yield found
            start += len(part)
            continue
        if len(part) == 1:  # out of the handler, which keeps all that the pass had made
            raise out_of_memory(what)
        most = len(part) // 2
