"""From a spec to jobs: one job per model and input, named by what decides its result."""

from __future__ import annotations

import functools
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reportgen import __version__
from reportgen.cost import estimate_cost
from reportgen.errors import ReportgenError, SpecError
from reportgen.methods import FirstInputs, Settings
from reportgen.methods.faithfulness import Faithfulness
from reportgen.spec.chat import texts_of
from reportgen.spec.checkpoint import IN_MEMORY, Checkpoint, find_checkpoint, hash_files
from reportgen.spec.checks import words_removed
from reportgen.spec.entries import INPUT_FIELDS, FileInput, has_fields, needs
from reportgen.spec.inputs import Input, expand_inputs
from reportgen.spec.methods import settings
from reportgen.spec.models import ModelSpec, Spec
from reportgen.spec.shown import hide_folders, shown_model, shown_path
from reportgen.spec.text_words import named, pieces

RESULT_FORMAT = 6
"""Version of the result files, part of every job id; ``results.model.FORMAT`` is the same."""

LIBRARIES = ("torch", "transformers", "tokenizers", "numpy")
"""Libraries whose version can change a result."""


@dataclass(frozen=True)
class PlannedModel:
    """A model with its files found on disk (Hub ids are resolved to their snapshot)."""

    spec: ModelSpec
    folder: Path
    revision: str | None
    task: str
    weights_sha256: str
    tokenizer_sha256: str
    where: str
    """``audit.yaml:3:5 models[0]``."""

    base: Path = Path()
    """The folder that the spec's paths are relative to."""

    adapter: Path | None = None
    """The folder of an adapter; ``weights_sha256`` is of its files too."""

    @property
    def shown_path(self) -> str:
        """The Hub id, or the local folder as results and pages name it, and the adapter."""
        if self.folder.name.startswith(IN_MEMORY):
            known = self.folder.name.removeprefix(IN_MEMORY)
            return f"memory (weights {known}): there is no path to load it from again"
        adapter = self.spec.adapter
        with_adapter = f" with {shown_path(adapter, self.base)}" if adapter else ""
        return shown_model(self.spec.path, self.base) + with_adapter

    def hide_folders(self, message: str) -> str:
        """Return a message about the model without the folders of this machine."""
        named = {self.base: ".", self.folder: shown_model(self.spec.path, self.base)}
        if self.adapter is not None and self.spec.adapter is not None:
            named[self.adapter] = shown_path(self.spec.adapter, self.base)
        return hide_folders(message, named)


@dataclass(frozen=True)
class Job:
    """One model on one input. ``id`` is the SHA-256 (first 32 hex digits) of all that decides it.

    ``cost`` is an estimate in floating-point operations.
    """

    id: str
    model: PlannedModel
    input: Input
    methods: tuple[Settings, ...]
    seed: int
    cost: float


@dataclass(frozen=True)
class Plan:
    """The jobs of a spec, in order: models as listed, inputs as listed."""

    spec: Spec
    spec_sha256: str
    models: tuple[PlannedModel, ...]
    inputs: tuple[Input, ...]
    jobs: tuple[Job, ...]

    @property
    def cost(self) -> float:
        """Estimated floating-point operations of all jobs."""
        return sum(job.cost for job in self.jobs)


@dataclass(frozen=True)
class PlanRow:
    """One line of ``build --dry-run``."""

    model: str
    input: int
    where: str
    id: str
    cost: float
    stored: bool


def make_plan(spec: Spec, base: Path | None = None) -> Plan:
    """Find the models' files, expand the inputs and pair them into jobs.

    ``base`` is the folder that paths are relative to, by default the spec file's. Hub ids are
    downloaded unless they are in the cache (``HF_HUB_OFFLINE=1`` keeps it to the cache).

    Raises ``SpecError`` with every problem found: models whose files are missing, unreachable
    or not allowed (``ModelError``), damaged data files, inputs that fit no model.
    """
    base = spec.base if base is None else base
    problems: list[ReportgenError] = []
    inputs: tuple[Input, ...] = ()
    try:
        inputs = tuple(_shown(item, spec, base) for item in expand_inputs(spec, base))
    except SpecError as error:
        problems += error.problems
    checkpoints = []
    for index, model in enumerate(spec.models):
        try:
            checkpoints.append(find_checkpoint(model, base, spec.where("models", index)))
        except SpecError as error:
            problems += error.problems
    if len(checkpoints) == len(spec.models):
        problems += _misfits(spec, [checkpoint.task for checkpoint in checkpoints])
    if problems:
        raise SpecError(problems)

    models = _hashed(spec, checkpoints, base)
    seen: Counter[tuple[str, str]] = Counter()
    jobs = tuple(
        Job(
            id=job_id(model, item, methods, spec.seed),
            model=model,
            input=item,
            methods=tuple(methods),
            seed=spec.seed,
            cost=estimate_cost(model.task, model.spec.max_length, checkpoint.config, item, methods),
        )
        for model, checkpoint in zip(models, checkpoints, strict=True)
        for item in inputs
        if _fits(item.fields, item.models, model.spec.id, model.task)
        for methods in [_among_first(_wanted(spec, item, model.spec.id), model.spec.id, seen)]
    )
    return Plan(spec, _sha256(spec.model_dump(mode="json")), models, inputs, jobs)


def describe_plan(plan: Plan, has: Callable[[str], bool] = lambda job: False) -> list[PlanRow]:
    """Return what a build would do; ``has`` tells whether a job's result is stored already."""
    return [
        PlanRow(
            model=job.model.spec.id,
            input=job.input.index,
            where=job.input.where,
            id=job.id,
            cost=job.cost,
            stored=has(job.id),
        )
        for job in plan.jobs
    ]


