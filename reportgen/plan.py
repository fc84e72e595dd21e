"""From a spec to jobs: one job per model and input."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

from reportgen.cost import estimate_cost
from reportgen.errors import ReportgenError, SpecError
from reportgen.jobs import Job, PlannedModel, job_id, sha256
from reportgen.methods import FirstInputs, Settings
from reportgen.methods.faithfulness import Faithfulness
from reportgen.spec.chat import texts_of
from reportgen.spec.checkpoint import Checkpoint, find_checkpoint, hash_files
from reportgen.spec.checks import words_removed
from reportgen.spec.entries import INPUT_FIELDS, FileInput, has_fields, needs
from reportgen.spec.inputs import Input, expand_inputs
from reportgen.spec.models import Spec
from reportgen.spec.shown import shown_path
from reportgen.spec.text_words import named, pieces


@dataclass(frozen=True)
class Plan:
    """The jobs of a spec, in order: models as listed, inputs as listed."""

    spec: Spec
    spec_sha256: str
    models: tuple[PlannedModel, ...]
    inputs: tuple[Input, ...]
    jobs: tuple[Job, ...]
    only: frozenset[str] | None = None
    """Ids of the models whose jobs are to be run; ``None`` for all. Others' are left to be."""

    def asks_for(self, job: Job) -> bool:
        """Tell whether a job is to be run where it has no result yet."""
        return self.only is None or job.model.spec.id in self.only

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
            id=job_id(model, item, methods, spec.seed, spec.keep),
            model=model,
            input=item,
            methods=tuple(methods),
            seed=spec.seed,
            cost=estimate_cost(model.task, model.spec.max_length, checkpoint.config, item, methods),
            keep=spec.keep,
        )
        for model, checkpoint in zip(models, checkpoints, strict=True)
        for item in inputs
        if _fits(item.fields, item.models, model.spec.id, model.task)
        for methods in [_among_first(_wanted(spec, item, model.spec.id), model.spec.id, seen)]
    )
    return Plan(spec, sha256(spec.model_dump(mode="json")), models, inputs, jobs)


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
        if plan.asks_for(job)
    ]


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
