"""Building a report again and again: what fails leaves the last good one where it is."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from reportgen import site
from reportgen.errors import ReportgenError
from reportgen.results.tables import Results
from reportgen.serve.frame import Published, Shown
from reportgen.serve.server import Server
from reportgen.site.folder import LISTING, keep, listed, sweep
from reportgen.spec.models import Spec

EVERY, SETTLE = 1.0, 0.2
"""Seconds between two looks at the files, and until what was being written is taken as whole."""


class Watched(Protocol):
    """Tells whether anything has changed that results, or only pages, are made of."""

    def look(self) -> tuple[bool, bool]: ...


Build = Callable[[bool], Published]
"""Builds the report: its results too, or with ``False`` only its pages."""


def keep_built(
    server: Server,
    watched: Watched,
    build: Build,
    tell: Callable[[Exception], None],
    *,
    stop: threading.Event,
    every: float = EVERY,
) -> None:
    """Build at once and after every change, until ``stop`` is set.

    What fails is told and shown, and leaves the last good report where it is.
    """
    results = pages = True
    while True:
        if results or pages:
            # What changes from now on is found by the next look.
            server.shown = replace(server.shown, building=True)
            server.shown = build_once(server.shown, lambda: build(results), tell)  # noqa: B023
        if stop.wait(every):
            return
        results, pages = watched.look()
        while (results or pages) and not stop.wait(min(every, SETTLE)):
            more = watched.look()
            if not any(more):
                break
            results, pages = results or more[0], pages or more[1]


def build_once(
    shown: Shown, build: Callable[[], Published], tell: Callable[[Exception], None]
) -> Shown:
    """Return what is to be shown once ``build`` has run or failed, by whatever mistake."""
    try:
        report = build()
    except Exception as error:  # the server goes on: the next change may mend it
        tell(error)
        return replace(shown, building=False, problem=error_text(error))
    return Shown(report, version=shown.version + 1, building=False)


def error_text(error: Exception) -> str:
    """Return what an error says; one that nobody foresaw with its name."""
    return str(error) if isinstance(error, ReportgenError) else f"{type(error).__name__}: {error}"


def publish(
    results: Results, out: Path, spec: Spec | None = None
) -> tuple[Published, site.Written]:
    """Render into ``out`` as ``spec`` says, once all pages are made: no mistake leaves half."""
    with tempfile.TemporaryDirectory() as made:
        written = site.render(results, made, spec=spec)
        names = sorted(path.relative_to(made).as_posix() for path in files(Path(made)))
        for name in names:
            keep(out, name, (Path(made) / name).read_bytes())
        page = written.path.name
        if page == site.INDEX:
            sweep(out, listed(Path(made)))
    return Published(out, page, frozenset(names)), written


def files(made: Path) -> Iterator[Path]:
    return (path for path in made.rglob("*") if path.is_file() and path.name != LISTING)
