"""How much memory there is, and what is said where it runs out."""

from __future__ import annotations

from pathlib import Path

import torch

from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.errors import InputError

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


def budget(loaded: LoadedModel) -> int:
    """Return the bytes that explaining may take: what the spec says, or half of what is free."""
    asked = loaded.planned.spec.memory_bytes
    return free_bytes(loaded.model.device) // 2 if asked is None else asked
