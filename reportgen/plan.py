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
from reportgen.errors import ReportgenError, SpecError
from reportgen.methods import FirstInputs, PathSettings, RemovalSettings, Settings, get
from reportgen.methods.faithfulness import Faithfulness
from reportgen.methods.numerical_stability import NumericalStability
from reportgen.methods.parameter_randomization import EVALUATIONS, STEPS, ParameterRandomization
from reportgen.methods.random_logit import RandomLogit
from reportgen.spec.chat import texts_of
from reportgen.spec.checkpoint import IN_MEMORY, Checkpoint, find_checkpoint, hash_files
from reportgen.spec.checks import words_removed
from reportgen.spec.entries import INPUT_FIELDS, FileInput, has_fields, needs
from reportgen.spec.inputs import Input, expand_inputs
from reportgen.spec.methods import settings
from reportgen.spec.models import ModelSpec, Spec
from reportgen.spec.shown import hide_folders, shown_model, shown_path
from reportgen.spec.tasks import TASKS
from reportgen.spec.text_words import named, pieces

RESULT_FORMAT = 6
"""Version of the result files, part of every job id; ``results.model.FORMAT`` is the same."""

LIBRARIES = ("torch", "transformers", "tokenizers", "numpy")
"""Libraries whose version can change a result."""

AUTO_STEPS = 33
"""What ``steps: auto`` is taken to need."""

POSITIONS = ("max_position_embeddings", "n_positions")
WIDTH = ("hidden_size", "dim", "n_embd", "d_model")
LAYERS = ("num_hidden_layers", "n_layers", "n_layer", "num_layers", "encoder_layers")
INNER = ("intermediate_size", "hidden_dim", "n_inner", "d_ff", "encoder_ffn_dim")
"""What architectures call the dimensions of their encoder, or of their only stack."""


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
            cost=estimate_cost(model, checkpoint.config, item, methods),
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


def estimate_cost(
    model: PlannedModel, config: dict[str, Any], item: Input, methods: list[Settings]
) -> float:
    """Return a rough number of floating-point operations, for progress and for planning.

    A forward pass over n tokens costs, in each of L layers of width h and inner width f,
    ``2 n (4 h h + 2 h f)`` for the linear maps and ``4 n n h`` for attention; a backward pass
    as much again, since weights are frozen and only activations are differentiated. Methods on
    the same path share one sweep: at each node a forward pass and a backward pass per target,
    and one more for the random-logit test. Every other method needs one forward pass. Where
    parameters are randomised, each stage is all of that again, with fewer nodes; where noise is
    added to the input each sample is, but for what removes words. Unknown
    dimensions count as BERT base's; a decoder is not counted.
    """
    tokens = estimate_tokens(item)
    limit = model.spec.max_length or _dimension(config, *POSITIONS, default=tokens)
    tokens = min(tokens, limit)
    width = _dimension(config, *WIDTH, default=768)
    layers = _dimension(config, *LAYERS, default=12)
    inner = _dimension(config, *INNER, default=4 * width)
    forward = layers * (2 * tokens * (4 * width**2 + 2 * width * inner) + 4 * tokens**2 * width)
    paths = {_path(method): method.steps for method in methods if isinstance(method, PathSettings)}
    nodes = sum(AUTO_STEPS if steps == "auto" else steps for steps in paths.values())
    backward = TASKS[model.task].outputs + any(
        isinstance(method, RandomLogit) for method in methods
    )
    removals = [m.max_evaluations for m in methods if isinstance(m, RemovalSettings)]
    passes = sum(
        known.passes
        for method in methods
        if (known := get(method.name)) and not isinstance(method, RemovalSettings)
    )
    others = passes + sum(removals)
    both = 1 + TASKS[model.task].outputs
    again = 0
    for method in methods:
        if isinstance(method, ParameterRandomization):
            removed = sum(min(EVALUATIONS, most) for most in removals)
            again += method.stages * (len(paths) * STEPS * both + passes + removed)
        elif isinstance(method, NumericalStability):
            again += method.samples * (nodes * both + passes)
    return float((nodes * (1 + backward) + others + again) * forward)


def estimate_tokens(item: Input) -> int:
    """Return a rough token count: four ASCII characters or one other each, and specials."""
    text = "".join(item.fields.values())
    others = sum(not character.isascii() for character in text)
    return (len(text) - others) // 4 + others + 1 + len(item.fields)


def _path(method: PathSettings) -> str:
    """Name the path a method is integrated along: equal names, one sweep."""
    shared = {"interpolate": "words"} | settings(method)
    return json.dumps({name: shared[name] for name in ("interpolate", *PathSettings.model_fields)})


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


def _dimension(config: dict[str, Any], *names: str, default: int) -> int:
    found = (config.get(name) for name in names)
    return next((value for value in found if isinstance(value, int) and value > 0), default)


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
