"""Labels that a spec names, looked up among those of its local models before anything is loaded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from reportgen.errors import ReportgenError
from reportgen.methods import Contrast
from reportgen.spec.checkpoint import CHAT_TEMPLATE, CONFIG, infer_task
from reportgen.spec.config import read_json
from reportgen.spec.entities import entity_kind
from reportgen.spec.entries import INPUT_FIELDS, InlineInput, has_fields
from reportgen.spec.messages import suggest
from reportgen.spec.models import ModelSpec
from reportgen.spec.problem import Problem, SpecPath, quoted
from reportgen.spec.tasks import TASKS

CHOICES = ("predicted", "expected")
"""What any task can be asked for, beside its outputs by name."""


@dataclass(frozen=True)
class LabelledModel:
    """What a local model's config tells of its outputs; ``labels`` may not be known.

    ``chats``: its tokenizer has a template for messages.
    """

    id: str
    task: str
    labels: tuple[str, ...]
    several: bool
    regression: bool
    chats: bool


def labelled_model(spec: ModelSpec, base: Path) -> LabelledModel | None:
    """Read what the config of a local model tells of its labels.

    ``None`` for a Hub id, and where something is wrong with the config, which the plan tells.
    """
    try:
        folder = spec.local_folder(base)
        if folder is None:
            return None
        config = read_json(folder / CONFIG)
        task = spec.task or infer_task(config)
    except (ReportgenError, OSError):
        return None
    labels = label_names(config)
    problem = config.get("problem_type")
    return LabelledModel(
        id=spec.id,
        task=task,
        labels=labels,
        several=problem == "multi_label_classification",
        regression=problem == "regression" or (problem is None and len(labels) == 1),
        chats=has_chat_template(folder),
    )


def label_names(config: dict[str, Any]) -> tuple[str, ...]:
    """Return the labels of a config as results name them; none where it does not name them."""
    known = config.get("id2label")
    if not isinstance(known, dict):
        return ()
    names = [known.get(str(number)) for number in range(len(known))]
    if not all(isinstance(name, str) for name in names):
        return ()
    twice = {name for name, times in Counter(names).items() if times > 1}
    return tuple(f"{n} ({i})" if n in twice else str(n) for i, n in enumerate(names))


def check_target(path: SpecPath, target: str | int, model: LabelledModel) -> Iterator[Problem]:
    """Look for a method's ``target`` among the outputs of a model that it explains."""
    about = f"the model {quoted(model.id)} ({model.task})"
    task = TASKS[model.task]
    if target in (*CHOICES, *task.choices) or (target == "all" and task.by_token):
        return
    if task.choices:
        hint = f"it has: {', '.join(CHOICES + task.choices)}"
        yield Problem(path, _no_target(about, target), hint)
    elif not task.labels or (not model.labels and target != "all"):
        return
    elif not task.by_token:
        if target == "all" and not has_label(target, model.labels):
            hint = f"targets: {', '.join(CHOICES)}, a label, or its index"
            yield Problem(path, f"{about} has no tokens to explain one by one: target 'all'", hint)
        elif isinstance(target, int):
            if target >= len(model.labels):
                yield _no_index(path, about, target, model)
        elif not has_label(target, model.labels):
            yield _no_label(path, about, target, model)
    elif isinstance(target, str):
        kinds = (*model.labels, *map(entity_kind, model.labels))
        if not has_label(target, kinds):
            yield _no_label(path, about, target, model)


def check_contrast(path: SpecPath, target: Contrast, model: LabelledModel) -> Iterator[Problem]:
    """Look for both sides of a contrast among the outputs of a model that explains it."""
    about = f"the model {quoted(model.id)} ({model.task})"
    task, other = TASKS[model.task], target.rather_than
    if task.choices or (task.labels and model.regression):
        what = "predicts numbers" if model.regression else "points at places in a text"
        hint = f"targets: {', '.join(CHOICES + task.choices)}"
        message = f"{about} {what}: it has no labels or tokens for rather_than to tell apart"
        yield Problem(path, message, hint)
        return
    yield from check_target((*path, "this"), target.this, model)
    if not task.labels:
        if isinstance(other, int):
            hint = f'name a token as text; a number in quotes: rather_than: "{other}"'
            yield Problem((*path, "rather_than"), f"{about} has no label with index {other}", hint)
        return
    if not model.labels:
        return
    second = label_index(other, model.labels)
    if second is None and isinstance(other, int):
        yield _no_index((*path, "rather_than"), about, other, model)
    elif second is None:
        yield _no_label((*path, "rather_than"), about, str(other), model)
    elif target.this in CHOICES or (task.by_token and isinstance(target.this, int)):
        return  # what the labels are only the model tells
    elif label_index(target.this, model.labels) == second:
        message = f"{model.labels[second]!r} rather than itself: there is nothing to tell apart"
        yield Problem(path, message, "name another label as rather_than")


