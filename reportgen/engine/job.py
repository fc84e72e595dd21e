"""Explain jobs: one model on some inputs, with every method the spec asks for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from transformers import set_seed

from reportgen.engine.failures import failed, failure, identity
from reportgen.engine.first_token import leave_first_out
from reportgen.engine.kept_arrays import kept_arrays
from reportgen.engine.measures.agreement import agreement, head_agreement
from reportgen.engine.measures.random_logit import random_logit
from reportgen.engine.measures.removals import play
from reportgen.engine.methods import (
    REGISTRY,
    MethodImplementation,
    MethodOutput,
    NotApplicable,
    PredictionContext,
)
from reportgen.engine.methods.base import require_finite
from reportgen.engine.methods.path_method import PathMethod
from reportgen.engine.methods.read_positions import located
from reportgen.engine.models.capture import Recording, record
from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.models.quantised import cannot_be_read
from reportgen.engine.path.embedding_path import EmbeddingPath
from reportgen.engine.path.integral import Integral
from reportgen.engine.removal.outputs import answer_round
from reportgen.engine.removal.rounds import alone, play_rounds
from reportgen.engine.run_paths import integrate_paths, other_targets
from reportgen.engine.sanity import sanity_tests
from reportgen.engine.tokens import Encoding
from reportgen.errors import InputError
from reportgen.jobs import Job
from reportgen.methods import all_methods, faithfulness, get
from reportgen.methods import random_logit as logit_test
from reportgen.results.model import (
    JobResult,
    RandomLogitCorrelation,
    Target,
    TriedBaseline,
)
from reportgen.results.removal import Removal
from reportgen.spec.methods import settings

NOT_READ = (
    "From which tokens the output is read could not be found, so rows of maps are means over all"
)

Explained = tuple[JobResult, dict[str, np.ndarray]]
"""The result of a job, and its arrays."""


def read(loaded: LoadedModel, job: Job) -> Encoding:
    """Encode the input of a job; raises ``InputError`` where it cannot be read."""
    set_seed(job.seed)
    return loaded.task.read(loaded, job.input.fields)


def explain(loaded: LoadedModel, batch: Sequence[tuple[Job, Encoding]]) -> list[Explained]:
    """Explain jobs of one plan, whose inputs were read, sweeping their paths together.

    The removals that their methods ask for are read together, too. What goes wrong with one input
    becomes its error result and does not touch the others.
    """
    started = time.perf_counter()
    contexts = [attempt(job, make_context, loaded, job, encoding) for job, encoding in batch]
    whole = [context for context in contexts if isinstance(context, PredictionContext)]
    if whole:
        job = batch[0][0]
        integrate_paths(whole, methods_of(job), tests_random_logit(job))
    found = play_rounds(
        [partial(end, job, context) for (job, _), context in zip(batch, contexts, strict=True)],
        answer_round,
    )
    seconds = (time.perf_counter() - started) / len(batch)
    return [
        (result if result.status == "error" else in_time(result, seconds), arrays)
        for result, arrays in found
    ]


def end(job: Job, context: PredictionContext | JobResult) -> Explained:
    """Finish a job, unless it went wrong before; an error result has no arrays."""
    if isinstance(context, PredictionContext):
        found = attempt(job, finish, job, context)
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


def methods_of(job: Job) -> list[MethodImplementation]:
    """Return the methods of a job; what measures them is not one."""
    return [REGISTRY[method.name](method) for method in job.methods if method.name in REGISTRY]


def tests_random_logit(job: Job) -> bool:
    return any(method.name == logit_test.METHOD.name for method in job.methods)


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


def finish(job: Job, context: PredictionContext) -> Explained:
    """Collect what every method finds; one that does not apply here is skipped with a reason.

    One that fails leaves the others; where nothing is left its error is raised.
    """
    methods = methods_of(job)
    outputs: dict[str, MethodOutput] = {}
    skipped: dict[str, str] = {}
    errors: dict[str, Exception] = {}
    for method in methods:
        try:
            output = method.explain(context)
            require_finite(method.name, *output.arrays.values())
        except NotApplicable as reason:
            skipped[method.name] = str(reason)
        except Exception as error:  # of this method alone
            if lacking := cannot_be_read(context.loaded.model, error):
                skipped[method.name] = lacking
            else:
                errors[method.name] = error
        else:
            outputs[method.name] = output
    if errors and not outputs:
        raise next(iter(errors.values()))
    found = list(outputs.values())
    arrays = {name: array for output in found for name, array in output.arrays.items()}
    targets = tuple(dict.fromkeys(target for output in found for target in output.targets))
    has_rows = any(about.rows and about.rows.name in arrays for about in all_methods())
    if has_rows and not targets:
        targets = whose_rows(context)
    paths = {name: output.path for name, output in outputs.items() if output.path is not None}
    kept = leave_first_out(context, targets, paths.values())
    content = context.encoding.content[kept is not None :]
    compared: tuple[RandomLogitCorrelation, ...] = ()
    if tests_random_logit(job):
        specific = {
            m: outputs[m.name]
            for m in methods
            if (about := get(m.name))
            and about.explains_target
            and (about.score or about.by_layer)  # words are compared
            and m.name in outputs
        }
        try:
            compared = compare_with_others(context, targets, specific, arrays, content)
            if not compared:
                skipped[logit_test.METHOD.name] = "There is no other output to compare with."
        except Exception as error:
            errors[logit_test.METHOD.name] = error
    unread: tuple[str, ...] = ()
    try:
        if has_rows or any(about.matrix and about.matrix.name in arrays for about in all_methods()):
            targets = located(context, targets)
    except Exception as error:  # the maps are there all the same
        why = failure(job, error, named=True).message
        unread = (f"{NOT_READ} ({why}).",)
    removals: tuple[Removal, ...] = ()
    for measure in job.methods:
        if isinstance(measure, faithfulness.Faithfulness):
            try:
                removals = play(context, measure, arrays, targets)
            except NotApplicable as reason:
                skipped[measure.name] = str(reason)
            except Exception as error:  # the explanations are there all the same
                errors[measure.name] = error
    computed = [method for method in methods if method.name in outputs]
    with alone():  # for some of them the model has other weights
        tested = sanity_tests(job, context, computed, arrays, targets, content)
    skipped |= tested.skipped
    errors |= tested.errors
    result = JobResult(
        **identity(job) | {"settings": used_settings(job, methods, context, paths)},
        status="done",
        generated=context.encoding.generated,
        warnings=(
            *context.loaded.warnings,
            *(warning for output in found for warning in output.warnings),
            *unread,
            *tested.warnings,
        ),
        truncation=context.encoding.truncation,
        tokens=context.encoding.tokens,
        words=context.encoding.words,
        decoder_tokens=context.encoding.decoder.tokens if context.encoding.decoder else (),
        prediction=context.prediction,
        targets=targets,
        skipped=skipped,
        failed={name: failure(job, error, named=True) for name, error in errors.items()},
        convergence=tuple(row for output in found for row in output.convergence),
        tried=tried_baselines(methods, context),
        kept=kept,
        agreement=agreement(arrays, targets, content),
        random_logit=compared,
        removals=removals,
        randomized=tested.randomized,
        changes=tested.changes,
        sensitivity=tested.sensitivity,
        self_tests=path_self_tests(context)
        | {name: value for output in found for name, value in output.self_tests.items()},
    )
    return result, kept_arrays(job.keep, arrays | head_agreement(arrays, targets, content), targets)


def whose_rows(context: PredictionContext) -> tuple[Target, ...]:
    """Return the predicted outputs, whose rows are shown where no method explains an output."""
    try:
        return context.targets("predicted")
    except InputError:  # there is none
        return ()


def compare_with_others(
    context: PredictionContext,
    targets: Sequence[Target],
    specific: Mapping[MethodImplementation, MethodOutput],
    arrays: Mapping[str, np.ndarray],
    content: np.ndarray,
) -> tuple[RandomLogitCorrelation, ...]:
    """Explain another output, drawn at random, in place of each target, and compare.

    ``specific``: the methods that explain one output, and what they found; ``content``: the
    positions of the tokens that are compared.
    """
    rows: list[RandomLogitCorrelation] = []
    for target, other in other_targets(context, targets or context.targets("predicted")):
        about = replace(context, about=(other,))
        others = {
            name: array
            for method, output in specific.items()
            if target in output.targets and can_explain(method, about, other)
            for name, array in method.explain(about).arrays.items()
        }
        first, second = located(context, (target, other))
        rows += random_logit(arrays, others, first, second, content)
    return tuple(rows)


def can_explain(method: MethodImplementation, context: PredictionContext, target: Target) -> bool:
    """Tell whether ``target`` is among the outputs that the method's sweep was asked about."""
    if not isinstance(method, PathMethod):
        return True
    found = context.integrals[method.sweep_settings()]
    return isinstance(found, Integral) and target in found.path.outputs


