"""Run jobs in this process, inputs of like length together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from reportgen.engine.events import Finished, Loading
from reportgen.engine.failures import failed
from reportgen.engine.findings import methods_of
from reportgen.engine.job import attempt, explain, read
from reportgen.engine.memory import is_out_of_memory
from reportgen.engine.models.loaded_model import LoadedModel, load
from reportgen.engine.models.precision import float32_difference
from reportgen.engine.path.capacity import inputs_per_sweep
from reportgen.engine.quiet import quiet
from reportgen.engine.run_paths import sweep_needs
from reportgen.engine.tokens import Encoding
from reportgen.errors import ModelError
from reportgen.jobs import Job
from reportgen.results.model import JobResult
from reportgen.results.store import Store

SPREAD = 1.25
"""How much longer than the shortest the longest input of a batch may be."""

USUAL_TARGETS = 4
"""Outputs of one input that memory is kept for."""


def execute(jobs: Iterable[Job], store: Store) -> Iterator[Loading | Finished]:
    """Run ``jobs``, grouped by model, and write each result as soon as it is there.

    What goes wrong in a job becomes its error result, and the next job runs; a model that
    cannot be loaded fails all its jobs.
    """
    for planned, group in groupby(jobs, key=lambda job: job.model):
        yield Loading(planned.spec.id)
        mine = list(group)
        try:
            loaded = load(planned, mine[0].seed)
        except Exception as error:
            if is_out_of_memory(error):
                error = ModelError(
                    "there is not enough memory to load the model",
                    where=planned.where,
                    hint="use a machine with more memory, or dtype: bfloat16",
                )
            for job in mine:
                store.write(failed(job, error), {})
                yield Finished(job, "error", None)
            continue
        yield from run(loaded, mine, store)
        del loaded  # two models need not fit in memory


def run(loaded: LoadedModel, jobs: Sequence[Job], store: Store) -> Iterator[Finished]:
    """Explain ``jobs`` with their model, the short inputs first."""
    inputs: list[tuple[Job, Encoding]] = []
    for job in jobs:
        with quiet():
            encoding = attempt(job, read, loaded, job)
        if isinstance(encoding, Encoding):
            inputs.append((job, encoding))
        else:
            store.write(encoding, {})
            yield Finished(job, "error", loaded.info)
    compared = loaded.info.dtype == "float32"
    for batch in batches(loaded, inputs):
        with quiet():
            results = explain(loaded, batch, store)
        for (job, encoding), (result, arrays) in zip(batch, results, strict=True):
            if result.status == "done" and not compared:
                result = with_float32(loaded, job, encoding, result)
                compared = True
            store.write(result, arrays)
            yield Finished(job, result.status, loaded.info)


def with_float32(loaded: LoadedModel, job: Job, encoding: Encoding, result: JobResult) -> JobResult:
    """Add to a result how far the logits are from those in float32."""
    try:
        difference = float32_difference(loaded, encoding, job.seed)
    except Exception as error:  # a second model may not fit; the result is there all the same
        reason = job.model.hide_folders(str(error))
        warning = f"How far {loaded.info.dtype} is from float32 could not be measured: {reason}"
        return result.model_copy(update={"warnings": (*result.warnings, warning)})
    self_tests = result.self_tests | {"float32_logits": difference}
    return result.model_copy(update={"self_tests": self_tests})


def batches(
    loaded: LoadedModel, inputs: Sequence[tuple[Job, Encoding]]
) -> Iterator[list[tuple[Job, Encoding]]]:
    """Group inputs of like length and the same methods, as many as one sweep takes.

    Without a sweep each is alone.
    """
    batch: list[tuple[Job, Encoding]] = []
    for job, encoding in sorted(inputs, key=lambda pair: len(pair[1])):
        needs = sweep_needs(methods_of(job))
        most = 1
        if needs is not None:
            most = inputs_per_sweep(loaded, len(encoding), written_tokens(encoding), needs)
        if batch and (
            len(batch) >= most
            or len(encoding) > SPREAD * len(batch[0][1])
            or job.methods != batch[0][0].methods
        ):
            yield batch
            batch = []
        batch.append((job, encoding))
    if batch:
        yield batch


def written_tokens(encoding: Encoding) -> int:
    """Return how many outputs may be explained: one for each token a language model writes."""
    continuation = sum(token.segment == "continuation" for token in encoding.tokens)
    return max(USUAL_TARGETS, continuation, len(encoding.decoder or ()))