def job_id(model: PlannedModel, item: Input, methods: list[Settings], seed: int) -> str:
    """Return the content id of a job: equal ids promise equal results.

    It is made of the model's bytes and how they are read, the input's own fields, each
    method's settings, the seed, and the versions of the code. Left out, because they change
    no number: titles, model ids, folders, and the order of anything. The device and its memory
    are left out although they can change the last digits: a result made on a GPU must be found
    again by a laptop that resumes the run, and the manifest records where it was made.
    """
    spec = model.spec
    return _sha256(
        {
            "format": RESULT_FORMAT,
            "reportgen": __version__,
            "libraries": {name: library_version(name) or "not installed" for name in LIBRARIES},
            "model": {
                "weights": model.weights_sha256,
                "tokenizer": model.tokenizer_sha256,
                "task": model.task,
                "dtype": spec.dtype,
                "max_length": spec.max_length,
                "max_new_tokens": spec.max_new_tokens,
                "allow_random_head": spec.allow_random_head,
                "trust_remote_code": spec.trust_remote_code,
            },
            "fields": item.fields,
            "expect": item.expect,
            "methods": {method.name: _deciding(method) for method in methods},
            "seed": seed,
        }
    )[:32]


def _deciding(method: Settings) -> dict[str, Any]:
    """Return the settings that can change a number: not on how many inputs it is measured."""
    found = settings(method)
    if isinstance(method, FirstInputs):
        found.pop("inputs")
    return found


def _shown(item: Input, spec: Spec, base: Path) -> Input:
    """Return an input whose place names its data file as results may."""
    entry = spec.inputs[item.entry]
    if not isinstance(entry, FileInput):
        return item
    place = item.where.removeprefix(entry.file)
    return replace(item, where=shown_path(entry.file, base) + place)


def _hashed(spec: Spec, checkpoints: list[Checkpoint], base: Path) -> tuple[PlannedModel, ...]:
    """Hash the models' files, each set once: weights may be large and used twice."""
    hashes: dict[tuple[Path, ...], str] = {}

    def hashed(files: tuple[Path, ...]) -> str:
        key = tuple(file.parent.resolve() / file.name for file in files)
        if key not in hashes:
            hashes[key] = hash_files(files)
        return hashes[key]

    return tuple(
        PlannedModel(
            spec=model,
            folder=checkpoint.folder,
            revision=checkpoint.revision,
            task=checkpoint.task,
            weights_sha256=hashed(checkpoint.weights),
            tokenizer_sha256=hashed(checkpoint.others),
            where=spec.where("models", index),
            base=base,
            adapter=checkpoint.adapter,
        )
        for index, (model, checkpoint) in enumerate(zip(spec.models, checkpoints, strict=True))
    )


def _fits(fields: Collection[str], allowed: Collection[str] | None, model: str, task: str) -> bool:
    return (allowed is None or model in allowed) and has_fields(task, fields)


def _wanted(spec: Spec, item: Input, model: str) -> list[Settings]:
    """Return the methods of a job, with the words that its checks want removed."""
    listed = [m for m in spec.methods if item.methods is None or m.name in item.methods]
    return [
        method.model_copy(update={"without": _without(method, spec, item, model)})
        if isinstance(method, Faithfulness)
        else method
        for method in listed
    ]


def _without(method: Faithfulness, spec: Spec, item: Input, model: str) -> list[list[str]]:
    """Add to the words to remove those that checks of this model and input name.

    Only words that the input has are added, and each set once, in an order that depends on
    nothing else: the settings are part of the job's id.
    """
    texts = texts_of(item.fields).values() if all(item.fields.values()) else ()
    here = {named(text[start:end]) for text in texts for start, end in pieces(text)}
    sets = {
        frozenset(map(named, words_removed(check))) & here
        for check in (*spec.checks, *(spec.inputs[item.entry].checks or ()))
        if (check.models is None or model in check.models)
        and (check.group is None or check.group == item.group)
    }
    given = {frozenset(map(named, words)) for words in method.without}
    return method.without + sorted(sorted(words) for words in sets - given if words)


def _among_first(
    methods: list[Settings], model: str, seen: Counter[tuple[str, str]]
) -> list[Settings]:
    """Leave out what is measured on a model's first inputs only, and has been on as many.

    ``seen`` counts, by model and method, the inputs before this one that asked for it.
    """
    kept = []
    for method in methods:
        seen[model, method.name] += 1
        if not isinstance(method, FirstInputs) or seen[model, method.name] <= method.inputs:
            kept.append(method)
    return kept


def _misfits(spec: Spec, tasks: list[str]) -> list[ReportgenError]:
    """Return an error for each entry of ``inputs:`` that no model can read."""
    errors = []
    for index, entry in enumerate(spec.inputs):
        fields = [name for name in INPUT_FIELDS if getattr(entry, name) is not None]
        pairs = [(model.id, task) for model, task in zip(spec.models, tasks, strict=True)]
        if any(_fits(fields, entry.models, model, task) for model, task in pairs):
            continue
        needed = "; ".join(
            f"{model} ({task}) needs {needs(task)}"
            for model, task in pairs
            if entry.models is None or model in entry.models
        )
        message = f"this input fits no model: it has {' and '.join(fields)}"
        errors.append(ReportgenError(message, spec.where("inputs", index), needed))
    return errors


@functools.cache
def library_version(library: str) -> str | None:
    """Return the installed version of a library, ``None`` without one.

    It is looked up once: that reads files, and every job of a plan asks.
    """
    from importlib import metadata  # only plans need it, and results import this module

    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


def _sha256(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
