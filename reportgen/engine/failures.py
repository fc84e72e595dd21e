"""What is stored of what went wrong: with a job, or with one of its methods."""

from __future__ import annotations

from typing import Any

from reportgen.engine.memory import is_out_of_memory, out_of_memory
from reportgen.errors import InputError, ReportgenError
from reportgen.jobs import Job
from reportgen.methods import Settings
from reportgen.results.model import Failure, JobResult
from reportgen.spec.methods import settings
from reportgen.spec.shown import shown_settings
from reportgen.spec.surrogates import writable


def failed(job: Job, error: Exception) -> JobResult:
    """Return the result of a job that could not be explained: the input and the reason."""
    return JobResult(**identity(job), status="error", error=failure(job, error))


def failure(job: Job, error: Exception, *, named: bool = False) -> Failure:
    """Return what is stored of an error; ``named``: its message begins with what it is called.

    Errors of ours say all in their message, those of others (``KeyError: 'x'``) may not.
    """
    if is_out_of_memory(error):
        error = out_of_memory()
    kind, hint, where = type(error).__name__, "", ""
    message = str(error) or "no message"
    if named:
        message = f"{kind}: {message}"
    if isinstance(error, ReportgenError):
        message, hint, where = error.message, error.hint, error.where
    if not isinstance(error, InputError):  # which quotes the user's texts, and names no file
        message, hint, where = map(job.model.hide_folders, (message, hint, where))
    # It may name a file, and names on disk need not be text.
    return Failure(
        kind=kind,
        message=writable(message),
        where=writable(where) or job.input.where,
        hint=writable(hint),
    )


def used_settings(job: Job, method: Settings) -> dict[str, Any]:
    """Return the settings of a method as a result has them: of files only the names."""
    found: dict[str, Any] = shown_settings(method.name, settings(method), job.model.base)
    return found


def identity(job: Job) -> dict[str, Any]:
    """Return the fields of a result that say what was asked."""
    return {
        "job": job.id,
        "model": job.model.spec.id,
        "input": job.input.index,
        "task": job.model.task,
        "fields": job.input.fields,
        "expect": job.input.expect,
        "keep": job.keep,
        "settings": {method.name: used_settings(job, method) for method in job.methods},
    }
