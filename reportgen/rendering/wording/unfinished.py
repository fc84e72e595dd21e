"""What is said of a run that has not ended: what of it is there, and what is to come."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from reportgen.rendering.wording.numbers import count
from reportgen.results.model import Manifest

SO_FAR = "so far"


@dataclass(frozen=True)
class Unfinished:
    """A run that has not ended: a sentence, and in several models' one line for each."""

    sentence: str
    models: tuple[tuple[str, str], ...]


def unfinished(manifest: Manifest) -> Unfinished | None:
    """Say how much is there of a run that has not ended; ``None`` of one that has."""
    if manifest.planned is None:
        return None
    lines = by_model(manifest, manifest.planned) if len(manifest.models) > 1 else ()
    return Unfinished(f"Unfinished: {progress(manifest)}.", lines)


def progress(manifest: Manifest) -> str:
    """Say how many results of an unfinished run are there."""
    there, planned = len(manifest.jobs), manifest.planned or 0
    if there >= planned:
        return "all results are there, but the run has not ended"
    verb = "is" if there == 1 else "are"
    whole = count(planned, "result")
    return f"{there:,} of {whole} {verb} there; the rest has not been computed yet"


def marked_title(manifest: Manifest) -> str:
    """Return the title of a run, which says of one that has not ended that it has not."""
    return manifest.title if manifest.planned is None else f"{manifest.title} (unfinished)"


def by_model(manifest: Manifest, planned: int) -> tuple[tuple[str, str], ...]:
    """Say for each model what is there, and what is to come where that is known."""
    there = Counter(entry.model for entry in manifest.jobs)
    each = planned_each(manifest, planned)
    return tuple(
        (info.id, f"{there[info.id]:,} of {each:,} results, {each - there[info.id]:,} to come")
        if each is not None and there[info.id] <= each
        else (info.id, f"{count(there[info.id], 'result')} {SO_FAR}")
        for info in manifest.models
    )


def planned_each(manifest: Manifest, planned: int) -> int | None:
    """Return how many results each model is to have; ``None`` where that cannot be told.

    All models of one task read every input, unless an entry names some of them.
    """
    alike = len({info.task for info in manifest.models}) == 1
    chosen = any(entry.get("models") for entry in manifest.spec.get("inputs", []))
    each, rest = divmod(planned, len(manifest.models))
    return each if alike and not chosen and not rest else None
