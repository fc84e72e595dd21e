"""What is printed of a page: the page as one document that runs nothing and loads nothing.

The pages of a site's inputs are put after its overview, so that a site is printed as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from reportgen.errors import ReportgenError
from reportgen.site import INDEX, PAGE
from reportgen.site.folder import listed
from reportgen.verify import is_as_listed, read_page, verify_content

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data: file:"

DOCTYPE = re.compile(r"\s*<!doctype html>", re.IGNORECASE)
SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.IGNORECASE | re.DOTALL)
OWN_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>', re.IGNORECASE)
STYLESHEET = re.compile(r'<link rel="stylesheet" href="([^"]*\.css)">')
PICTURE = re.compile(r'(<img\b[^>]*?\bsrc=")(?!data:)([^":]*)"')
TABLE = re.compile(r'<table class="matrix.*?</table>', re.DOTALL)
INPUT = re.compile(r'href="inputs/([^"/#]+)\.html"')
CARD = re.compile(r'<article class="card view".*?</article>', re.DOTALL)
LINK = re.compile(r'(<a\b[^>]*?) href="(?!https?://)([^"]*)"')
PLACE = re.compile(r'\bid="([^"]+)"')


@dataclass(frozen=True)
class Document:
    """What is printed; ``altered`` says what of it is not as it was written."""

    html: str
    altered: str


def find_page(path: Path) -> Path:
    """Return the page to print: ``path``, or the report in that folder.

    Raises ``ReportgenError`` where the folder has none.
    """
    if not path.is_dir():
        return path
    for name in (PAGE, INDEX):
        if (path / name).is_file():
            return path / name
    raise ReportgenError(
        f"expected a folder with {PAGE} or {INDEX}, found neither",
        where=str(path),
        hint="name a page, or write one: reportgen render RESULTS --out DIR",
    )


def make_document(page: Path, *, whole: bool, paper: str) -> Document:
    """Return ``page`` as it is printed on ``paper`` (``a4`` or ``letter``).

    ``whole`` adds all that is folded or stands beyond the summary. Raises ``ReportgenError`` where
    it is no page of a report's, or a part of its site is missing or of another run.
    """
    seal, proofs = verify_content(page)
    html = read_page(page)
    if seal is None or html is None:
        raise ReportgenError(
            "expected a page that reportgen has written, found none",
            where=str(page),
            hint="name a report, a page of a site, or the folder of either",
        )
    if seal.made.get("page") == INDEX:
        html = with_inputs(html, page.parent)
    html = SCRIPT.sub("", OWN_POLICY.sub("", DOCTYPE.sub("", html, count=1)))
    html = STYLESHEET.sub(lambda found: style(page, found[1]), html)
    html = PICTURE.sub(lambda found: f'{found[1]}{uri(page, found[2])}"', html)
    html = within(html)
    if whole:
        html = html.replace('id="print-all"', 'id="print-all" checked')
    head = (
        f'<!doctype html>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" '
        f'content="{POLICY}">\n<style>@page {{ size: {paper}; }}</style>\n'
    )
    altered = "; ".join(proof.found for proof in proofs if proof.holds is False)
    return Document(head + html, altered)


def with_inputs(html: str, folder: Path) -> str:
    """Put the inputs of a site after the overview on its index."""
    cards = "\n".join(input_cards(html, folder))
    before, footer, after = html.rpartition("<footer>")
    return f"{before}{cards}\n{footer}{after}" if footer else html


def input_cards(index: str, folder: Path) -> Iterator[str]:
    listed = "".join(TABLE.findall(index))  # links elsewhere are in another order
    for name in dict.fromkeys(INPUT.findall(listed + index)):
        path = folder / "inputs" / f"{Path(unquote(name)).name}.html"
        found, (content, *_) = verify_content(path)
        other = content.holds and not is_listed(folder, f"inputs/{path.name}")
        if found is None or other:
            raise ReportgenError(
                f"expected the page of an input of the run that {INDEX} shows, found another",
                where=str(path),
                hint="write the site again: reportgen render RESULTS --format site --out DIR",
            )
        yield from CARD.findall(read_page(path) or "")


def is_listed(folder: Path, name: str) -> bool:
    """Tell whether a page is the one that the site was written with; all are, without its list."""
    files = listed(folder)
    return not files or is_as_listed(folder, name, files.get(name, ""))


def style(page: Path, link: str) -> str:
    """Return the stylesheet that ``page`` links to as a part of it."""
    return f"<style>{read_page(page.parent / unquote(link)) or ''}</style>"


def uri(page: Path, link: str) -> str:
    return (page.parent / unquote(link)).resolve().as_uri()


def within(html: str) -> str:
    """Lead links to the places of this document; a PDF tells nobody where a folder was."""
    places = set(PLACE.findall(html))

    def lead(found: re.Match[str]) -> str:
        path, _, place = found[2].partition("#")
        place = unquote(place or Path(path).stem)
        return f'{found[1]} href="#{quote(place)}"' if place in places else found[1]

    return LINK.sub(lead, html)
