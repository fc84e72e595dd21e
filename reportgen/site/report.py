"""From stored results to files: one page, or a site of many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

from reportgen.errors import ReportgenError
from reportgen.rendering import pages
from reportgen.rendering.brand import Brand, find_templates, read_brand
from reportgen.rendering.overview.report import make_report
from reportgen.rendering.seal import seal, seal_size
from reportgen.results.files import sweep_temporary
from reportgen.results.model import LARGE_RUN
from reportgen.results.tables import Results
from reportgen.site.folder import keep
from reportgen.site.made import Made
from reportgen.site.multi_page import ABOVE, InputPages, write_site
from reportgen.site.parts import measure
from reportgen.site.single_file import single_file
from reportgen.site.written import Progress, Written, made_with, troubled, verdicts
from reportgen.spec.loader import load_spec
from reportgen.spec.models import Spec
from reportgen.spec.report import ReportSpec

PAGE = "report.html"


def render(
    results: Results | Path | str,
    out: Path | str,
    *,
    format: str | None = None,
    size_budget: str | None = None,
    spec: Spec | Mapping[str, Any] | Path | str | None = None,
    templates: Path | str | None = None,
    made: Made | None = None,
    progress: Progress = lambda done, total: None,
) -> Written:
    """Render ``results`` (or the folder that holds them) into the folder ``out``.

    Writes ``OUT/report.html``, or ``OUT/index.html`` with a page per input where the format is
    ``site``, which it is by default of a run of more than ``LARGE_RUN`` results. How the pages are
    written is said by the ``report:`` part of ``spec`` (its path, its content, or the spec
    itself), else by what is stored with the results; ``format``, ``size_budget`` and
    ``templates``, a folder, stand in for what that says. Templates are code: those that the results
    name are never used. ``made`` knows which pages of a site are what they would be, and is told of
    those that are written; ``progress`` is called with how many inputs are done, and of how many.
    Raises ``ResultsError`` where the folder holds no readable results, and ``ReportgenError``
    where spec, templates or logo cannot be used, or a large run's overview does not fit into a
    single file.
    """
    if not isinstance(results, Results):
        results = Results(results)
    spec = as_spec(spec)
    report_spec = settings(results, spec, format=format, size_budget=size_budget)
    writer = own_pages(results, spec, find_templates(spec, templates))
    out = Path(out)
    sweep_temporary(out)
    report = make_report(results)
    if form(results, report_spec) == "site":
        written = write_site(results, report, writer, out, made=made, progress=progress)
        return replace(written, by_size=report_spec.format is None)
    told = made_with(PAGE, writer) | {"size_budget": report_spec.size_budget}
    room = report_spec.budget_bytes - seal_size(results.digest, made=told)
    html, assets, left_out = single_file(results, report, writer, room, progress=progress)
    html = seal(html, results.digest, made=told)
    data = html.encode()
    keep(out, PAGE, data)
    if made is not None:
        made.add_file(PAGE, data)
    return Written(
        path=out / PAGE,
        size=len(data),
        pages=1,
        parts=measure(html, assets),
        verdicts=verdicts(report),
        left_out=tuple(left_out.items()),
        lacks_templates=writer.brand.lacks_templates,
        over=max(0, len(data) - report_spec.budget_bytes),
        troubled=troubled(report),
    )


def form(results: Results, report_spec: ReportSpec) -> str:
    """Return the format of the pages of ``results``: what is asked for, else what fits them."""
    large = len(results.manifest.jobs) > LARGE_RUN
    return report_spec.format or ("site" if large else "single-file")


def notebook(results: Results, size_budget: str) -> str:
    """Return the report as a page that is small enough for a notebook: its charts are pictures.

    Where there is none, it says why.
    """
    report_spec = settings(results, format="single-file", size_budget=size_budget)
    writer = pages.Pages(Brand())
    report, room = make_report(results), report_spec.budget_bytes
    try:
        return single_file(results, report, writer, room, live=False)[0]
    except ReportgenError as error:
        return f"<p>{escape(error.message)}. {escape(error.hint)}</p>"


def render_below(
    results: Results, folder: Path, *, spec: Spec | None = None, templates: Path | None = None
) -> Path:
    """Write the site of a run as a history has it, below ``folder``; return its own folder."""
    out = folder / "runs" / "run"
    writer = own_pages(results, spec, find_templates(spec, templates))
    write_site(results, make_report(results), writer, out, ABOVE)
    return out


def render_input(
    results: Results,
    page: str,
    root: str,
    *,
    spec: Spec | None = None,
    templates: Path | None = None,
) -> bytes:
    """Make one input's ``page`` (``inputs/NAME.html``) of a site, and no other.

    ``root`` is as for ``write_site``. Raises ``ReportgenError`` where the run has no such input.
    """
    writer = own_pages(results, spec, find_templates(spec, templates))
    maker = InputPages(results, make_report(results), writer, root)
    for brief in maker.report.briefs:
        if maker.name(brief) == page:
            return maker.page(maker.card(brief))
    raise ReportgenError("the run has no such input", where=page)


def as_spec(
    given: Spec | Mapping[str, Any] | Path | str | None, *, allow_outside: bool = False
) -> Spec | None:
    """Read a spec that is ``given`` by its path or its content; one that is read is taken as is."""
    if given is None or isinstance(given, Spec):
        return given
    return load_spec(given, allow_outside=allow_outside)


def own_pages(results: Results, spec: Spec | None, templates: Path | None) -> pages.Pages:
    """Return what writes the pages of ``results``, with what is the user's own on them."""
    return pages.Pages(read_brand(results, settings(results, spec), spec, templates))


def settings(results: Results, spec: Spec | None = None, **given: str | None) -> ReportSpec:
    """Return how ``spec`` wants the pages, else the run's own, with what is ``given`` instead."""
    stored = results.manifest.spec.get("report", {}) if spec is None else spec.report
    report_spec = ReportSpec.model_validate(stored)
    chosen = {key: value for key, value in given.items() if value is not None}
    try:
        return ReportSpec.model_validate(report_spec.model_dump() | chosen)
    except ValueError as error:
        raise ReportgenError(
            f"cannot be used: {chosen}",
            where="report",
            hint="format is single-file or site, size_budget a number and its unit, as in 10MB",
        ) from error
