"""Run jobs in this process, inputs of like length together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby

from reportgen.engine.events import Finished, Loading
from reportgen.engine.executors.windows import windows
from reportgen.engine.failures import failed
from reportgen.engine.findings import methods_of
from reportgen.engine.job import attempt, explain, read
from reportgen.engine.memory import give_back, is_out_of_memory
from reportgen.engine.models.loaded_model import LoadedModel, load
from reportgen.engine.models.precision import float32_difference
from reportgen.engine.path.capacity import inputs_per_sweep
from reportgen.engine.quiet import quiet
from reportgen.engine.run_paths import sweep_needs
from reportgen.engine.tokens import Encoding
from reportgen.engine.training.examples import described as training_data
from reportgen.errors import ModelError
from reportgen.jobs import Job, PlannedModel
from reportgen.results.model import JobResult, ModelInfo
from reportgen.results.store import Store

SPREAD = 1.25
"""How much longer than the shortest the longest input of a batch may be."""

USUAL_TARGETS = 4
"""Outputs of one input that memory is kept for."""


def execute(jobs: Iterable[Job], store: Store) -> Iterator[Loading | Finished]:
    """Run ``jobs`` in this process, one window after the other."""
    for planned, group in groupby(jobs, key=lambda job: job.model):
        yield Loading(planned.spec.id)
        first = next(group)
        loaded = load_or_say(planned, first.seed)
        for number, window in enumerate(windows(chain([first], group))):
            yield from run(loaded, window, store, compare=number == 0)
        del loaded  # two models need not fit in memory


def load_or_say(planned: PlannedModel, seed: int) -> LoadedModel | Exception:
    """Load a model, or return why it cannot be."""
    try:
        return load(planned, seed)
    except Exception as error:
        if not is_out_of_memory(error):
            return error.with_traceback(None)  # whose frames keep what was loaded of it
        return ModelError(
            "there is not enough memory to load the model",
            where=planned.where,
            hint="use a machine with more memory, or dtype: bfloat16",
        )


def run(
    loaded: LoadedModel | Exception, jobs: Sequence[Job], store: Store, *, compare: bool
) -> Iterator[Finished]:
    """Explain ``jobs`` with their model, the short inputs first, or write why they cannot be.

    ``compare``: of a model that is not in float32, measure with the first result how far it is.
    """
    if isinstance(loaded, Exception):
        for job in jobs:
            store.write(failed(job, loaded), {})
            yield Finished(job, "error", None)
        return
    inputs: list[tuple[Job, Encoding]] = []
    for job in jobs:
        with quiet():
            encoding = attempt(job, read, loaded, job)
        if isinstance(encoding, Encoding):
            inputs.append((job, encoding))
        else:
            store.write(encoding, {})
            yield Finished(job, "error", loaded.info)
    compare = compare and loaded.info.dtype != "float32"
    for batch in batches(loaded, inputs):
        with quiet():
            results = explain(loaded, batch, store)
        give_back()
        for (job, encoding), (result, arrays) in zip(batch, results, strict=True):
            if compare and result.status == "done":
                result = with_float32(loaded, job, encoding, result)
                compare = False
            store.write(result, arrays)
            yield Finished(job, result.status, info(loaded))


def info(loaded: LoadedModel) -> ModelInfo:
    """Describe a model, with what has been found of its training examples by now."""
    return loaded.info.model_copy(update={"training": training_data(loaded)})


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