def check_expect(path: SpecPath, expect: str, model: LabelledModel) -> Iterator[Problem]:
    """Look for what an input expects among the labels of a model that reads it."""
    task = TASKS[model.task]
    if not model.labels or not task.labels:
        return
    if task.by_token:
        parts = expect.split()
    elif model.regression:
        return
    elif model.several and not has_label(expect, model.labels):
        parts = expect.split(",")
    else:
        parts = [expect]
    about = f"the model {quoted(model.id)} ({model.task})"
    for part in dict.fromkeys(parts):
        if not has_label(part, model.labels):
            yield _no_label(path, about, part.strip(), model)


def has_label(text: str, labels: Sequence[str]) -> bool:
    """Tell whether a text names a label, in any case, or by its index."""
    return label_index(text, labels) is not None


def label_index(named: str | int, labels: Sequence[str]) -> int | None:
    """Find the label that is meant: by its name, in any case, or else by its index."""
    wanted = str(named).strip()
    if isinstance(named, str):
        if wanted in labels:
            return labels.index(wanted)
        folded = [label.casefold() for label in labels]
        if wanted.casefold() in folded:
            return folded.index(wanted.casefold())
    if wanted.isdecimal() and len(wanted) < 10 and int(wanted) < len(labels):
        return int(wanted)
    return None


def reads(entry: Any, model: LabelledModel) -> bool:
    """Tell whether an input is for a model and has the fields that its task needs."""
    fields = [name for name in INPUT_FIELDS if getattr(entry, name) is not None]
    allowed = entry.models is None or model.id in entry.models
    return allowed and has_fields(model.task, fields)


def has_chat_template(folder: Path) -> bool:
    """Tell whether the tokenizer of a folder has a template; where it cannot be read, yes."""
    settings = folder / "tokenizer_config.json"
    if (folder / CHAT_TEMPLATE).is_file():
        return True
    try:
        return settings.is_file() and bool(read_json(settings).get("chat_template"))
    except (ReportgenError, OSError):
        return True  # loading it will tell


def check_labels(
    inputs: Sequence[Any],
    methods: Sequence[Any],
    models: Sequence[LabelledModel],
    filled: Mapping[int, Sequence[str]],
) -> Iterator[Problem]:
    """Check every target, ``expect`` and chat against the models that are to explain them.

    ``inputs`` and ``methods`` are the spec's, with ``None`` for those that are wrong themselves;
    ``filled`` has by entry what the fillings of a template expect.
    """
    for model in models:
        mine = [(i, entry) for i, entry in enumerate(inputs) if entry and reads(entry, model)]
        for index, method in enumerate(methods):
            target = getattr(method, "target", None)
            explained = (entry.methods is None or method.name in entry.methods for _, entry in mine)
            if target is not None and any(explained):
                path: SpecPath = ("methods", index, method.name, "target")
                check = check_contrast if isinstance(target, Contrast) else check_target
                yield from check(path, target, model)
        for index, entry in mine:
            if entry.messages is not None and not model.chats:
                message = f"{model.id} has no chat template, so it reads no messages"
                hint = f"give the text as prompt, or add the model's {CHAT_TEMPLATE} to its folder"
                yield Problem(("inputs", index, "messages"), message, hint)
            written = isinstance(entry, InlineInput) and entry.expect is not None
            for text in (entry.expect,) if written else filled.get(index, ()):
                yield from check_expect(("inputs", index, "expect"), text, model)


def _no_target(about: str, target: str | int) -> str:
    return f"{about} has no target {quoted(target) if isinstance(target, str) else target}"


def _no_index(path: SpecPath, about: str, index: int, model: LabelledModel) -> Problem:
    hint = f"it has 0 to {len(model.labels) - 1}: {', '.join(model.labels[:10])}"
    return Problem(path, f"{about} has no label with index {index}", hint)


def _no_label(path: SpecPath, about: str, label: str, model: LabelledModel) -> Problem:
    hint = partial(suggest, label, model.labels, "it has")
    return Problem(path, f"{about} has no label {quoted(label)}", hint)
