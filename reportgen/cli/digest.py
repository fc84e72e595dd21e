"""The command that sums up a run in Markdown."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from reportgen.cli.app import ResultsFolder, app, complain, end, read_run
from reportgen.cli.system import put


class Use(StrEnum):
    """Where a digest goes, which limits its length."""

    COMMENT = "comment"
    SUMMARY = "summary"


@app.command("digest")
def sum_up(
    results: ResultsFolder,
    base: Annotated[
        Path | None, typer.Option("--base", metavar="RESULTS", help="A run to compare with.")
    ] = None,
    url: Annotated[str, typer.Option("--url", metavar="URL", help="Where the report is.")] = "",
    use: Annotated[
        Use, typer.Option("--for", help="A comment has up to 65,536 bytes, a summary 1,000 kB.")
    ] = Use.COMMENT,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write here, not to stdout.")
    ] = None,
    marker: Annotated[
        str,
        typer.Option(
            "--marker", metavar="NAME", help="Names the comment; by default the run's title."
        ),
    ] = "",
    chart: Annotated[
        Path | None, typer.Option("--chart", metavar="FILE", help="A chart: .png or .svg.")
    ] = None,
) -> None:
    """Sum up a run in Markdown for a pull request, compared with another run or alone."""
    from reportgen.rendering.markdown.digest import digest
    from reportgen.rendering.markdown.digest_tables import subject
    from reportgen.results.files import write_atomic

    runs = [read_run(folder) for folder in (results, base) if folder is not None]
    about = subject(*runs)
    text = digest(about, url=url, use=use.value, name=marker)
    if chart is not None:
        from reportgen.rendering.markdown.digest_chart import picture

        image = picture(about, chart.suffix)
        if image is None:
            complain("no chart: no words were explained", kind="note")
        else:
            write_atomic(chart, image)
    if out is None:
        put(text.encode())
    else:
        write_atomic(out, text.encode())
    end(*runs)
