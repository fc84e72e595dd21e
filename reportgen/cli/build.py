"""Commands that make a report: from a spec, or again from stored results."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
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
    one_line,
    read_run,
)
from reportgen.cli.reasons import show_reasons
from reportgen.cli.system import keeping, system_error
from reportgen.errors import ReportgenError

if TYPE_CHECKING:
    from reportgen.engine.events import Event
    from reportgen.executor import Executor
    from reportgen.plan import Plan
    from reportgen.results.files import Using
    from reportgen.results.store import Store
    from reportgen.results.tables import Results
    from reportgen.site import Written
    from reportgen.site.written import Progress as Advance


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
    explain: Annotated[
        bool, typer.Option("--explain", help="Only say why each job would run, or need not.")
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
    executor: Annotated[
        str, typer.Option("--executor", metavar="local|ray", help="Where jobs run.")
    ] = "local",
    workers: Annotated[
        int, typer.Option("--workers", metavar="N", help="Processes that run them.")
    ] = 1,
    address: Annotated[
        str | None,
        typer.Option(
            "--address", metavar="HOST:PORT|auto", help="A Ray cluster; default: one is started."
        ),
    ] = None,
    cpus_per_worker: Annotated[
        float | None,
        typer.Option("--cpus-per-worker", metavar="N", help="Cores that Ray gives a worker."),
    ] = None,
    gpus_per_worker: Annotated[
        float,
        typer.Option("--gpus-per-worker", metavar="N", help="GPUs that Ray gives a worker."),
    ] = 0,
    results: Annotated[
        str | None,
        typer.Option(
            "--results", metavar="DIR|URL", help="Where results go; default: results/ in --out."
        ),
    ] = None,
) -> None:
    """Run what is missing and write the pages."""
    from reportgen.executor import Executor

    where = Executor(executor, workers, address, cpus_per_worker, gpus_per_worker)
    plan = plan_spec(spec, allow_outside=allow_outside, models=model)
    if explain:
        show_reasons(plan, out, results)
    elif dry_run:
        show_plan(plan, out, results)
    else:
        build_page(plan, out, prune=prune, executor=where, results=results)


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
    with pages_bar() as advance:
        written = site.render(
            run,
            out,
            format=format,
            size_budget=size_budget,
            spec=own_spec,
            templates=templates,
            progress=advance,
        )
    announce(written)
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


def show_plan(plan: Plan, out: Path, results: str | None = None) -> None:
    """Print one line per job, each as soon as it is planned, and what all missing ones cost."""
    from reportgen.plan import describe_plan
    from reportgen.results.store import Store

    width = max(len(model.spec.id) for model in plan.models)
    listed, missing, cost = 0, 0, 0.0
    for row in describe_plan(plan, Store(results or out / "results").has):
        listed += 1
        if not row.stored:
            missing, cost = missing + 1, cost + row.cost
        state = "stored" if row.stored else f"about {row.cost / 1e9:,.1f} GFLOP"
        print(f"{row.id}  {row.model:{width}}  input {row.input + 1:<4} {state:22} {row.where}")
    print(f"{listed} jobs, {missing} to run, about {cost / 1e9:,.1f} GFLOP (an estimate)")


def build_page(
    plan: Plan,
    out: Path,
    *,
    prune: bool = False,
    executor: Executor | None = None,
    results: str | None = None,
) -> None:
    """Run and render what has changed; exits with 1 where an input could not be explained wholly.

    Where the same was built before and all of it is there, no model, template or result is read.
    """
    from reportgen import site
    from reportgen.results.store import Store
    from reportgen.site.made import Made, asked_run, run_key

    asked = asked_run(plan)
    made = Made(out, appearance(plan))
    store = Store(results or out / "results")
    with keeping(store.folder if store.is_local else out / "results"), store.in_use() as marked:
        is_new = not made.run or made.run != run_key(asked, store)
        before = None if is_new else made.unchanged()
        if before is None:
            run = run_or_read(plan, out, store, is_new=is_new, executor=executor, results=results)
        if prune:
            remove_others(asked.jobs, store, marked)
        if before is not None:
            announce(before, unchanged=True)
            return
        with pages_bar() as advance:
            written = site.render(run, out, spec=plan.spec, made=made, progress=advance)
        whole = not written.troubled and run.manifest.planned is None
        made.write(written, run_key(asked, store) if whole else "")
    announce(written)
    note_unfinished(run.manifest, results or out)
    if tell_failures(run, written):
        raise typer.Exit(WRONG)


def appearance(plan: Plan) -> str:
    """Return a hash of all that turns results into pages."""
    from reportgen.rendering.brand import find_templates
    from reportgen.site.made import look

    return look(find_templates(plan.spec, None))


def run_or_read(
    plan: Plan,
    out: Path,
    store: Store,
    *,
    is_new: bool,
    executor: Executor | None,
    results: str | None,
) -> Results:
    """Run what is missing; where nothing is, and nothing else is new, read what is stored."""
    from reportgen.results.tables import Results

    if not is_new:
        return Results(store.folder)
    prepare_charts(plan)
    try:
        return run_with_progress(plan, out, executor, results)
    except KeyboardInterrupt:
        complain("interrupted; finished results are kept", "run the same command to go on")
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def pages_bar() -> Iterator[Advance]:
    """Show on a terminal how many inputs are on their pages; what is given is told of each."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = TextColumn("writing the pages"), BarColumn(), MofNCompleteColumn()
    bar = Progress(*columns, console=err_console(), transient=True)
    with bar:
        task = bar.add_task("pages", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def tell_failures(results: Results, written: Written) -> bool:
    """Print why inputs were not explained, or not by all methods; tell whether there are any.

    Methods that failed for the same reason on several inputs of a model are told once. Only the
    results that ``written`` names are read.
    """
    from reportgen.rendering.wording.labels import title
    from reportgen.rendering.wording.numbers import count

    found: dict[tuple[str, str, str], list[str]] = {}
    troubled = set(written.troubled)
    for place, entry in enumerate(results.manifest.jobs):
        if (entry.model, entry.input) not in troubled:
            continue
        _, result = results.entries[place]
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
    return bool(troubled)


def prepare_charts(plan: Plan) -> None:
    """Start making the chart library, where the pages will have charts that it draws."""
    from reportgen.methods.layer_conductance import METHOD

    if any(method.name == METHOD.name for method in plan.spec.methods):
        from reportgen.rendering.drawing.vega import prepare

        prepare()


def remove_others(jobs: Iterable[str], store: Store, marked: Using) -> None:
    """Remove the results of all jobs but these, unless another build may have use for them."""
    with marked.alone() as alone:
        if alone:
            store.prune(set(jobs))
        else:
            note = "nothing was pruned: another build is at work in the same folder"
            complain(note, "the last of them to end prunes", kind="note")


def run_with_progress(
    plan: Plan, out: Path, executor: Executor | None, results: str | None
) -> Results:
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
        run = run_plan(
            plan, out, command=command, progress=advance, executor=executor, results=results
        )
    return run


def announce(written: Written, *, unchanged: bool = False) -> None:
    """Say what was written, how large it and its parts are, what it found and how to open it.

    ``unchanged``: all of it was there, and nothing was written.
    """
    from reportgen.rendering.wording.numbers import count, megabytes
    from reportgen.results.model import LARGE_RUN

    verdicts = f": {', '.join(written.verdicts)}" if written.verdicts else ""
    pages = f"{count(written.pages, 'page')}, " if written.pages > 1 else ""
    if unchanged:
        print("Nothing has changed since this was written:")
    about = one_line(f"({pages}{megabytes(written.size)}){verdicts}")
    print(f"Wrote {written.path} {about}.")
    parts = ", ".join(f"{name} {megabytes(size)}" for name, size in written.parts if size)
    print(one_line(f"Size by part: {parts}."))
    if written.by_size:
        print(
            f"It is a site because the run has more than {LARGE_RUN:,} results; "
            "report: {format: single-file} in the spec asks for one file."
        )
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
