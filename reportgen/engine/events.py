"""What a run tells while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from reportgen.jobs import Job
from reportgen.results.model import ModelInfo

Status = Literal["done", "error"]
"""How a job ended."""


@dataclass(frozen=True)
class Event:
    """A step of a run: ``started`` once, ``loading`` a model, ``done`` or ``error`` per job.

    ``done`` of ``total`` jobs have ended; jobs whose results were there are not counted.
    ``model`` and ``job`` say which one, except in ``started``.
    """

    kind: Literal["started", "loading", "done", "error"]
    done: int
    total: int
    model: str = ""
    job: Job | None = None


Progress = Callable[[Event], None]


@dataclass(frozen=True)
class Loading:
    """An executor begins to load a model."""

    model: str


@dataclass(frozen=True)
class Finished:
    """An executor has written the result of a job; ``info`` describes the model it loaded."""

    job: Job
    status: Status
    info: ModelInfo | None
