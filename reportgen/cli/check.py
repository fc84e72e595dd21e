"""The command that tells whether stored results hold what their spec asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reportgen.cli.app import FAILED, ResultsFolder, app, end, one_line, read_run
from reportgen.errors import ReportgenError

if TYPE_CHECKING:
    from reportgen.results.checks.evaluation import CheckResult, Outcome

MOST = 20
"""Outcomes of one check that are printed."""


@app.command()
def check(
    results: ResultsFolder,
    base: Annotated[
        Path | None,
        typer.Option("--base", metavar="RESULTS", help="The run that unchanged compares with."),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML, for CI.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the outcomes as JSON.")
    ] = None,
) -> None:
    """Judge the spec's checks from stored results; exit with 2 where one fails."""
    from reportgen.rendering.wording.outcomes import counts_by_check
    from reportgen.rendering.wording.unfinished import marked_title
    from reportgen.results.checks.evaluation import by_check, evaluate_checks
    from reportgen.results.files import write_atomic

    run = read_run(results)
    runs = [run] if base is None else [run, read_run(base)]
    outcomes = evaluate_checks(*runs)
    if not outcomes:
        raise ReportgenError(
            "the spec of these results has no checks",
            where=str(results),
            hint="add checks: to the spec and build it again; nothing is computed twice",
        )
    if junit is not None:
        from reportgen.rendering import junit as xml
        from reportgen.rendering.remarks import remarks

        write_atomic(junit, xml.junit(run.manifest, outcomes, remarks(run)))
    if json_file is not None:
        from reportgen.results.checks.as_json import as_data

        data = json.dumps(as_data(run.manifest, outcomes), indent=2, ensure_ascii=False)
        write_atomic(json_file, f"{data}\n".encode())
    for one in by_check(run.manifest, outcomes):
        show(one)
    print(one_line(f"{counts_by_check(run.manifest, outcomes)} ({marked_title(run.manifest)})"))
    if any(one.breaks for one in outcomes):
        raise typer.Exit(FAILED)
    end(*runs)


def show(check: CheckResult) -> None:
    """Print a check in a line, and below it what broke it."""
    from reportgen.rendering.wording.check_settings import describe_check
    from reportgen.rendering.wording.outcomes import MARKS, counts, title

    name = one_line(f"{title(check.outcomes[0])}: {describe_check(check)}")
    status = f"{MARKS[check.status]} {check.status}"
    print(f"{status:9}  {check.where}  {name}  ({counts(check.outcomes)})")
    broken = [one for one in check.outcomes if one.breaks or one.status == "warning"]
    if check.status == "skipped":
        broken = list(check.outcomes[:1])
    for one in broken[:MOST]:
        print(f"    {one.status}: {say(one)}")
    if len(broken) > MOST:
        print(f"    and {len(broken) - MOST:,} more")


def say(one: Outcome) -> str:
    from reportgen.rendering.wording.outcomes import about, expected, found

    expectation = f"{expected(one)}; found " if one.relation else ""
    return one_line(f"{about(one)}: {expectation}{found(one)}")