def path_self_tests(context: PredictionContext) -> dict[str, float]:
    """Return how far the outputs at the end of the paths are from the prediction's.

    The path over the input's own vectors ends where the prediction was made, but may be
    computed by another implementation of attention (sdpa), which rounds differently.
    """
    differences = [
        (found.f_input[row] - context.loaded.task.scalar(context.output, 0, target).cpu())
        .abs()
        .item()
        for sweep, found in context.integrals.items()
        if isinstance(found, Integral) and not sweep.notebook
        for row, target in enumerate(found.path.targets)
    ]
    return {"path_logits": max(differences)} if differences else {}


def used_settings(
    job: Job,
    methods: Sequence[MethodImplementation],
    context: PredictionContext,
    paths: Mapping[str, EmbeddingPath],
) -> dict[str, dict[str, Any]]:
    """Return the settings of all methods, with the baseline that ``auto`` stood for.

    ``paths``: those of methods that take no part in a sweep.
    """
    found = {method.name: settings(method) for method in job.methods}
    swept = {
        method.name: integral.path
        for method in methods
        if isinstance(method, PathMethod)
        and isinstance(integral := context.integrals[method.sweep_settings()], Integral)
    }
    for name, path in (swept | dict(paths)).items():
        baseline = path.baseline
        plain = baseline if isinstance(baseline, str) else baseline.model_dump()
        found[name]["baseline"] = plain
    return found


def tried_baselines(
    methods: Sequence[MethodImplementation], context: PredictionContext
) -> dict[str, tuple[TriedBaseline, ...]]:
    """Return by method what was tried in place of ``baseline: auto``."""
    paths = {m.name: m.sweep_settings() for m in methods if isinstance(m, PathMethod)}
    return {name: context.tried[of] for name, of in paths.items() if of in context.tried}
