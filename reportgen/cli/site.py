"""The command that shows many runs, and what changed from one to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reportgen.cli.app import (
    WRONG,
    AllowOutside,
    PagesSpec,
    TemplatesFolder,
    app,
    err_console,
    note_templates,
    tell,
)


@app.command()
def site(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUNS...", help="Folders that were built, or folders of such."),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for the index and its runs.")
    ],
    title: Annotated[
        str | None,
        typer.Option("--title", metavar="TEXT", help="Heading; default: the newest run's title."),
    ] = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove runs from DIR that are not among RUNS.")
    ] = False,
    spec: PagesSpec = None,
    templates: TemplatesFolder = None,
    allow_outside: AllowOutside = False,
) -> None:
    """Write an index of many runs with their history; runs in DIR stay there."""
    from reportgen.rendering.wording.numbers import count
    from reportgen.site import as_spec
    from reportgen.site.history import collect

    own_spec = as_spec(spec, allow_outside=allow_outside)
    with err_console().status("reading the runs") as status:
        found = collect(
            runs,
            out,
            title=title,
            spec=own_spec,
            templates=templates,
            prune=prune,
            progress=lambda name: status.update(f"writing the pages of {name}"),
        )
    removed = f", {len(found.removed):,} removed" if found.removed else ""
    print(f"Wrote {found.path} ({count(found.runs, 'run')}, {found.read:,} of them new{removed}).")
    print(f"Open it in any browser: {found.path.resolve().as_uri()}")
    if found.lacks_templates:
        note_templates(count(found.lacks_templates, "run"))
    for problem in found.problems:
        tell(problem)
    if found.problems:
        raise typer.Exit(WRONG)
