"""Explain jobs: one model on some inputs, with every method the spec asks for."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Any

import torch
from transformers import set_seed

from reportgen.engine.failures import failed, failure
from reportgen.engine.findings import Explained, ask_methods, make_result, methods_of
from reportgen.engine.first_token import leave_first_out
from reportgen.engine.kept_arrays import kept_arrays
from reportgen.engine.measures.removals import play
from reportgen.engine.methods import NotApplicable, PredictionContext, require_finite
from reportgen.engine.methods.read_positions import located
from reportgen.engine.models.capture import Recording, record
from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.other_outputs import NO_OTHER, compare_with_others, tests_random_logit
from reportgen.engine.removal.outputs import answer_round
from reportgen.engine.removal.rounds import alone, play_rounds
from reportgen.engine.reuse import (
    NOT_READ,
    NOTHING,
    RANDOM_LOGIT,
    TakenOver,
    take_over,
    with_general_tests,
)
from reportgen.engine.run_paths import integrate_paths
from reportgen.engine.sanity import sanity_tests
from reportgen.engine.tokens import Encoding
from reportgen.errors import InputError
from reportgen.jobs import Job
from reportgen.methods.faithfulness import Faithfulness
from reportgen.results.model import JobResult, RandomLogitCorrelation, Target
from reportgen.results.removal import Removal
from reportgen.results.store import Store


def read(loaded: LoadedModel, job: Job) -> Encoding:
    """Encode the input of a job; raises ``InputError`` where it cannot be read."""
    set_seed(job.seed)
    return loaded.task.read(loaded, job.input.fields)


def explain(
    loaded: LoadedModel, batch: Sequence[tuple[Job, Encoding]], store: Store | None = None
) -> list[Explained]:
    """Explain jobs of one plan, whose inputs were read, sweeping their paths together.

    The removals that their methods ask for are read together, too. What goes wrong with one input
    becomes its error result and does not touch the others. What the jobs' earlier results have in
    ``store`` is taken over.
    """
    started = time.perf_counter()
    takings = [take_over(job, store) for job, _ in batch]
    contexts = [attempt(job, make_context, loaded, job, encoding) for job, encoding in batch]
    groups: dict[frozenset[str], list[PredictionContext]] = defaultdict(list)
    for taken, context in zip(takings, contexts, strict=True):
        if isinstance(context, PredictionContext):
            groups[taken.names].append(context)
    for names, whole in groups.items():
        sweep(batch[0][0], whole, names)
    found = play_rounds(
        [
            partial(end, job, context, taken)
            for (job, _), context, taken in zip(batch, contexts, takings, strict=True)
        ],
        answer_round,
    )
    seconds = (time.perf_counter() - started) / len(batch)
    return [
        (result if result.status == "error" else in_time(result, seconds), arrays)
        for result, arrays in found
    ]


def sweep(job: Job, contexts: Sequence[PredictionContext], taken_over: frozenset[str]) -> None:
    """Sweep the paths that the methods of a job, and of others like it, have to ask for."""
    integrate_paths(contexts, methods_of(job), tests_random_logit(job), taken_over)


def end(job: Job, context: PredictionContext | JobResult, taken: TakenOver) -> Explained:
    """Finish a job, unless it went wrong before; an error result has no arrays."""
    if isinstance(context, PredictionContext):
        found = attempt(job, finish, job, context, taken)
        return (found, {}) if isinstance(found, JobResult) else found
    return context, {}


def in_time(result: JobResult, seconds: float) -> JobResult:
    return result.model_copy(update={"seconds": seconds})


def attempt(job: Job, step: Callable[..., Any], *arguments: Any) -> Any:
    """Take a step of a job; return the error result where it fails."""
    try:
        return step(*arguments)
    except Exception as error:  # one bad input must not cost the others their results
        return failed(job, error)


def make_context(loaded: LoadedModel, job: Job, encoding: Encoding) -> PredictionContext:
    """Make the prediction and, if a method needs it, the recording, in one forward pass.

    So the attention shown is that of the very prediction.
    """
    set_seed(job.seed)
    needed = any(method.needs_recording for method in methods_of(job))
    with torch.no_grad(), record(loaded.model) if needed else nullcontext(Recording()) as recording:
        output = loaded.forward([encoding])
    require_finite("the model", loaded.task.logits(output).float().cpu().numpy())
    prediction = loaded.task.predict(output, encoding, job.input.expect)
    return PredictionContext(
        loaded=loaded,
        encoding=encoding,
        output=output,
        prediction=prediction,
        expect=job.input.expect,
        recording=recording,
        seed=job.seed,
    )


def finish(job: Job, context: PredictionContext, taken: TakenOver) -> Explained:
    """Ask the methods, then what measures them; one that fails leaves the others.

    What is in ``taken`` is not asked for again, unless it is about other outputs than these.
    """
    found = ask_methods(job, context, taken.findings)
    targets = found.targets
    if found.has_rows and not targets:
        targets = whose_rows(context)
    kept = leave_first_out(context, targets) if found.keeps_first else None
    if not taken.fits(targets, kept):
        sweep(job, [context], NOTHING.names)
        return finish(job, context, NOTHING)
    content = context.encoding.content[kept is not None :]
    again = [method for method in methods_of(job) if method.name not in taken.names]
    compared: tuple[RandomLogitCorrelation, ...] = ()
    if tests_random_logit(job):
        try:
            compared = compare_with_others(
                context, targets, again, found.outputs, content, taken.correlations
            )
            if not compared:
                found.skipped[RANDOM_LOGIT] = NO_OTHER
        except Exception as error:
            found.errors[RANDOM_LOGIT] = error
    unread: tuple[str, ...] = ()
    try:
        if found.has_maps:
            targets = located(context, targets)
    except Exception as error:  # the maps are there all the same
        why = failure(job, error, named=True).message
        unread = (f"{NOT_READ} ({why}).",)
    removals: tuple[Removal, ...] = ()
    for measure in job.methods:
        if isinstance(measure, Faithfulness) and measure.name not in taken.names:
            try:
                removals = play(context, measure, found.arrays, targets)
            except NotApplicable as reason:
                found.skipped[measure.name] = str(reason)
            except Exception as error:  # the explanations are there all the same
                found.errors[measure.name] = error
    with alone():  # for some of them the model has other weights
        computed = [method for method in again if method.name in found.outputs]
        asked = [method for method in job.methods if method.name not in taken.names]
        tested = sanity_tests(job, asked, context, computed, found.arrays, targets, content)
    found.skipped |= tested.skipped
    found.errors |= tested.errors
    found.warnings |= tested.warnings
    records = {
        "removals": removals,
        "randomized": tested.randomized,
        "changes": tested.changes,
        "sensitivity": tested.sensitivity,
        "perturbations": tested.perturbations,
    }
    encoding = context.encoding
    result, arrays = make_result(
        job,
        found,
        targets,
        content,
        (context.loaded.warnings, unread),
        generated=encoding.generated,
        truncation=encoding.truncation,
        tokens=encoding.tokens,
        words=encoding.words,
        decoder_tokens=encoding.decoder.tokens if encoding.decoder else (),
        prediction=context.prediction,
        kept=kept,
        random_logit=compared,
        **records | taken.records(job),
    )
    result = with_general_tests(result, taken.result)
    return result, kept_arrays(job.keep, arrays, targets)


def whose_rows(context: PredictionContext) -> tuple[Target, ...]:
    """Return the predicted outputs, whose rows are shown where no method explains an output."""
    try:
        return context.targets("predicted")
    except InputError:  # there is none
        return ()
