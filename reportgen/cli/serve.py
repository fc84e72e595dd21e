"""The command that shows a report while its spec is being written."""

from __future__ import annotations

import threading
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from reportgen.cli.app import AllowOutside, SpecPath, app, complain, err_console, tell
from reportgen.cli.system import keeping
from reportgen.errors import ReportgenError

if TYPE_CHECKING:
    from reportgen.engine.events import Event
    from reportgen.results.tables import Results
    from reportgen.serve.frame import Published
    from reportgen.spec.models import Spec


@app.command()
def serve(
    spec: SpecPath,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Folder for results/ and the pages; default: the spec's name without its ending.",
        ),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", metavar="N", help="Port on this machine; 0 for a free one.")
    ] = 8000,
    allow_outside: AllowOutside = False,
) -> None:
    """Build a report, show it on this machine, and build it again when its files change."""
    from reportgen.serve.rebuild import keep_built
    from reportgen.serve.server import serving
    from reportgen.serve.watch import Watch
    from reportgen.spec.paths import kind

    if not spec.exists():
        raise ReportgenError(
            "no such file", where=str(spec), hint="write one to start from: reportgen init"
        )
    if not spec.is_file():
        raise ReportgenError(f"expected a file, found {kind(spec.stat())}", where=str(spec))
    out = Path(spec.stem) if out is None else out
    if out.exists() and not out.is_dir():
        raise ReportgenError("expected a folder, found a file", where=str(out), hint="name another")
    with serving(out, port) as server:
        print(f"Open {server.url} in a browser on this machine. Ctrl-C ends it.", flush=True)
        try:
            builder = Builder(spec, out, allow_outside=allow_outside)
            keep_built(server, Watch(spec, out), builder, report_error, stop=threading.Event())
        except KeyboardInterrupt:
            print(f"\nEnded. The report stays in {out}.")


class Builder:
    """Builds one spec; keeps the results of the last run for when only the pages change."""

    def __init__(self, spec: Path, out: Path, *, allow_outside: bool = False) -> None:
        self.spec = spec
        self.out = out
        self.allow_outside = allow_outside
        self.results: Results | None = None
        self.built_spec: Spec | None = None

    def __call__(self, run: bool) -> Published:
        """Run what is missing unless only the pages change; write the pages and say so."""
        from reportgen.rendering.wording.numbers import megabytes, number
        from reportgen.serve.rebuild import publish

        begun = perf_counter()
        if run or self.results is None:
            self.results = None
            self.results = self.run()
        with keeping(self.out / "results"), err_console().status("writing the pages"):
            report, written = publish(self.results, self.out, self.built_spec)
        seconds = number(perf_counter() - begun)
        verdicts = f": {', '.join(written.verdicts)}" if written.verdicts else ""
        size = megabytes(written.size)
        print(f"Wrote {self.out / report.page} ({size}, {seconds} s){verdicts}.", flush=True)
        return report

    def run(self) -> Results:
        from reportgen.api import run_plan
        from reportgen.cli.build import plan_spec, prepare_charts
        from reportgen.spec.shown import shown_command

        plan = plan_spec(self.spec, allow_outside=self.allow_outside)
        self.built_spec = plan.spec
        prepare_charts(plan)
        words = ["build", str(self.spec), "--out", str(self.out)]
        words += ["--allow-outside"] if self.allow_outside else []
        command = shown_command(words, plan.spec.base)
        with err_console().status("building") as status:

            def advance(event: Event) -> None:
                doing = "loading " if event.kind == "loading" else ""
                status.update(f"{doing}{event.model}: {event.done} of {event.total} jobs")

            with keeping(self.out / "results"):
                return run_plan(plan, self.out, command=command, progress=advance)


def report_error(error: Exception) -> None:
    """Print what is wrong, as the other commands do."""
    from reportgen.serve.rebuild import error_text

    if isinstance(error, ReportgenError):
        tell(error)
    else:
        complain(error_text(error))
