"""Runs of as many results as asked for, made of a few, and what a report of them takes.

    python tests/benchmarks/many_results.py FROM OUT N [--models K] [--plain]
    python tests/benchmarks/many_results.py --measure OUT

The first writes a run of N inputs and K models into OUT: the results of the run in FROM again and
again, under other ids and with a number in each text. One input in 200 failed, one in 20 came out
wrong, three in a row are a group, and the spec has four checks; ``--plain``: nothing of it. The
second measures what ``make_report`` takes on such a run: milliseconds and bytes for each result,
and the peak of the process's memory.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from reportgen.results.model import Failure, JobEntry, JobResult
from reportgen.results.store import Store

CHECKS = (
    {"prediction": {"equals": "expect"}},
    {"convergence": {"max": 0.05}},
    {"invariance": {}},
    {"probability": {"min": 0.55, "severity": "warn"}},
)
"""What the spec asks: outcomes for each result, and a comparison of those of a group."""

FAILED, WRONG, GROUP = 200, 20, 3
"""Of how many inputs one failed and one is wrong, and how many are a group."""


def make_many(
    source: Path, out: Path, inputs: int, *, models: int = 1, plain: bool = False
) -> Path:
    """Write a run of ``inputs`` for each of ``models`` into ``out``; return ``out``."""
    old, new = Store(source / "results"), Store(out / "results")
    manifest = old.read_manifest()
    few = [read(old, entry) for entry in manifest.jobs if entry.status == "done"]
    infos = tuple(
        manifest.models[0].model_copy(update={"id": f"model-{k + 1}"}) for k in range(models)
    )
    entries = []
    (out / "results").mkdir(parents=True, exist_ok=True)
    for k, info in enumerate(infos):
        for i in range(inputs):
            result, arrays = few[(i + k) % len(few)]
            header = one_of_many(result, info.id, k, i, plain=plain)
            new.write(header, arrays if header.status == "done" else {})
            told = {"status": header.status, "entry": 0}
            told |= {} if plain else {"group": f"group {i // GROUP + 1}"}
            entries.append(JobEntry(id=header.job, model=info.id, input=i, **told))
    checks = [] if plain else [dict(check) for check in CHECKS]
    spec = manifest.spec | {"checks": checks, "inputs": [{"file": "many.csv"}]}
    new.write_manifest(
        manifest.model_copy(
            update={"models": infos, "jobs": tuple(entries), "spec": spec, "title": "Many results"}
        )
    )
    return out


def read(store: Store, entry: JobEntry) -> tuple[JobResult, dict[str, np.ndarray]]:
    names = store.array_names(entry.id)
    return store.read_header(entry.id), {name: store.read_array(entry.id, name) for name in names}


def one_of_many(result: JobResult, model: str, k: int, i: int, *, plain: bool) -> JobResult:
    """Return ``result`` as that of the ``i``-th input: its text ends in a number of its own."""
    name = next(iter(result.fields))
    fields = result.fields | {name: f"{result.fields[name]} ({i + 1})"}
    about = {"job": f"{k:08x}{i:024x}", "model": model, "input": i, "fields": fields}
    if not plain and i % FAILED == FAILED - 1:
        error = Failure(kind="InputError", message="the text is empty", hint="write a text")
        return JobResult(**about, task=result.task, status="error", error=error)
    prediction = result.prediction
    if plain or prediction is None:
        return result.model_copy(update=about)
    wrong = i % WRONG == 0
    expected = "something else" if wrong else prediction.label
    judged = prediction.model_copy(update={"expected": expected, "correct": not wrong})
    return result.model_copy(update=about | {"prediction": judged, "expect": expected})


def measure(folder: Path) -> Iterator[str]:
    """Tell what a report of the run in ``folder`` takes."""
    from reportgen.rendering.overview.report import make_report
    from reportgen.results.tables import Results

    started = time.perf_counter()
    results = Results(folder)
    inputs = len(results.manifest.jobs)
    yield f"{inputs:,} results; manifest read in {time.perf_counter() - started:.1f} s"
    before, started = resident(), time.perf_counter()
    report = make_report(results)
    seconds, after = time.perf_counter() - started, resident()
    yield f"make_report: {seconds:.1f} s, {1e3 * seconds / inputs:.2f} ms a result"
    yield f"kept with what was read: {(after - before) / inputs / 1e3:.2f} kB a result"
    yield f"peak of the process: {peak() / 1e6:,.0f} MB"
    yield "; ".join(verdict.text for verdict in report.verdicts)


def resident() -> int:
    """Return the bytes of memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def peak() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("source", type=Path, nargs="?", help="a run to take results from")
    parser.add_argument("out", type=Path, nargs="?")
    parser.add_argument("inputs", type=int, nargs="?")
    parser.add_argument("--models", type=int, default=1)
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--measure", type=Path, metavar="OUT")
    given = parser.parse_args()
    if given.measure:
        for line in measure(given.measure):
            print(line)
    else:
        make_many(given.source, given.out, given.inputs, models=given.models, plain=given.plain)


if __name__ == "__main__":
    main()
