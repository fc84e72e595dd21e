"""What all commands share: the application, its exit codes, and how it complains."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reportgen import __version__
from reportgen.cli.system import silence
from reportgen.errors import ReportgenError, SpecError

if TYPE_CHECKING:
    from rich.console import Console

    from reportgen.results.model import Manifest
    from reportgen.results.tables import Results

WRONG, FAILED, INTERRUPTED = 1, 2, 130
"""Exit codes beside 0, done; 2 is also for command lines that cannot be read."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Static HTML reports that explain what a transformer predicts, and why.",
)

SpecPath = Annotated[Path, typer.Argument(metavar="SPEC", help="The YAML spec.")]
AllowOutside = Annotated[
    bool,
    typer.Option(
        "--allow-outside", help="Let links in the spec's folder lead to files outside of it."
    ),
]


def run_place(text: str) -> Path | str:
    """Return the folder of a run, or its URL as it is."""
    from reportgen.results.location import is_url  # once there is something to read

    return text if is_url(text) else Path(text)


ResultsFolder = Annotated[
    Path,
    typer.Argument(
        metavar="RESULTS", help="A folder that was built, or the URL of results.", parser=run_place
    ),
]
OutFolder = Annotated[
    Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for results/ and the pages.")
]

PagesSpec = Annotated[
    Path | None,
    typer.Option(
        "--spec", metavar="SPEC", help="Spec whose report: part says how the pages are written."
    ),
]
TemplatesFolder = Annotated[
    Path | None,
    typer.Option("--templates", metavar="DIR", help="Folder of templates; default: the spec's."),
]

JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
"""Invisible characters that belong to a text: Persian and emoji are written with them."""


@functools.cache
def err_console() -> Console:
    """Return where errors, notes and progress go."""
    from rich.console import Console  # most commands have nothing to say there

    return Console(stderr=True, highlight=False, soft_wrap=True)


def show_version(wanted: bool) -> None:
    if wanted:
        print(f"reportgen {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show version.")
    ] = False,
) -> None:
    """Hold the options that come before a command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal may lack signs and letters


def tell(error: ReportgenError) -> None:
    """Print what is wrong, every problem of a spec."""
    for problem in error.problems if isinstance(error, SpecError) else [error]:
        where = f"{problem.where}: " if problem.where else ""
        complain(f"{where}{problem.message}", problem.hint)


def read_run(folder: Path | str) -> Results:
    """Read a run; say where it has not ended, and which of its results cannot be relied on."""
    from reportgen.results.tables import Results

    results = Results(folder)
    note_unfinished(results.manifest, folder)
    for entry, error in results.damaged:
        complain(
            f"{entry.model}, input {entry.input + 1}: {error.where}: {error.message}", error.hint
        )
    return results


def note_unfinished(manifest: Manifest, folder: Path | str) -> None:
    """Say of a run that has not ended how much of it is there."""
    from reportgen.rendering.wording.unfinished import unfinished

    if found := unfinished(manifest):
        hint = "reportgen build SPEC --out DIR computes the rest"
        complain(f"{folder}: {found.sentence}", hint, kind="note")


def end(*runs: Results) -> None:
    """End a command: with 1 where a result of ``runs`` could not be relied on."""
    if any(run.damaged for run in runs):
        raise typer.Exit(WRONG)


def one_line(text: str) -> str:
    """Write ``text`` in one line, without what a terminal or a CI system would act on."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable() or c in JOINERS)


def note_templates(runs: str) -> None:
    """Say that ``runs`` were built with templates, which are code and not taken from a run."""
    complain(
        f"reportgen's own templates are used for {runs}, built with others",
        "to have those, name the spec: --spec SPEC (or their folder: --templates DIR)",
        kind="note",
    )


def complain(message: str, hint: str = "", *, kind: str = "error") -> None:
    style = "red" if kind == "error" else "yellow"
    try:
        err_console().print(f"{kind}: {one_line(message)}", style=style, markup=False)
        if hint:
            err_console().print(f"  {one_line(hint)}", markup=False)
    except OSError:  # nobody can be told; the exit code still says it
        silence(sys.stderr)
