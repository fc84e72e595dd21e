"""A folder of many runs: an index with their history, and every run's own pages.

Each run is read once. What the index tells of it is kept in ``summary.json`` beside its pages, so
that runs stay in the history when their results are gone, and adding one reads only that one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportgen import __version__
from reportgen.errors import ReportgenError, ResultsError
from reportgen.rendering.brand import Brand, find_templates
from reportgen.rendering.compare.history import History, make_history
from reportgen.rendering.overview.report import make_report
from reportgen.rendering.pages import Pages
from reportgen.rendering.seal import seal
from reportgen.results.files import write_atomic
from reportgen.results.model import Manifest
from reportgen.results.store import MANIFEST
from reportgen.results.tables import Results
from reportgen.site.folder import INDEX, clear, keep, listed, sweep
from reportgen.site.multi_page import ABOVE, write_site
from reportgen.site.report import as_spec, own_pages
from reportgen.site.run_summary import read_summary, summarize
from reportgen.site.written import Written
from reportgen.spec.models import Spec

UNFORESEEN = "this is a fault of reportgen, please report it; the other runs are shown"

RUNS, SUMMARY = "runs", "summary.json"

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True)
class Collected:
    """What was written: the page to open, how many runs it has, and how many of them were read.

    ``removed`` are runs that were pruned, ``problems`` says which could not be used, and why.
    ``lacks_templates`` counts the runs read that were built with templates of their own, and are
    written without any here.
    """

    path: Path
    runs: int
    read: int
    removed: tuple[str, ...]
    problems: tuple[ReportgenError, ...]
    lacks_templates: int = 0


def collect(
    folders: Sequence[Path | str],
    out: Path | str,
    *,
    title: str | None = None,
    spec: Spec | Mapping[str, Any] | Path | str | None = None,
    templates: Path | str | None = None,
    prune: bool = False,
    progress: Callable[[str], None] = lambda name: None,
) -> Collected:
    """Write ``OUT/index.html`` over the runs in ``folders`` and those that ``out`` has already.

    Each of ``folders`` is a run, or has runs in it. ``prune`` removes the runs that ``out`` has
    and ``folders`` has not. ``spec`` and ``templates`` are as for ``render``: they say how
    the pages of runs that are read are written. Raises ``ResultsError`` where a folder has no
    run. A run that cannot be read is left out and among the problems.
    """
    out = Path(out)
    found = list(dict.fromkeys(run for folder in folders for run in find(Path(folder))))
    if any(run.resolve() == out.resolve() for run in found):
        raise ReportgenError(
            "the folder is one of the runs", where=str(out), hint="write to another: --out DIR"
        )
    spec = as_spec(spec)
    templates = find_templates(spec, templates)
    names, problems, read, lacking = set(), [], 0, 0
    for run in found:
        try:
            name, written, damaged = keep_run(run, out, spec, templates, progress)
        except ReportgenError as error:
            problems.append(error)
            continue
        except Exception as error:  # one run must not cost the others their pages
            message = f"left out: {type(error).__name__}: {error}"
            problems.append(ResultsError(message, where=str(run), hint=UNFORESEEN))
            continue
        problems += damaged
        if written is not None and name not in names:
            read += 1
            lacking += written.lacks_templates
        names.add(name)
    removed = []
    if prune:
        removed = [name for name in kept_names(out) if name not in names]
        for name in removed:
            (out / RUNS / name / SUMMARY).unlink()
            clear(out / RUNS / name)
    summaries = []
    for name in kept_names(out):
        try:
            summaries.append((name, read_summary(out / RUNS / name / SUMMARY)))
        except ReportgenError as error:
            problems.append(error)
    if not summaries:
        raise problems[0] if problems else ResultsError("no run to show", where=str(out))
    write_index(make_history(summaries, title), out)
    return Collected(out / INDEX, len(summaries), read, tuple(removed), tuple(problems), lacking)


def find(folder: Path) -> list[Path]:
    """Return ``folder`` where it is a run, else the runs directly in it, by name.

    Raises ``ResultsError`` where there is none.
    """
    if manifest_path(folder):
        return [folder]
    found = sorted(path for path in folder.glob("*") if manifest_path(path))
    if not found:
        raise ResultsError(
            "expected a run, or a folder of runs; found no manifest.json in it or one level down",
            where=str(folder),
            hint="give folders that were built: reportgen build SPEC --out DIR",
        )
    return found


def manifest_path(run: Path) -> Path | None:
    paths = (run / "results" / MANIFEST, run / MANIFEST)
    return next((path for path in paths if path.is_file()), None)


def keep_run(
    run: Path,
    out: Path,
    spec: Spec | None,
    templates: Path | None,
    progress: Callable[[str], None],
) -> tuple[str, Written | None, list[ResultsError]]:
    """Write the pages and the summary of a run, unless they are there.

    Returns its name, what was written if anything was, and what is damaged of it.
    """
    results = Results(run)
    digest = results.manifest_sha256
    name = run_name(results.manifest, digest)
    path = out / RUNS / name / SUMMARY
    if is_current(path, digest):
        return name, None, []
    progress(name)
    writer = own_pages(results, spec, templates)
    written = write_site(results, make_report(results), writer, path.parent, ABOVE)
    # Pages that show damage are made again until the run is whole.
    summary = summarize(results, "" if results.damaged else digest)
    write_atomic(path, summary.model_dump_json(by_alias=True, indent=1).encode() + b"\n")
    return name, written, [error for _, error in results.damaged]


def run_name(manifest: Manifest, digest: str) -> str:
    """Name a run by its time and a hash of its manifest: always the same, and no other's."""
    digits = re.sub(r"[^0-9]", "", manifest.created)[:14].ljust(14, "0")
    return f"{digits[:8]}-{digits[8:]}-{digest[:8]}"


NAME = re.compile(r"\d{8}-\d{6}-[0-9a-f]{8}")


def kept_names(out: Path) -> list[str]:
    """Return the runs that ``out`` has, by name."""
    summaries = (out / RUNS).glob(f"*/{SUMMARY}")
    names = (path.parent.name for path in summaries if path.is_file() and not path.is_symlink())
    return sorted(name for name in names if NAME.fullmatch(name))


def is_current(path: Path, digest: str) -> bool:
    """Tell whether a run's pages and summary were made from it, by this version of reportgen."""
    try:
        kept = read_summary(path)
    except ReportgenError:
        return False
    return (kept.manifest_sha256, kept.reportgen) == (digest, __version__)


def write_index(history: History, out: Path) -> None:
    """Write the index and its stylesheet; remove assets that no page uses any more."""
    kept: dict[str, str] = {}
    writer = Pages(Brand())
    style = (writer.style() + writer.source("css/runs.css")).encode()
    sheet = f"assets/style.{hashlib.sha256(style).hexdigest()[:8]}.css"
    # .nojekyll, or GitHub Pages would build the site anew
    for name, data in ((".nojekyll", b""), (sheet, style)):
        keep(out, name, data)
        kept[name] = hashlib.sha256(data).hexdigest()
    for run in kept_names(out):
        for name, digest in listed(out / RUNS / run).items():
            if name.startswith(ABOVE):
                kept[name.removeprefix(ABOVE)] = digest
    page = writer.render(
        "runs.html", history=history, style=sheet, policy=POLICY, version=__version__
    )
    sweep(out, kept)
    keep(out, INDEX, seal(page).encode())
