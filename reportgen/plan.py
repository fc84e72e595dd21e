"""From a spec to jobs: one job per model and input."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from reportgen.cost import Stack, count_passes
from reportgen.errors import ReportgenError, SpecError
from reportgen.jobs import Job, JobIds, PlannedModel, method_settings, plain_json, sha256
from reportgen.methods import FirstInputs, Settings
from reportgen.methods.faithfulness import Faithfulness
from reportgen.spec.chat import texts_of
from reportgen.spec.checkpoint import Checkpoint, find_checkpoint, hash_files
from reportgen.spec.checks import words_removed
from reportgen.spec.entries import INPUT_FIELDS, has_fields, needs
from reportgen.spec.inputs import Input, Inputs, expand_inputs
from reportgen.spec.lazy import LazySequence
from reportgen.spec.models import Spec
from reportgen.spec.text_words import APART, named, pieces
from reportgen.spec.training import with_hashes

MOST_CHOICES = 1_000
"""Sets of methods that a plan remembers; inputs whose checks name words may have as many."""


@dataclass(frozen=True)
class Plan:
    """The jobs of a spec, in order: models as listed, inputs as listed.

    ``make_plan`` gives sequences that make their items anew in each pass: go over them, and do
    not keep all.
    """

    spec: Spec
    spec_sha256: str
    models: tuple[PlannedModel, ...]
    inputs: Sequence[Input]
    jobs: Sequence[Job]
    methods: Sequence[Settings] = ()
    """Those of the spec, with what the files hold that they name."""
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
    inputs = Inputs(())
    try:
        inputs = expand_inputs(spec, base)
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
    stacks = [
        Stack(checkpoint.config, model.max_length)
        for model, checkpoint in zip(spec.models, checkpoints, strict=True)
    ]
    methods = with_hashes(spec.methods, base)
    jobs = PlannedJobs(spec, methods, models, stacks, inputs)
    return Plan(spec, sha256(spec.model_dump(mode="json")), models, inputs, jobs, methods)


def describe_plan(plan: Plan, has: Callable[[str], bool] = lambda job: False) -> Iterator[PlanRow]:
    """Yield what a build would do; ``has`` tells whether a job's result is stored already."""
    for job in filter(plan.asks_for, plan.jobs):
        yield PlanRow(
            model=job.model.spec.id,
            input=job.input.index,
            where=job.input.where,
            id=job.id,
            cost=job.cost,
            stored=has(job.id),
        )


class PlannedJobs(LazySequence[Job]):
    """The jobs of a spec, made while one goes over them: what inputs share is found once."""

    def __init__(
        self,
        spec: Spec,
        methods: Sequence[Settings],
        models: Sequence[PlannedModel],
        stacks: Sequence[Stack],
        inputs: Inputs,
    ) -> None:
        self._spec = spec
        self._methods = methods
        self._models = list(zip(models, stacks, strict=True))
        self._inputs = inputs
        self._entries = {
            model.spec.id: [
                index
                for index, entry in enumerate(spec.inputs)
                if _fits(_fields(entry), entry.models, model.spec.id, model.task)
            ]
            for model in models
        }
        read = (entry for entries in self._entries.values() for entry in entries)
        self._amount = sum(map(inputs.amount, read))

    def __len__(self) -> int:
        return self._amount

    def __iter__(self) -> Iterator[Job]:
        return self._from(0)

    def _from(self, start: int) -> Iterator[Job]:
        place = 0
        for model, stack in self._models:
            entries = self._entries[model.spec.id]
            amount = sum(map(self._inputs.amount, entries))
            if start >= place + amount:
                place += amount
                continue
            choices = _Choices(self._spec, self._methods, model)
            ids = JobIds(model, self._spec.seed, self._spec.keep)
            for item in self._inputs.of(entries):
                choice = choices.of(item)
                place += 1
                if place > start:
                    yield Job(
                        id=ids.job(item, choice.settings),
                        model=model,
                        input=item,
                        methods=choice.methods,
                        seed=self._spec.seed,
                        cost=float(choice.passes * stack.cost(item)),
                        keep=self._spec.keep,
                    )


