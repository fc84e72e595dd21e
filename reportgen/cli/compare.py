"""The command that tells what changed between two runs."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reportgen.cli.app import FAILED, app, complain, end, one_line, read_run, run_place

if TYPE_CHECKING:
    from reportgen.results.compare.runs import RunComparison

FAIL_ON: dict[str, tuple[str, str, Callable[[RunComparison], int]]] = {
    "prediction": (
        "prediction",
        "changed, or no longer made",
        lambda found: sum(change.flipped or change.broke for change in found.changes),
    ),
    "wrong": (
        "prediction",
        "right before, wrong now",
        lambda found: sum(change.right_to_wrong for change in found.changes),
    ),
    "explanation": (
        "explanation",
        "changed beyond the threshold, or could not be compared",
        lambda found: sum(change.drifted or change.beyond for change in found.changes),
    ),
    "check": (
        "check",
        "turned to failed or error",
        lambda found: len({one.after.place for one in found.turned if one.after and one.red}),
    ),
    "gone": (
        "input or model",
        "gone",
        lambda found: sum(len(model.gone) for model in found.models) + len(found.gone_models),
    ),
}
"""What can fail a comparison: a noun, what happened to it, and how often it did."""


def known(names: list[str] | None) -> list[str]:
    for name in names or ():
        if name not in FAIL_ON:
            near = get_close_matches(name, FAIL_ON, 1)
            meant = f"; did you mean {near[0]}?" if near else ""
            if "," in name:
                meant = "; give --fail-on once for each"
            raise typer.BadParameter(f"{name!r} is none of {', '.join(FAIL_ON)}{meant}")
    return names or []


@app.command()
def compare(
    base: Annotated[
        Path, typer.Argument(metavar="BASE", help="The earlier run.", parser=run_place)
    ],
    head: Annotated[Path, typer.Argument(metavar="HEAD", help="The later run.", parser=run_place)],
    out: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Folder for compare.html and compare.json."
        ),
    ],
    method: Annotated[
        str | None,
        typer.Option(
            "--method",
            metavar="NAME",
            help="Method to compare words by; default: integrated_gradients where both have it.",
        ),
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on",
            metavar="WHAT",
            callback=known,
            help=f"Exit with 2 where it happened: {', '.join(FAIL_ON)}. Can be repeated.",
        ),
    ] = None,
) -> None:
    """Compare two built runs: predictions, explanations, checks; write what changed."""
    from reportgen.rendering.compare.summary import lead
    from reportgen.rendering.wording.numbers import count, megabytes
    from reportgen.results.compare.runs import compare as compare_runs
    from reportgen.site.compare import render_comparison

    runs = read_run(base), read_run(head)
    comparison = compare_runs(*runs, method=method)
    written = render_comparison(comparison, out)
    print(one_line(lead(comparison)))
    print(f"Wrote {written.path} ({megabytes(written.size)}) and {written.path.stem}.json.")
    print(f"Open it in any browser: {written.path.resolve().as_uri()}")
    happened = False
    for name in dict.fromkeys(fail_on or ()):
        noun, what, times = FAIL_ON[name]
        if amount := times(comparison):
            happened = True
            plural = "inputs or models" if name == "gone" else ""
            complain(f"--fail-on {name}: {count(amount, noun, plural)} {what}")
    if happened:
        raise typer.Exit(FAILED)
    end(*runs)
