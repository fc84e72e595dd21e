"""From stored results to files: one page, or a site of many, and how large their parts are."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from reportgen.errors import ReportgenError
from reportgen.rendering import budget, pages
from reportgen.rendering.brand import Brand, find_templates, read_brand
from reportgen.rendering.input.card import Card, make_card, read_arrays
from reportgen.rendering.input.maps import map_files
from reportgen.rendering.overview.report import Report, make_report
from reportgen.rendering.seal import read_seal, seal
from reportgen.results.files import sweep_temporary, write_atomic
from reportgen.results.tables import Results
from reportgen.spec.loader import load_spec
from reportgen.spec.models import Spec
from reportgen.spec.report import ReportSpec

PAGE, INDEX = "report.html", "index.html"

ABOVE = "../../"
"""The way from the site of one of many runs to the folder of their index, which has the assets."""

LISTING = ".reportgen-files.json"
"""Names the files of a site but its index, with their SHA-256: what was written can be told from
what was not, and removed with the inputs that are gone."""

Views = dict[str, Any]
"""What a template is given, by name."""

OURS = re.compile(r"inputs/[^/]+\.html|maps/[^/]+\.js|assets/[^/]+\.[0-9a-f]{8}\.[a-z]+")
"""Files that a site can do without once they are of no more use."""


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


def render(
    results: Results | Path | str,
    out: Path | str,
    *,
    format: str | None = None,
    size_budget: str | None = None,
    spec: Spec | Mapping[str, Any] | Path | str | None = None,
    templates: Path | str | None = None,
) -> Written:
    """Render ``results`` (or the folder that holds them) into the folder ``out``.

    Writes ``OUT/report.html``, or ``OUT/index.html`` with a page per input where the format is
    ``site``. How the pages are written is said by the ``report:`` part of ``spec`` (its path, its
    content, or the spec itself), else by what is stored with the results; ``format``,
    ``size_budget`` and ``templates``, a folder, stand in for what that says. Templates are code:
    those that the results name are never used. Raises ``ResultsError`` where the folder holds no
    readable results, and ``ReportgenError`` where spec, templates or logo cannot be used.
    """
    if not isinstance(results, Results):
        results = Results(results)
    spec = as_spec(spec)
    report_spec = settings(results, spec, format=format, size_budget=size_budget)
    writer = own_pages(results, spec, find_templates(spec, templates))
    out = Path(out)
    sweep_temporary(out)
    report = make_report(results)
    if report_spec.format == "site":
        return write_site(results, report, writer, out)
    html, assets, left_out = single_file(results, report, writer, report_spec.budget_bytes)
    made = made_with(PAGE, writer) | {"size_budget": report_spec.size_budget}
    html = seal(html, results.digest, made=made)
    data = html.encode()
    keep(out, PAGE, data)
    return Written(
        path=out / PAGE,
        size=len(data),
        pages=1,
        parts=measure(html, assets),
        verdicts=verdicts(report),
        left_out=tuple(left_out.items()),
        lacks_templates=writer.brand.lacks_templates,
        over=max(0, len(data) - report_spec.budget_bytes),
    )


def notebook(results: Results, size_budget: str) -> str:
    """Return the report as a page that is small enough for a notebook: its charts are pictures."""
    report_spec = settings(results, format="single-file", size_budget=size_budget)
    writer = pages.Pages(Brand())
    return single_file(results, make_report(results), writer, report_spec.budget_bytes, live=False)[
        0
    ]


def render_below(
    results: Results, folder: Path, *, spec: Spec | None = None, templates: Path | None = None
) -> Path:
    """Write the site of a run as a history has it, below ``folder``; return its own folder."""
    out = folder / "runs" / "run"
    writer = own_pages(results, spec, find_templates(spec, templates))
    write_site(results, make_report(results), writer, out, ABOVE)
    return out


def made_with(page: str, writer: pages.Pages, root: str | None = None) -> dict[str, Any]:
    """Say how a page was made, so that it can be made again; ``root`` is that of its site."""
    kind = "single-file" if root is None else "site"
    own = writer.brand.templates is not None
    return {"page": page, "format": kind, "root": root or "", "own": own}


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


def verdicts(report: Report) -> tuple[str, ...]:
    return tuple(verdict.text for verdict in report.verdicts)


def single_file(
    results: Results, report: Report, writer: pages.Pages, room: int, *, live: bool = True
) -> tuple[str, pages.Assets, dict[str, int]]:
    """Return the report as one document of at most ``room`` bytes, and what was left out for it.

    Before anything is left out, ``live`` charts become pictures, which saves their library.
    """
    cards = [make_card(brief, results.store) for brief in report.briefs]
    most = {reduction.name: len(report.briefs) for reduction in budget.REDUCTIONS}
    live = live and any(card.live for card in cards)
    for library in (True, False) if live else (False,):
        assets = writer.inline(live=library)
        views: Views = {"report": report, "links": pages.SINGLE, "assets": assets}

        def section(card: Card, views: Views = views) -> str:
            return writer.render("card.html", **views, card=card)

        frame = writer.render("report.html", **views, card=None, sections=(), left_out=most)
        sections, left_out = budget.fit(cards, section, room - size(frame))
        if not left_out:
            break
    marked = [Markup(text) for text in sections.values()]
    page = writer.render("report.html", **views, card=None, sections=marked, left_out=left_out)
    return page, assets, left_out


def write_site(
    results: Results, report: Report, writer: pages.Pages, out: Path, root: str = ""
) -> Written:
    """Write a page per input, the assets they share, and last the index, which seals them all.

    ``root`` is the way from ``out`` to the folder that has ``assets/``, where several sites share
    one: ``""``, or ``../`` as often as it takes.
    """
    kept: dict[str, str] = {}
    parts: Counter[str] = Counter()
    assets, files = writer.files(live=False)
    for name, data in site_files(results, report, writer, assets, files, root):
        keep(out, name, data)
        kept[name] = hashlib.sha256(data).hexdigest()
        parts[part_of(name)] += len(data)
    listing = sweep(out, kept)
    views = {"report": report, "assets": assets, "links": pages.INDEX.below(root)}
    html = writer.render("index.html", **views, card=None, left_out={})
    files_digest = hashlib.sha256(listing).hexdigest()
    made = made_with(INDEX, writer, root)
    index = seal(html, results.digest, files=files_digest, made=made).encode()
    keep(out, INDEX, index)
    parts[part_of(INDEX)] += len(index)
    return Written(
        path=out / INDEX,
        size=sum(parts.values()),
        pages=1 + len(report.briefs),
        parts=tuple(parts.most_common()),
        verdicts=verdicts(report),
        lacks_templates=writer.brand.lacks_templates,
    )


def site_files(
    results: Results,
    report: Report,
    writer: pages.Pages,
    assets: pages.Assets,
    files: Mapping[str, bytes],
    root: str,
) -> Iterator[tuple[str, bytes]]:
    """Yield every file of a site but its index, with its path from the site's folder.

    The chart library is among them where an input has a chart that it draws.
    """
    yield ".nojekyll", b""  # or GitHub Pages would build the site anew
    for path, data in files.items():
        yield f"{root}{path}", data
    links, with_library = pages.INPUT.below(root), None
    for brief in report.briefs:
        card = make_card(brief, results.store, files=f"../maps/{quote(brief.anchor)}-")
        if card.live and with_library is None:
            with_library, all_files = writer.files(live=True)
            for path in all_files.keys() - files.keys():
                yield f"{root}{path}", all_files[path]
        views = {"report": report, "assets": with_library if card.live else assets}
        page = writer.render("input.html", **views, links=links, card=card)
        name = f"inputs/{brief.anchor}.html"
        yield name, seal(page, results.digest, made=made_with(name, writer, root)).encode()
        if any(explorer.from_files for explorer in card.explorers):
            arrays = read_arrays(results.store, brief.job)
            for name, text in map_files(brief.result, arrays, brief.anchor):
                yield f"maps/{name}", text.encode()


def keep(out: Path, name: str, data: bytes) -> None:
    """Write ``data`` as ``out/name`` unless it is there: what is unchanged keeps its time.

    A link in the place of a file is replaced. Raises ``ReportgenError`` where a link in the place
    of a folder leads elsewhere.
    """
    while name.startswith("../"):
        out, name = out.parent, name.removeprefix("../")
    path = out / name
    if not is_below(path.parent, out):
        raise ReportgenError(
            "this folder is a link that leads out of the report's",
            where=str(path.parent),
            hint="remove the link, or write to another folder: --out DIR",
        )
    if path.is_symlink():
        path.unlink()
    elif path.is_file():
        if path.read_bytes() == data:
            return
    elif path.exists():  # a folder, a pipe or a device
        raise ReportgenError(
            "expected a file, found something else",
            where=str(path),
            hint="remove it, or write to another folder: --out DIR",
        )
    write_atomic(path, data, durable=False)


def is_below(path: Path, out: Path) -> bool:
    """Tell whether ``path``, all links followed, lies in ``out``."""
    return path.resolve().is_relative_to(out.resolve())


def sweep(out: Path, kept: Mapping[str, str]) -> bytes:
    """Remove what an earlier site in ``out`` had and this one has not; list what it has.

    ``kept`` are the files of this one with their hashes. Only what has the name and the content
    of a file that was written is removed. Returns the list as it is stored.
    """
    for name, digest in listed(out).items():
        if name not in kept and OURS.fullmatch(name):
            remove(out / name, digest, out)
    for folder in {(out / name).parent for name in kept}:
        sweep_temporary(folder)
    listing = json.dumps(dict(sorted(kept.items())), indent=0).encode()
    keep(out, LISTING, listing)
    return listing


def clear(out: Path) -> None:
    """Remove the site in ``out``, and ``out`` itself where nothing else is in it."""
    folders = {(out / name).parent for name in listed(out) if OURS.fullmatch(name)}
    sweep(out, {})
    index = out / INDEX
    with contextlib.suppress(OSError, UnicodeDecodeError):
        html = index.read_bytes().decode()
        if (found := read_seal(html)) is not None and found.matches(html):
            index.unlink()
    for name in (".nojekyll", LISTING):
        (out / name).unlink(missing_ok=True)
    for folder in (*folders, out):
        with contextlib.suppress(OSError):  # something else is in it
            folder.rmdir()


def remove(path: Path, digest: str, out: Path) -> None:
    """Remove a file below ``out`` that has this SHA-256, and nothing else."""
    if path.is_symlink() or not path.is_file() or not is_below(path, out):
        return
    if hashlib.sha256(path.read_bytes()).hexdigest() == digest:
        path.unlink()


def listed(out: Path) -> dict[str, str]:
    """Return the files that the site in ``out`` has, by their path from there, with their hashes.

    A list of another kind proves nothing, and is none.
    """
    path = out / LISTING
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, ValueError, RecursionError):
        return {}
    entries = found.items() if isinstance(found, dict) else ()
    return {name: digest for name, digest in entries if isinstance(digest, str)}


def part_of(name: str) -> str:
    """Name the part of a site that a file belongs to."""
    folder, _, file = name.rpartition("/")
    if folder.endswith("assets"):
        return "chart library" if file.startswith("vega.") else "style, script and logo"
    return {"inputs": "pages of inputs", "maps": "attention maps"}.get(folder, "index")


def measure(html: str, assets: pages.Assets) -> tuple[tuple[str, int], ...]:
    """Return the bytes of each part of a self-contained page, largest first."""
    sizes = Counter({"chart library": size(assets.vega)})
    sizes["style and script"] = size(assets.style) + size(assets.script)
    for name, pattern in PARTS:
        sizes[name] = sum(size(text) for text in pattern.findall(html))
        html = pattern.sub("", html)
    sizes["text and tables"] = size(html) - sizes["chart library"] - sizes["style and script"]
    return tuple(sizes.most_common())


def size(text: str) -> int:
    return len(text.encode())


PARTS = (
    ("maps as pictures", re.compile(r'"data:image/png;base64,[^"]*"')),
    ("charts as pictures", re.compile(r'<div class="plot".*?</svg>', re.S)),
    ("data for the script", re.compile(r'<script type="application/json".*?</script>', re.S)),
)
"""Parts of a page by how they begin and end; data never holds a ``<``, pictures no quote."""