class _Choice(NamedTuple):
    """The methods of a job, with what its id and its cost are made of."""

    methods: tuple[Settings, ...]
    settings: str
    passes: int


class _Choices:
    """The methods of one model's inputs, in their order; equal ones are one object."""

    def __init__(self, spec: Spec, methods: Sequence[Settings], model: PlannedModel) -> None:
        self._model = model
        self._listed = [
            [m for m in methods if entry.methods is None or m.name in entry.methods]
            for entry in spec.inputs
        ]
        self._removed = [
            _words_removed([*spec.checks, *(entry.checks or ())], model.spec.id)
            if any(isinstance(method, Faithfulness) for method in listed)
            else []
            for entry, listed in zip(spec.inputs, self._listed, strict=True)
        ]
        self._seen: Counter[str] = Counter()
        self._known: dict[tuple[Any, ...], _Choice] = {}

    def of(self, item: Input) -> _Choice:
        """Return the methods of the next input, with the words that its checks want removed.

        What is measured on a model's first inputs only is left out where as many asked for it
        before.
        """
        first = []
        for method in self._listed[item.entry]:
            if isinstance(method, FirstInputs):
                self._seen[method.name] += 1
                first.append(self._seen[method.name] <= method.inputs)
        words = _words_here(self._removed[item.entry], item)
        key = (item.entry, tuple(first), words)
        if key not in self._known:
            if len(self._known) >= MOST_CHOICES:
                self._known.clear()
            self._known[key] = self._made(*key)
        return self._known[key]

    def _made(self, entry: int, first: Sequence[bool], words: frozenset[frozenset[str]]) -> _Choice:
        kept, wanted = [], iter(first)
        for method in self._listed[entry]:
            if isinstance(method, FirstInputs) and not next(wanted):
                continue
            if isinstance(method, Faithfulness):
                method = method.model_copy(update={"without": _without(method, words)})
            kept.append(method)
        passes = count_passes(self._model.task, kept)
        return _Choice(tuple(kept), plain_json(method_settings(kept)), passes)


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


def _fields(entry: Any) -> list[str]:
    return [name for name in INPUT_FIELDS if getattr(entry, name) is not None]


Removed = list[tuple[str | None, frozenset[str]]]
"""Words that checks want removed, with the group that each check is about."""


def _words_removed(checks: Sequence[Any], model: str) -> Removed:
    """Return what checks of a model want removed."""
    return [
        (check.group, frozenset(map(named, words)))
        for check in checks
        if (words := words_removed(check)) and (check.models is None or model in check.models)
    ]


def _words_here(removed: Removed, item: Input) -> frozenset[frozenset[str]]:
    """Return the sets of words to remove that an input has, without those it has none of."""
    sets = [words for group, words in removed if group is None or group == item.group]
    if not sets or not all(item.fields.values()):
        return frozenset()
    here = frozenset[str]().union(*map(_names, texts_of(item.fields).values()))
    return frozenset(found for words in sets if (found := words & here))


def _names(text: str) -> Iterator[str]:
    """Yield what the words of a text are called; the space between them is none."""
    if APART in text or "<id" in text:  # which may be one piece with the space in it
        yield from _names_apart(text)
        return
    for part in text.split():
        yield from _names_apart(part)


@lru_cache(maxsize=10_000)  # most words of a text are in others too
def _names_apart(text: str) -> tuple[str, ...]:
    return tuple(named(text[start:end]) for start, end in pieces(text))


def _without(method: Faithfulness, words: frozenset[frozenset[str]]) -> list[list[str]]:
    """Add to the words to remove those that checks name, and that the input has.

    Each set is there once, in an order that depends on nothing else: the settings are part of
    the job's id.
    """
    given = {frozenset(map(named, one)) for one in method.without}
    return method.without + sorted(sorted(one) for one in words - given)


def _misfits(spec: Spec, tasks: list[str]) -> list[ReportgenError]:
    """Return an error for each entry of ``inputs:`` that no model can read."""
    errors = []
    for index, entry in enumerate(spec.inputs):
        fields = _fields(entry)
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
