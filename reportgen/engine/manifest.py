"""The manifest of a run: what was asked, with what it was computed, which files hold it."""

from __future__ import annotations

import base64
import os
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from reportgen import __version__
from reportgen.engine.models.loaded_model import describe
from reportgen.jobs import Job, PlannedModel, library_version, subject_id
from reportgen.plan import Plan
from reportgen.results.model import JobEntry, Manifest, ModelInfo, Picture
from reportgen.spec.logo import find_logo
from reportgen.spec.models import Spec
from reportgen.spec.shown import shown_spec
from reportgen.spec.surrogates import writable

LIBRARIES = ("torch", "transformers", "tokenizers", "safetensors", "numpy")
"""Libraries whose versions are recorded, where they are installed."""


def make_manifest(
    plan: Plan,
    command: str,
    statuses: Mapping[str, Literal["done", "error"]],
    infos: Iterable[ModelInfo],
    logo: Picture | None,
) -> Manifest:
    """Describe a run whose jobs ended as ``statuses`` (by job id) say.

    The job entries are what names a result: a file is named by content and may have been
    written for another model id or input position. ``infos`` describe models already known.
    """
    jobs = tuple(entry_of(job, statuses[job.id]) for job in plan.jobs if job.id in statuses)
    return Manifest(
        title=plan.spec.title,
        created=now(),
        command=writable(command),  # names of files need not be text
        reportgen=__version__,
        python=platform.python_version(),
        platform=" ".join((platform.system(), platform.machine(), *platform.libc_ver())).strip(),
        libraries=versions(),
        spec_sha256=plan.spec_sha256,
        spec=shown_spec(plan.spec.model_dump(mode="json"), plan.models[0].base),
        places=plan.spec.check_places,
        seed=plan.spec.seed,
        models=tuple(model_info(planned, infos) for planned in plan.models),
        jobs=jobs,
        logo=logo,
        planned=None if len(jobs) == len(plan.jobs) else len(plan.jobs),
    )


def entry_of(job: Job, status: Literal["done", "error"]) -> JobEntry:
    """Return what a run keeps of a job that has ended, beside its result."""
    return JobEntry(
        id=job.id,
        model=job.model.spec.id,
        input=job.input.index,
        status=status,
        entry=job.input.entry,
        group=job.input.group,
        rationale=job.input.rationale,
        subject=subject_id(job.model, job.input, job.seed, job.keep),
    )


def read_picture(spec: Spec) -> Picture | None:
    """Read the logo that is to be stored with the run; raise ``ReportgenError`` where it is bad."""
    logo = find_logo(spec)
    if logo is None:
        return None
    return Picture(type=logo.type, data=base64.b64encode(logo.data).decode())


def model_info(planned: PlannedModel, infos: Iterable[ModelInfo]) -> ModelInfo:
    """Find what is known of a model under any id, or look at its config; no weights are read.

    Of a model that is not even readable only what the plan knows is told.
    """
    asked: dict[str, Any] = {
        "id": planned.spec.id,
        "path": planned.shown_path,
        "revision": planned.revision,
        "task": planned.task,
        "weights_sha256": planned.weights_sha256,
        "tokenizer_sha256": planned.tokenizer_sha256,
        "dtype": planned.spec.dtype,
    }
    decisive = ("task", "weights_sha256", "tokenizer_sha256", "dtype")
    for info in infos:
        if all(getattr(info, name) == asked[name] for name in decisive):
            return info.model_copy(update=asked)
    try:
        return describe(planned)
    except Exception:  # it failed to load, which its jobs report; the manifest must be written
        return ModelInfo(
            **asked,
            architecture="unknown",
            parameters=0,
            layers=0,
            heads=0,
            hidden_size=0,
            max_length=0,
            device=planned.spec.device,
        )


def versions() -> dict[str, str]:
    found = {name: library_version(name) for name in LIBRARIES}
    return {name: version for name, version in found.items() if version is not None}


def now() -> str:
    """Return the time in ISO 8601, UTC; SOURCE_DATE_EPOCH fixes it for reproducible builds."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.now(UTC) if epoch is None else datetime.fromtimestamp(int(epoch), UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
