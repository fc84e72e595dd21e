"""The command that puts a report on paper."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from reportgen.cli.app import app, complain, err_console


class Paper(StrEnum):
    """The sizes of paper that are asked for."""

    A4 = "a4"
    LETTER = "letter"


@app.command()
def pdf(
    page: Annotated[
        Path, typer.Argument(metavar="PAGE", help="A page that was written, or its folder.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="The PDF; default: beside the page, named like it."
        ),
    ] = None,
    whole: Annotated[
        bool, typer.Option("--all", help="Print everything, not only the summary of each input.")
    ] = False,
    paper: Annotated[Paper, typer.Option("--paper", help="Size of the paper.")] = Paper.A4,
    browser: Annotated[
        str | None,
        typer.Option(
            "--browser",
            metavar="PROGRAM",
            envvar="CHROME_PATH",
            help="Chromium, Chrome or Edge; default: the first one on PATH.",
        ),
    ] = None,
    timeout: Annotated[
        float,
        typer.Option("--timeout", metavar="SECONDS", min=1, help="How long printing may take."),
    ] = 300,
) -> None:
    """Print a report to a PDF: the overview, and a page for each input."""
    from reportgen.paper.browser import count_pages, find_browser, print_html
    from reportgen.paper.document import find_page, make_document
    from reportgen.rendering.wording.numbers import count, megabytes
    from reportgen.results.files import write_atomic

    source = find_page(page)
    document = make_document(source, whole=whole, paper=paper.value)
    program = find_browser(browser)
    with err_console().status("printing"):
        data = print_html(program, document.html, timeout)
    if document.altered:
        complain(
            f"{source} is printed as it is: {document.altered}",
            f"to learn more: reportgen verify {source}",
            kind="note",
        )
    file = source.with_suffix(".pdf") if out is None else out
    write_atomic(file, data)
    print(f"Wrote {file} ({count(count_pages(data), 'page')}, {megabytes(len(data))}).")
