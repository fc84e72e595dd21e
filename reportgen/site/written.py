"""What is told of pages that were written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportgen.rendering import pages
from reportgen.rendering.overview.report import Report


@dataclass(frozen=True)
class Written:
    """What was written: the page to open, all bytes, and the bytes of each part, largest first.

    ``left_out`` counts the inputs that lack each thing which did not fit into the size budget,
    and ``over`` the bytes by which the file is still too large. ``lacks_templates`` tells of a
    run that was built with templates of its own, and is written without any here.
    """

    path: Path
    size: int
    pages: int
    parts: tuple[tuple[str, int], ...]
    verdicts: tuple[str, ...]
    left_out: tuple[tuple[str, int], ...] = ()
    over: int = 0
    lacks_templates: bool = False


def verdicts(report: Report) -> tuple[str, ...]:
    return tuple(verdict.text for verdict in report.verdicts)


def made_with(page: str, writer: pages.Pages, root: str | None = None) -> dict[str, Any]:
    """Say how a page was made, so that it can be made again; ``root`` is that of its site."""
    kind = "single-file" if root is None else "site"
    own = writer.brand.templates is not None
    return {"page": page, "format": kind, "root": root or "", "own": own}
