"""The command that joins runs of one spec that were computed apart."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from reportgen.cli.app import WRONG, app, complain, note_unfinished


@app.command("merge")
def join_runs(
    runs: Annotated[
        list[str],
        typer.Argument(metavar="RESULTS...", help="Folders, or URLs, of runs of one spec."),
    ],
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="DIR", help="Folder for the results of all.")
    ],
) -> None:
    """Join runs of one spec that were computed on several machines, by copying their results."""
    from reportgen.rendering.wording.numbers import count
    from reportgen.results.merge import merge
    from reportgen.spec.shown import shown_command

    merged = merge(runs, out, shown_command(sys.argv[1:], Path()))
    for entry, error in merged.lost:
        complain(
            f"{entry.model}, input {entry.input + 1}: {error.where}: {error.message}", error.hint
        )
    if merged.versions:
        found = count(merged.versions, "result")
        note = f"{found} had been computed by several versions: the first run's are kept"
        complain(note, kind="note")
    note_unfinished(merged.manifest, out)
    results = count(len(merged.manifest.jobs), "result")
    print(f"Merged {count(len(runs), 'run')} into {out}: {results}, {merged.copied:,} copied.")
    place = shlex.quote(out)
    print(f"Write its pages: reportgen render {place} --out {place}")
    if merged.lost:
        raise typer.Exit(WRONG)
