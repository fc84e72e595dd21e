"""Explain one job: one model on one input, with every method the spec asks for."""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from transformers import set_seed

from reportgen.engine.capture import Recording, record
from reportgen.engine.measures.agreement import agreement
from reportgen.engine.methods import REGISTRY, Case, require_finite
from reportgen.engine.models import LoadedModel
from reportgen.errors import ReportgenError
from reportgen.plan import Job
from reportgen.results.model import Failure, JobResult
from reportgen.spec.methods import settings


def explain(loaded: LoadedModel, job: Job) -> tuple[JobResult, dict[str, np.ndarray]]:
    """Return the result of ``job`` and its arrays.

    One forward pass makes the prediction and, if a method needs it, the recording, so the
    attention shown is that of the very prediction. Raises ``InputError`` where the input
    cannot be read or a number comes out that is not finite.
    """
    started = time.perf_counter()
    set_seed(job.seed)
    task, expect = loaded.task, job.input.expect
    encoding = task.encode(loaded.tokenizer, job.input.fields, loaded.max_length)
    methods = [REGISTRY[method.name](method) for method in job.methods]
    needed = any(method.needs_recording for method in methods)
    with torch.no_grad(), record(loaded.model) if needed else nullcontext(Recording()) as recording:
        output = loaded.forward([encoding])
    require_finite("the model", task.logits(output).cpu().numpy())
    prediction = task.predict(output, encoding, expect)
    case = Case(loaded, encoding, output, prediction, expect, recording)

    arrays: dict[str, np.ndarray] = {}
    checks: dict[str, float] = {}
    warnings = list(loaded.warnings)
    targets, convergence = [], []
    for method in methods:
        finding = method.explain(case)
        require_finite(method.name, *finding.arrays.values())
        arrays |= finding.arrays
        checks |= finding.checks
        warnings += finding.warnings
        targets += [target for target in finding.targets if target not in targets]
        convergence += finding.convergence
    result = JobResult(
        **identity(job),
        status="done",
        warnings=tuple(warnings),
        truncation=encoding.truncation,
        tokens=encoding.tokens,
        words=encoding.words,
        prediction=prediction,
        targets=tuple(targets),
        convergence=tuple(convergence),
        agreement=agreement(arrays, targets, encoding.content),
        checks=checks,
        seconds=time.perf_counter() - started,
    )
    return result, arrays


def failed(job: Job, error: Exception) -> JobResult:
    """Return the result of a job that could not be explained: the input and the reason."""
    if isinstance(error, ReportgenError):
        where = error.where or job.input.where
        failure = Failure(
            kind=type(error).__name__, message=error.message, where=where, hint=error.hint
        )
    else:
        failure = Failure(
            kind=type(error).__name__, message=str(error) or "no message", where=job.input.where
        )
    return JobResult(**identity(job), status="error", error=failure)


def identity(job: Job) -> dict[str, Any]:
    """Return the fields of a result that say what was asked."""
    expect = job.input.expect
    return {
        "job": job.id,
        "model": job.model.spec.id,
        "input": job.input.index,
        "task": job.model.task,
        "fields": {name: storable(text) for name, text in job.input.fields.items()},
        "expect": None if expect is None else storable(expect),
        "settings": {method.name: settings(method) for method in job.methods},
    }


def storable(text: str) -> str:
    """Replace half characters (lone surrogates), which no file can hold, by question marks."""
    return text.encode("utf-8", "replace").decode()
