"""The whole flow in one call: a spec in, stored results out, which show themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from random import SystemRandom
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from reportgen.executor import Executor
from reportgen.methods import FIRST_LOOK
from reportgen.plan import Plan, make_plan
from reportgen.results import tables
from reportgen.results.store import Store
from reportgen.spec.loader import load_spec
from reportgen.spec.models import Spec
from reportgen.spec.quick import quick_spec, write_spec

if TYPE_CHECKING:
    from reportgen.engine import Progress
    from reportgen.results.compare.runs import RunComparison
    from reportgen.verify import Proof


NOTEBOOK = "5MB"
"""The size budget of a report inside a notebook, which keeps it in its own file."""


class Results(tables.Results):
    """Stored results of one run; in a notebook they show themselves as their report.

    Raises ``ResultsError`` where the folder holds no results, or results of a newer format.
    """

    def _repr_html_(self) -> str:
        """Return the report in a frame of its own, with pictures in place of live charts."""
        from reportgen import site

        page = site.notebook(self, NOTEBOOK)
        return (
            f'<iframe srcdoc="{escape(page)}" sandbox="allow-scripts" width="100%" height="720" '
            f'frameborder="0" title="{escape(self.manifest.title)}"></iframe>'
        )


def load(folder: Path | str) -> Results:
    """Read the stored results of a run, without torch or the model.

    ``folder`` is what a build wrote to, its folder ``results``, or the URL of either in an object
    store (``s3://bucket/run``). A run that has not ended is what there is of it, with a number in
    ``manifest.planned``. Raises ``ResultsError`` where it holds none, or those of a newer format;
    what is damaged is an error row of ``Results.jobs()``.
    """
    return Results(folder)


def merge(runs: Sequence[Path | str], out: Path | str) -> Results:
    """Join runs of one spec that were computed apart, and return the results of all.

    ``runs`` are folders that builds wrote to, finished or not: of other models, other inputs, or
    the same. Their results are copied to ``OUT/results``; ``out`` may be one of them. A result that
    is done comes before one that failed; of several versions of one the first run's is kept; where
    the only file is damaged there is no result. Raises ``ReportgenError``, saying what differs,
    where they are not runs of one spec, the same models and the same inputs.
    """
    from reportgen.results.merge import merge as merge_runs

    merge_runs(runs, out)
    return Results(out)


def compare(
    base: tables.Results | Path | str,
    head: tables.Results | Path | str,
    *,
    method: str | None = None,
) -> RunComparison:
    """Compare two stored runs, given as results or as the folders that hold them.

    ``method`` names what explanations are compared by; by default integrated gradients, where
    both runs have them. ``reportgen.render_comparison(found, out)`` writes the page. Raises
    ``ResultsError`` where the runs cannot be compared.
    """
    from reportgen.results.compare.runs import compare as compare_runs

    runs = (run if isinstance(run, tables.Results) else Results(run) for run in (base, head))
    return compare_runs(*runs, method=method)


def run(
    source: Path | str | Mapping[str, Any] | Spec,
    out: Path | str,
    *,
    progress: Progress | None = None,
    allow_outside: bool = False,
    executor: str | Executor = "local",
    workers: int = 1,
) -> Results:
    """Run what is missing of a spec and return its results, stored under ``OUT/results``.

    ``source`` is the path of a YAML spec, its content as a mapping, or a ``Spec``; relative
    paths in it start at the spec file's folder (else at the working directory), and links
    there may lead out of it only where ``allow_outside`` is given. Raises ``SpecError`` with
    the problems of the spec. An input that cannot be explained does not raise: it is an error
    row of ``Results.jobs()``. ``progress`` is called with an event whenever a model is loaded or a
    job has ended. ``executor`` is ``local`` or ``ray``, with so many ``workers``, or an
    ``Executor``, which says more of a cluster.
    """
    if isinstance(executor, str):
        executor = Executor(executor, workers)
    spec = load_spec(source, allow_outside=allow_outside)
    return run_plan(make_plan(spec), out, progress=progress, executor=executor)


class Look(Results):
    """The results of one look: in a notebook they show themselves, in a browser at ``page``.

    ``spec`` is the file that they can be built with again.
    """

    def __init__(self, out: Path, page: Path, spec: Path) -> None:
        super().__init__(out)
        self.page = page
        self.spec = spec


def explain(
    model: Any,
    texts: str | Sequence[str] = (),
    *,
    tokenizer: Any = None,
    question: str | None = None,
    context: str | None = None,
    prompt: str | None = None,
    methods: Sequence[str] = FIRST_LOOK,
    task: str | None = None,
    out: Path | str = "explained",
) -> Look:
    """Explain a few texts without a spec, and write the page and the spec that is used to ``out``.

    ``model`` is a Hub id, a local folder, or a model of transformers that is in memory, with its
    ``tokenizer``: it is written to a temporary folder, loaded once more from there, and known by
    a hash of its weights, so that its results cannot be built again from a path. A plain text is
    what the task of the model reads: a text, a prompt, or a source. Raises ``ReportgenError``
    where no task is found, the inputs are none for it, or ``out`` holds the spec of somebody.
    """
    from reportgen import site

    out = Path(out)
    with TemporaryDirectory() as folder:
        base, about = Path(), {"path": str(model)}
        if not isinstance(model, str | Path):
            from reportgen.engine.models.in_memory import save

            base = Path(folder)
            about = save(model, tokenizer, base)
        spec = quick_spec(
            about | ({} if task is None else {"task": task}),
            [texts] if isinstance(texts, str) else list(texts),
            methods,
            question=question,
            context=context,
            prompt=prompt,
            base=base,
        )
        path = write_spec(spec, out, base)
        loaded = load_spec(path) if isinstance(model, str | Path) else load_spec(spec, base)
        results = run_plan(make_plan(loaded), out)
    return Look(out, site.render(results, out).path, path)


def recompute(results: tables.Results, spec: Spec, amount: int) -> list[Proof]:
    """Compute some stored results anew, drawn at random, and compare them with what is stored.

    The models are those of ``spec``, which is the caller's own; what it says otherwise than the
    run did is told. Nothing that is stored is changed.
    """
    from reportgen import engine
    from reportgen.verify import Proof, compare_results

    plan = make_plan(spec)
    known = {info.id: info for info in results.manifest.models}
    done = [pair for pair in results.entries if pair[1].status == "done"]
    drawn = SystemRandom().sample(done, min(amount, len(done)))
    wanted = {(entry.model, entry.input) for entry, _ in drawn}
    keyed = (((job.model.spec.id, job.input.index), job) for job in plan.jobs)
    jobs = {key: job for key, job in keyed if key in wanted}
    proofs, chosen = [], []
    for entry, stored in drawn:
        job = jobs.get((entry.model, entry.input))
        name = f"{entry.model}, input {entry.input + 1}"
        if job is None or job.input.fields != stored.fields:
            proofs.append(Proof(name, False, "the spec has no such input for this model"))
        elif job.model.weights_sha256 != known[entry.model].weights_sha256:
            proofs.append(Proof(name, False, "the model of the spec has other weights"))
        else:
            chosen.append((stored, job))
    with TemporaryDirectory() as folder:
        store = Store(folder)
        engine.run(replace(plan, jobs=tuple(job for _, job in chosen)), store)
        for stored, job in chosen:
            anew = store.read_header(job.id), store
            proofs.append(compare_results((stored, results.store), anew))
    if not drawn:
        proofs.append(Proof("recompute", None, "the run has no result that could be computed"))
    return proofs


def run_plan(
    plan: Plan,
    out: Path | str,
    *,
    command: str = "",
    progress: Progress | None = None,
    executor: Executor | None = None,
    results: Path | str | None = None,
) -> Results:
    """Run the jobs of ``plan`` that ``results``, by default ``OUT/results``, has no result of."""
    from reportgen import engine  # loads torch: only once there is something to run

    store = Store(Path(out) / "results" if results is None else results)
    engine.run(plan, store, command=command, progress=progress, executor=executor)
    return Results(out if results is None else results)
