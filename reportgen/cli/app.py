"""What all commands share: the application, its exit codes, and how it complains."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from reportgen import __version__
from reportgen.errors import ReportgenError, SpecError

WRONG, FAILED, INTERRUPTED = 1, 2, 130
"""Exit codes beside 0, done; 2 is also for command lines that cannot be read."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Static HTML reports that explain what a transformer predicts, and why.",
)
err_console = Console(stderr=True, highlight=False, soft_wrap=True)

SpecPath = Annotated[Path, typer.Argument(metavar="SPEC", help="The YAML spec.")]
AllowOutside = Annotated[
    bool,
    typer.Option(
        "--allow-outside", help="Let links in the spec's folder lead to files outside of it."
    ),
]
ResultsFolder = Annotated[Path, typer.Argument(metavar="RESULTS", help="A folder that was built.")]
OutFolder = Annotated[
    Path, typer.Option("--out", "-o", metavar="DIR", help="Folder for results/ and the pages.")
]


JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
"""Invisible characters that belong to a text: Persian and emoji are written with them."""


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


def one_line(text: str) -> str:
    """Write ``text`` in one line, without what a terminal or a CI system would act on."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable() or c in JOINERS)


def complain(message: str, hint: str = "", *, kind: str = "error") -> None:
    style = "red" if kind == "error" else "yellow"
    err_console.print(f"{kind}: {one_line(message)}", style=style, markup=False)
    if hint:
        err_console.print(f"  {one_line(hint)}", markup=False)
