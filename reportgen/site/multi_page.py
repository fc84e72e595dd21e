"""The report as a site: an index, a page per input, and what they share."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from reportgen.rendering import pages
from reportgen.rendering.anchors import make_anchor, make_slugs
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.input.card import Card, make_card, read_arrays
from reportgen.rendering.input.maps import map_files
from reportgen.rendering.input_page import input_report, shown_key
from reportgen.rendering.overview.paged_table import page_tables
from reportgen.rendering.overview.report import Report
from reportgen.rendering.seal import seal
from reportgen.results.model import JobResult
from reportgen.results.reading import checksum
from reportgen.results.tables import Results
from reportgen.site.folder import INDEX, LISTING, keep, sweep
from reportgen.site.index_files import index_files
from reportgen.site.made import Made, MadePage
from reportgen.site.parts import part_of
from reportgen.site.written import Progress, WholeResults, Written, made_with, troubled, verdicts

ABOVE = "../../"
"""The way from the site of one of many runs to the folder of their index, which has the assets."""


def write_site(
    results: Results,
    report: Report,
    writer: pages.Pages,
    out: Path,
    root: str = "",
    *,
    made: Made | None = None,
    progress: Progress = lambda done, total: None,
) -> Written:
    """Write a page per input, the assets they share, and last the index, which seals them all.

    ``root`` is the way from ``out`` to the folder that has ``assets/``, where several sites share
    one: ``""``, or ``../`` as often as it takes. Pages that ``made`` knows to be what they would
    be are left as they are. One input is read, written and let go before the next.
    """
    made = Made(out) if made is None else made
    kept: dict[str, str] = {}
    parts: Counter[str] = Counter()

    def tell(name: str) -> None:
        file = made.file(name)
        kept[name] = file.digest
        parts[part_of(name)] += file.state[0]

    def write(name: str, data: bytes) -> None:
        keep(out, name, data)
        made.add_file(name, data)
        tell(name)

    maker = InputPages(results, report, writer, root)
    write(".nojekyll", b"")  # or GitHub Pages would build the site anew
    for path, data in maker.files.items():
        write(f"{root}{path}", data)
    with_library = False
    for done, brief in enumerate(report.briefs, start=1):
        name, key = maker.name(brief), maker.key(brief, made.look)
        found = made.page(name, key)
        if found is not None:
            for one in (name, *found.maps):
                tell(one)
        else:
            card = maker.card(brief)
            write(name, maker.page(card))
            maps = []
            for one, data in maker.maps(card):
                write(one, data)
                maps.append(one)
            found = MadePage(key, card.live, tuple(maps))
            made.add_page(name, found)
        if found.live and not with_library:
            with_library = True
            for path, data in maker.library_files.items():
                write(f"{root}{path}", data)
        progress(done, len(report.briefs))
    if report.live and not with_library:
        for path, data in maker.library_files.items():
            write(f"{root}{path}", data)
    paged = page_tables(report)
    for name, data in index_files(results, report, paged, writer, maker.assets, root):
        write(name, data)
    listing = sweep(out, kept)
    made.add_file(LISTING, listing)
    assets = maker.library[0] if report.live else maker.assets
    views = {"report": report, "assets": assets, "digest": results.digest}
    links = pages.INDEX.below(root)
    html = writer.render("index.html", **views, links=links, card=None, left_out={}, paged=paged)
    files_digest = hashlib.sha256(listing).hexdigest()
    index = seal(html, results.digest, files=files_digest, made=made_with(INDEX, writer, root))
    write(INDEX, index.encode())
    return Written(
        path=out / INDEX,
        size=sum(parts.values()),
        pages=1 + len(report.briefs),
        parts=tuple(parts.most_common()),
        verdicts=verdicts(report),
        lacks_templates=writer.brand.lacks_templates,
        troubled=troubled(report),
    )


def page_name(anchor: str) -> str:
    return f"inputs/{anchor}.html"


def result_digest(results: Results, job: str, result: JobResult) -> str:
    """Return the SHA-256 that seals an input's page: its result's.

    Where the result cannot be relied on, it is that of the error which the page shows.
    """
    error = result.error
    told = None if error is None else error.model_dump(mode="json")
    return results.checksums[job] or checksum(told)


def input_digest(results: Results, page: str) -> str | None:
    """Return the digest that seals the page of an input, by its name; ``None`` for other pages."""
    slugs = make_slugs(tuple(info.id for info in results.manifest.models))
    for place, entry in enumerate(results.manifest.jobs):
        if page == page_name(make_anchor(slugs[entry.model], entry.input)):
            return result_digest(results, entry.id, results.entries[place][1])
    return None


@dataclass
class InputPages:
    """Makes the pages of a site's inputs, one at a time; ``root`` is as for ``write_site``."""

    results: Results
    report: Report
    writer: pages.Pages
    root: str

    def __post_init__(self) -> None:
        self.assets, self.files = self.writer.files(live=False)
        self._whole = WholeResults(self.results)

    @cached_property
    def library(self) -> tuple[pages.Assets, dict[str, bytes]]:
        return self.writer.files(live=True)

    @property
    def library_files(self) -> dict[str, bytes]:
        """The chart library, which pages have where an input has a chart that it draws."""
        files = self.library[1]
        return {path: files[path] for path in files.keys() - self.files.keys()}

    def name(self, brief: Brief) -> str:
        return page_name(brief.anchor)

    def key(self, brief: Brief, look: str) -> str:
        """Return a hash of all that the page of an input is made of.

        A template of one's own may show anything of the run, all of which is then in it.
        """
        if not look:
            return ""
        own = self.writer.brand.templates is not None
        shown = shown_key(brief, input_report(self.report, brief.anchor), self.results.checksums)
        all_of_it = (look, self.assets, self.root, shown, self.results.digest if own else "")
        return hashlib.sha256(repr(all_of_it).encode()).hexdigest()[:32]

    def card(self, brief: Brief) -> Card:
        files = f"../maps/{quote(brief.anchor)}-"
        return make_card(self._whole.brief(brief), self.results.store, files=files)

    def page(self, card: Card) -> bytes:
        name, digest = self.name(card), result_digest(self.results, card.job, card.result)
        own = self.writer.brand.templates is not None
        html = self.writer.render(
            "input.html",
            report=self.report if own else input_report(self.report, card.anchor),
            assets=self.library[0] if card.live else self.assets,
            digest=digest,
            links=pages.INPUT.below(self.root),
            card=card,
        )
        return seal(html, digest, made=made_with(name, self.writer, self.root)).encode()

    def maps(self, card: Card) -> Iterator[tuple[str, bytes]]:
        """Yield the files of an input's maps, where its page has them in files."""
        if any(explorer.from_files for explorer in card.explorers):
            arrays = read_arrays(self.results.store, card.job)
            for name, text in map_files(card.result, arrays, card.anchor):
                yield f"maps/{name}", text.encode()
