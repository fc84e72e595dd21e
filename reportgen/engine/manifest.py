"""The manifest of a run: what was asked, with what it was computed, which files hold it."""

from __future__ import annotations

import base64
import contextlib
import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal

from reportgen import __version__
from reportgen.jobs import Job, PlannedModel, library_version, subject_id
from reportgen.methods.influence import Influence
from reportgen.plan import Plan
from reportgen.results.journal import is_same_model
from reportgen.results.model import JobEntry, Manifest, ModelInfo, Picture
from reportgen.results.store import UNKNOWN, undescribed
from reportgen.results.training import TrainingData
from reportgen.spec.logo import find_logo
from reportgen.spec.models import Spec
from reportgen.spec.shown import shown_spec
from reportgen.spec.surrogates import writable

LIBRARIES = ("torch", "transformers", "tokenizers", "safetensors", "numpy")
"""Libraries whose versions are recorded, where they are installed."""


def make_manifest(
    plan: Plan,
    command: str,
    entries: Iterable[JobEntry],
    infos: Iterable[ModelInfo],
    logo: Picture | None,
    *,
    planned: int | None = None,
) -> Manifest:
    """Describe a run whose jobs ended as ``entries`` say, or one that has begun.

    The job entries are what names a result: a file is named by content and may have been
    written for another model id or input position. ``infos`` describe models already known.
    ``planned``: how many jobs a run is to have that goes on; no model is looked at for it.
    """
    infos, jobs = tuple(infos), tuple(entries)
    if planned is None and len(jobs) < len(plan.jobs):
        missing: int | None = len(plan.jobs)
    else:
        missing = planned
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
        models=tuple(model_info(plan, one, infos, look=planned is None) for one in plan.models),
        jobs=jobs,
        logo=logo,
        planned=missing,
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
        columns=job.input.columns,
    )


def read_picture(spec: Spec) -> Picture | None:
    """Read the logo that is to be stored with the run; raise ``ReportgenError`` where it is bad."""
    logo = find_logo(spec)
    if logo is None:
        return None
    return Picture(type=logo.type, data=base64.b64encode(logo.data).decode())


def model_info(
    plan: Plan, planned: PlannedModel, infos: Iterable[ModelInfo], *, look: bool = True
) -> ModelInfo:
    """Find what is known of a model under any id, or ``look`` at its config; no weights are read.

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
    bare = undescribed(planned.spec.id).model_copy(update=asked | {"device": planned.spec.device})
    alike = [one for one in infos if is_same_model(one, bare) and one.architecture != UNKNOWN]
    for info in alike:
        return info.model_copy(update=asked | {"training": training_data(plan, alike)})
    if look:
        from reportgen.engine.models.loaded_model import describe  # loads torch

        with contextlib.suppress(Exception):  # it failed to load, which its jobs report
            return describe(planned)
    return bare


def training_data(plan: Plan, infos: Iterable[ModelInfo]) -> TrainingData | None:
    """Return what was found last of the training file that a plan asks about, if it does."""
    asked = {one.train_checksum for one in plan.methods if isinstance(one, Influence)}
    found = (info.training for info in infos if info.training is not None)
    return next((one for one in found if one.sha256 in asked), None)


def versions() -> dict[str, str]:
    found = {name: library_version(name) for name in LIBRARIES}
    return {name: version for name, version in found.items() if version is not None}


def now() -> str:
    """Return the time in ISO 8601, UTC; SOURCE_DATE_EPOCH fixes it for reproducible builds."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = datetime.now(UTC) if epoch is None else datetime.fromtimestamp(int(epoch), UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
