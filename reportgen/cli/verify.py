"""The command that tells whether a page is what a run produced."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reportgen.cli.app import (
    FAILED,
    AllowOutside,
    PagesSpec,
    TemplatesFolder,
    app,
    complain,
    err_console,
    one_line,
    read_run,
)
from reportgen.errors import ReportgenError

if TYPE_CHECKING:
    from reportgen.verify import Proof

MARKS = {True: "✓", False: "✗", None: "?"}


@app.command("verify")
def prove(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="A page that was written.")],
    results: Annotated[
        Path | None,
        typer.Option(
            "--results",
            metavar="DIR",
            help="The run it was rendered from; default: the page's folder, where it has one.",
        ),
    ] = None,
    spec: PagesSpec = None,
    templates: TemplatesFolder = None,
    allow_outside: AllowOutside = False,
    recompute: Annotated[
        int,
        typer.Option(
            "--recompute",
            metavar="N",
            min=0,
            help="Compute N results anew, drawn at random, with the models of --spec.",
        ),
    ] = 0,
) -> None:
    """Tell whether a page is unaltered, and what the results give again; exit 2 where not."""
    from reportgen import site, verify

    if recompute and spec is None:
        raise ReportgenError(
            "which models are run is not for a stored run to say",
            where="--recompute",
            hint="name your own spec: --spec SPEC; the page shows the spec it was made with",
        )
    seal, proofs = verify.verify_content(report)
    show(*proofs)
    of_one_run = seal is not None and seal.made.get("page") is not None
    if results is None and of_one_run:  # the page of an input lies one folder down
        around = (report.parent, report.parent.parent)
        results = next((folder for folder in around if (folder / "results").is_dir()), None)
    if results is None and recompute:
        raise ReportgenError("there is nothing to compare with", "--recompute", "add --results DIR")
    if results is not None:
        own = site.as_spec(spec, allow_outside=allow_outside)
        run = read_run(results)
        if seal is not None and proofs[0].holds:
            proofs.append(verify.verify_results(seal, run))
            show(proofs[-1])
            if proofs[-1].holds:
                proofs.append(verify.verify_rendering(report, seal, run, own, templates))
                show(proofs[-1])
        if recompute and own is not None:  # which was asked for above
            from reportgen.api import recompute as compute

            with err_console().status("computing anew"):
                proofs += (found := compute(run, own, recompute))
            show(*found)
    else:
        complain("the page was not compared with results", "add --results DIR", kind="note")
    if not all(proof.holds for proof in proofs):
        raise typer.Exit(FAILED)


def show(*proofs: Proof) -> None:
    for proof in proofs:
        print(one_line(f"{MARKS[proof.holds]} {proof.name}: {proof.found}"))
        if proof.hint:
            print(f"  {one_line(proof.hint)}")
