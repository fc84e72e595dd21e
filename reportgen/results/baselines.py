"""The baseline that a method's path started from, and those that were tried before."""

from __future__ import annotations

from typing import Any

from reportgen.results.model import JobResult


def named(baseline: Any) -> str:
    """Name a baseline as a spec does; one that is given as a text by that."""
    return baseline if isinstance(baseline, str) else "a text"


def used_baseline(result: JobResult, method: str) -> str:
    """Name the baseline of a method, and those that ``auto`` left: ``pad after mask``.

    Where none converged it is ``pad, the least of mask, pad``. Empty where the method has none, or
    none is stored.
    """
    used = named(result.settings.get(method, {}).get("baseline", ""))
    tried = result.tried.get(method, ())
    names = ", ".join(one.baseline for one in tried if one.baseline != used or not one.converged)
    if not names:
        return used
    if any(one.converged for one in tried):
        return f"{used} after {names}"
    return f"{used}, the least of {names}" if len(tried) > 1 else used
