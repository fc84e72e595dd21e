"""Commands that make a report: from a spec, or again from stored results."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reportgen.cli.app import (
    INTERRUPTED,
    WRONG,
    AllowOutside,
    OutFolder,
    PagesSpec,
    ResultsFolder,
    SpecPath,
    TemplatesFolder,
    app,
    complain,
    end,
    err_console,
    note_templates,
    note_unfinished,
    read_run,
)
from reportgen.cli.system import keeping, system_error
from reportgen.errors import ReportgenError

if TYPE_CHECKING:
    from reportgen.engine.events import Event
    from reportgen.plan import Plan
    from reportgen.results.files import Using
    from reportgen.results.tables import Results
    from reportgen.site import Written


@app.command()
def demo(out: OutFolder = Path("reportgen-demo")) -> None:
    """Build a report from bundled models and inputs."""
    from reportgen.resources import folder

    build_page(plan_spec(folder("examples") / "demo" / "audit.yaml"), out)


@app.command()
def init(
    file: Annotated[Path, typer.Argument(metavar="[FILE]")] = Path("audit.yaml"),
) -> None:
    """Write a commented spec to start from."""
    from reportgen.resources import folder

    started = False
    starter = (folder("examples") / "starter.yaml").read_text(encoding="utf-8")
    try:
        with open(file, "x", encoding="utf-8") as stream:
            started = True
            stream.write(starter)
    except FileExistsError as error:
        raise ReportgenError(
            "this file exists already", where=str(file), hint="name another: reportgen init FILE"
        ) from error
    except OSError as error:
        if started:  # half a spec would be in the way of the next try
            file.unlink(missing_ok=True)
        message = f"cannot be written: {error.strerror}"
        raise ReportgenError(message, str(file), system_error(error).hint) from error
    print(f"Wrote {file}. Edit it, then: reportgen build {shlex.quote(str(file))} --out audit")


@app.command()
def validate(spec: SpecPath, allow_outside: AllowOutside = False) -> None:
    """Check a spec; report every problem at once."""
    from reportgen.rendering.wording.numbers import count
    from reportgen.spec.inputs import expand_inputs
    from reportgen.spec.loader import load_spec

    loaded = load_spec(spec, allow_outside=allow_outside)
    inputs = expand_inputs(loaded, loaded.base)
    parts = {"model": loaded.models, "input": inputs, "method": loaded.methods}
    counts = ", ".join(count(len(found), noun) for noun, found in parts.items())
    print(f"{spec}: valid ({counts})")


@app.command()
def build(
    spec: SpecPath,
    out: OutFolder,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only list the jobs and their estimated cost.")
    ] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Then remove stored results that are of no more use.")
    ] = False,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            metavar="ID",
            help="Compute only what this model is missing. Can be repeated.",
        ),
    ] = None,
    allow_outside: AllowOutside = False,
) -> None:
    """Run what is missing and write the pages."""
    plan = plan_spec(spec, allow_outside=allow_outside, models=model)
    if dry_run:
        show_plan(plan, out)
    else:
        build_page(plan, out, prune=prune)


@app.command()
def render(
    results: ResultsFolder,
    out: OutFolder,
    format: Annotated[
        str | None,
        typer.Option("--format", metavar="FORMAT", help="single-file or site; default: the spec's"),
    ] = None,
    size_budget: Annotated[
        str | None,
        typer.Option("--size-budget", metavar="SIZE", help="Largest single file, such as 10MB."),
    ] = None,
    spec: PagesSpec = None,
    templates: TemplatesFolder = None,
    allow_outside: AllowOutside = False,
) -> None:
    """Write the pages again from stored results."""
    from reportgen import site

    own_spec = site.as_spec(spec, allow_outside=allow_outside)
    run = read_run(results)
    announce(
        site.render(
            run, out, format=format, size_budget=size_budget, spec=own_spec, templates=templates
        )
    )
    end(run)


def plan_spec(
    spec: Path, *, allow_outside: bool = False, models: Sequence[str] | None = None
) -> Plan:
    """Plan a spec, whose jobs are to be run for all of its models or only for those named."""
    from reportgen.plan import make_plan
    from reportgen.spec.loader import load_spec

    loaded = load_spec(spec, allow_outside=allow_outside)
    known = [model.id for model in loaded.models]
    for name in models or ():
        if name not in known:
            raise ReportgenError(
                f"the spec has no model {name!r}", "--model", f"its models: {', '.join(known)}"
            )
    return replace(make_plan(loaded), only=frozenset(models) if models else None)


def show_plan(plan: Plan, out: Path) -> None:
    """Print one line per job and what all missing ones cost."""
    from reportgen.plan import describe_plan
    from reportgen.results.store import Store

    rows = describe_plan(plan, Store(out / "results").has)
    width = max((len(row.model) for row in rows), default=0)
    for row in rows:
        state = "stored" if row.stored else f"about {row.cost / 1e9:,.1f} GFLOP"
        print(f"{row.id}  {row.model:{width}}  input {row.input + 1:<4} {state:22} {row.where}")
    missing = [row for row in rows if not row.stored]
    cost = sum(row.cost for row in missing)
    print(f"{len(rows)} jobs, {len(missing)} to run, about {cost / 1e9:,.1f} GFLOP (an estimate)")


def build_page(plan: Plan, out: Path, *, prune: bool = False) -> None:
    """Run and render; exits with 1 where an input could not be explained by every method."""
    from reportgen import site
    from reportgen.results.files import using

    prepare_charts(plan)
    with keeping(out / "results"), using(out / "results") as folder:
        try:
            results = run_with_progress(plan, out)
        except KeyboardInterrupt:
            complain("interrupted; finished results are kept", "run the same command to go on")
            raise typer.Exit(INTERRUPTED) from None
        if prune:
            remove_others(results, plan, folder)
        with err_console().status("writing the pages"):
            written = site.render(results, out, spec=plan.spec)
    announce(written)
    note_unfinished(results.manifest, out)
    if tell_failures(results):
        raise typer.Exit(WRONG)


def tell_failures(results: Results) -> bool:
    """Print why inputs were not explained, or not by all methods; tell whether there are any.

    Methods that failed for the same reason on several inputs of a model are told once.
    """
    from reportgen.rendering.wording.labels import title
    from reportgen.rendering.wording.numbers import count

    found: dict[tuple[str, str, str], list[str]] = {}
    for entry, result in results.entries:
        here = f"{entry.model}, input {entry.input + 1}"
        if result.error is not None:
            error = result.error
            complain(f"{error.where or here}: {error.message}", error.hint)
        for name, error in result.failed.items():
            message = f"{title(name)} could not be computed: {error.message}"
            found.setdefault((entry.model, message, error.hint), []).append(error.where or here)
    for (_, message, hint), places in found.items():
        more = f" (and for {count(len(places) - 1, 'more input')})" if places[1:] else ""
        complain(f"{places[0]}: {message}{more}", hint)
    return bool(found) or any(result.error for _, result in results.entries)


def prepare_charts(plan: Plan) -> None:
    """Start making the chart library, where the pages will have charts that it draws."""
    from reportgen.methods.layer_conductance import METHOD

    if any(method.name == METHOD.name for job in plan.jobs for method in job.methods):
        from reportgen.rendering.drawing.vega import prepare

        prepare()


def remove_others(results: Results, plan: Plan, folder: Using) -> None:
    """Remove the results that ``plan`` has no use for, unless another build may have."""
    with folder.alone() as alone:
        if alone:
            results.store.prune({job.id for job in plan.jobs})
        else:
            note = "nothing was pruned: another build is at work in the same folder"
            complain(note, "the last of them to end prunes", kind="note")


def run_with_progress(plan: Plan, out: Path) -> Results:
    """Run a plan; on a terminal with a bar that counts jobs and shows the time left."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from reportgen.api import run_plan
    from reportgen.spec.shown import shown_command

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("time left"),
        TimeRemainingColumn(),
        console=err_console(),
        disable=not err_console().is_terminal,
        transient=True,
    )
    with bar:
        task = bar.add_task("starting", total=len(plan.jobs))

        def advance(event: Event) -> None:
            text = f"loading {event.model}" if event.kind == "loading" else event.model
            bar.update(task, description=text, completed=event.done, total=event.total)

        command = shown_command(sys.argv[1:], plan.spec.base)
        results = run_plan(plan, out, command=command, progress=advance)
    return results


def announce(written: Written) -> None:
    """Say what was written, how large it and its parts are, what it found and how to open it."""
    from reportgen.rendering.wording.numbers import count, megabytes

    verdicts = f": {', '.join(written.verdicts)}" if written.verdicts else ""
    pages = f"{count(written.pages, 'page')}, " if written.pages > 1 else ""
    print(f"Wrote {written.path} ({pages}{megabytes(written.size)}){verdicts}.")
    parts = ", ".join(f"{name} {megabytes(size)}" for name, size in written.parts if size)
    print(f"Size by part: {parts}.")
    hint = "build a site (report: {format: site}), or raise report.size_budget"
    if written.left_out:
        missing = ", ".join(f"{name} of {count(n, 'input')}" for name, n in written.left_out)
        complain(f"left out to keep the file small: {missing}", hint, kind="note")
    if written.over:
        over = f"the file is {megabytes(written.over)} over its size budget"
        complain(f"{over} with all left out that can be", hint, kind="note")
    if written.lacks_templates:
        note_templates("this run")
    print(f"Open it in any browser: {written.path.resolve().as_uri()}")
