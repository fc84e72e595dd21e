"""What is told of pages that were written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reportgen.rendering import pages
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.overview.report import Report
from reportgen.results.review import ReviewReason
from reportgen.results.tables import Results


@dataclass(frozen=True)
class Written:
    """What was written: the page to open, all bytes, and the bytes of each part, largest first.

    ``left_out`` counts the inputs that lack each thing which did not fit into the size budget,
    and ``over`` the bytes by which the file is still too large. ``lacks_templates`` tells of a
    run that was built with templates of its own, and is written without any here. ``troubled`` are
    the models and inputs that were not explained, or not by every method. ``by_size`` tells of a
    site that nobody asked for, but that the run is too large for one file.
    """

    path: Path
    size: int
    pages: int
    parts: tuple[tuple[str, int], ...]
    verdicts: tuple[str, ...]
    left_out: tuple[tuple[str, int], ...] = ()
    over: int = 0
    lacks_templates: bool = False
    troubled: tuple[tuple[str, int], ...] = ()
    by_size: bool = False


Progress = Callable[[int, int], None]
"""Called with how many inputs are done, and of how many."""


class WholeResults:
    """Reads the whole result of an input, of which a report may keep only some."""

    def __init__(self, results: Results) -> None:
        self._results = results
        jobs = results.manifest.jobs
        self._places = {(entry.model, entry.input): place for place, entry in enumerate(jobs)}

    def brief(self, brief: Brief) -> Brief:
        """Return what is told of an input, with all that is stored of it."""
        _, result = self._results.entries[self._places[brief.model, brief.position]]
        return replace(brief, result=result)


def verdicts(report: Report) -> tuple[str, ...]:
    return tuple(verdict.text for verdict in report.verdicts)


def troubled(report: Report) -> tuple[tuple[str, int], ...]:
    reasons = {ReviewReason.NOT_EXPLAINED, ReviewReason.METHOD_FAILED}
    return tuple(
        (brief.model, brief.position) for brief in report.briefs if reasons & set(brief.reasons)
    )


def made_with(page: str, writer: pages.Pages, root: str | None = None) -> dict[str, Any]:
    """Say how a page was made, so that it can be made again; ``root`` is that of its site."""
    kind = "single-file" if root is None else "site"
    own = writer.brand.templates is not None
    return {"page": page, "format": kind, "root": root or "", "own": own}
