"""The report as a site: an index, a page per input, and what they share."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from reportgen.rendering import pages
from reportgen.rendering.input.card import make_card, read_arrays
from reportgen.rendering.input.maps import map_files
from reportgen.rendering.overview.report import Report
from reportgen.rendering.seal import seal
from reportgen.results.tables import Results
from reportgen.site.folder import INDEX, keep, sweep
from reportgen.site.parts import part_of
from reportgen.site.written import Written, made_with, verdicts

ABOVE = "../../"
"""The way from the site of one of many runs to the folder of their index, which has the assets."""


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
            for name, text in map_files(card.result, arrays, brief.anchor):
                yield f"maps/{name}", text.encode()
