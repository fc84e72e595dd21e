"""From stored results to files: writes the pages and says how large their parts are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reportgen.rendering import pages
from reportgen.rendering.overview import make_report
from reportgen.results.store import write_atomic
from reportgen.results.tables import Results

PAGE = "report.html"


@dataclass(frozen=True)
class Written:
    """One page on disk: its path, its size in bytes, and its verdicts in words."""

    path: Path
    size: int
    verdicts: tuple[str, ...]


def render(results: Results | Path | str, out: Path | str) -> Written:
    """Render ``results`` (or the folder that holds them) to ``OUT/report.html``.

    Raises ``ResultsError`` where the folder holds no readable results.
    """
    if not isinstance(results, Results):
        results = Results(results)
    report = make_report(results)
    html = pages.single(report).encode()
    path = Path(out) / PAGE
    write_atomic(path, html)
    return Written(path, len(html), tuple(verdict.text for verdict in report.verdicts))
