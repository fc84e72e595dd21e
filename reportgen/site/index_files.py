"""The files beside the index of a large site: its tables as columns, and as lists."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.rendering import pages
from reportgen.rendering.overview.paged_table import PagedTable, column_files
from reportgen.rendering.overview.report import Report
from reportgen.rendering.seal import seal
from reportgen.results.tables import Results
from reportgen.site.written import made_with


def index_files(
    results: Results,
    report: Report,
    paged: tuple[PagedTable, ...],
    writer: pages.Pages,
    assets: pages.Assets,
    root: str,
) -> Iterator[tuple[str, bytes]]:
    """Yield (path from the site's folder, content) of the files; none where no table is paged.

    Each list is a page that needs no script.
    """
    links = pages.LIST.below(root)
    for table in paged:
        for name, text in column_files(table):
            yield name, text.encode()
        for one in table.lists:
            views = {"report": report, "assets": assets, "links": links, "table": table.table}
            digest = results.digest
            page = writer.render("list.html", **views, card=None, book=one, digest=digest)
            made = made_with(one.name, writer, root)
            yield one.name, seal(page, results.digest, made=made).encode()
