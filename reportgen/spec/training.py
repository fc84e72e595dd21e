"""The file of training examples that a spec names, and a model's checkpoints: read and checked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from reportgen.errors import ReportgenError
from reportgen.methods import Settings
from reportgen.methods.influence import Influence
from reportgen.spec.checkpoint import CONFIG, find_weights, hash_files
from reportgen.spec.config import MOST, read_json
from reportgen.spec.data_file import MAX_PROBLEMS, READERS, DataFile, read_file
from reportgen.spec.entries import FileInput
from reportgen.spec.labels import LabelledModel, has_label, label_names, reads
from reportgen.spec.messages import suggest
from reportgen.spec.models import ModelSpec
from reportgen.spec.paths import MissingFileError, locate, require
from reportgen.spec.problem import Problem, SpecPath, quoted

TASK = "sequence-classification"
"""The task whose models have one label for an example."""

SIZES = re.compile("|".join(pattern for _, pattern, _ in MOST))
"""Keys of a config that tell how large a model is."""


@dataclass(frozen=True)
class Example:
    """One training example: ``row`` counts those of its file from 1."""

    row: int
    fields: dict[str, str]
    label: str


def examples(settings: Influence, base: Path) -> Iterator[Example]:
    """Yield the training examples; raise ``ReportgenError`` where the file is not as planned."""
    file, problems = _open(settings, base, allow_outside=True)  # which was judged with the spec
    wanted = settings.train_checksum
    if file is None or problems or (wanted and file_sha256(locate(settings.train, base)) != wanted):
        raise ReportgenError(
            "the training file is not the one that the run was planned with",
            settings.train,
            "run the same command again; what is done is kept",
        )
    for row, found in enumerate(file, start=1):
        cells = dict(found.cells)
        yield Example(row, label=cells.pop("label"), fields=cells)


def with_hashes(methods: Sequence[Settings], base: Path) -> list[Settings]:
    """Fill in what the files hold that methods read, for it decides what they find.

    Raises ``ReportgenError`` where one cannot be read.
    """
    return [_hashed(one, base) if isinstance(one, Influence) else one for one in methods]


def _hashed(settings: Influence, base: Path) -> Influence:
    found = [
        hash_files(find_weights(locate(one, base), allow_pickle=False))
        for one in settings.checkpoints
    ]
    train = file_sha256(locate(settings.train, base))
    return settings.model_copy(update={"train_checksum": train, "checkpoint_checksums": found})


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes; raise ``ReportgenError`` where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ReportgenError(f"{path.name} cannot be read: {error.strerror}") from error


def check_training(
    methods: Sequence[Any],
    inputs: Sequence[Any],
    models: Sequence[tuple[ModelSpec, LabelledModel]],
    base: Path,
    *,
    allow_outside: bool,
) -> Iterator[Problem]:
    """Check the training file of each method that has one, and its checkpoints.

    ``methods`` and ``inputs`` are the spec's, with ``None`` for those that are wrong themselves;
    ``models`` those that are local, whose configs tell their labels and sizes.
    """
    for index, method in enumerate(methods):
        if not isinstance(method, Influence):
            continue
        path: SpecPath = ("methods", index, method.name)
        asked = [
            (spec, model)
            for spec, model in models
            if model.task == TASK
            and any(
                entry
                and reads(entry, model)
                and (entry.methods or [method.name]).count(method.name)
                for entry in inputs
            )
        ]
        found = _check_file(method, [model for _, model in asked], base, allow_outside)
        found = [*found, *_check_checkpoints(method, [spec for spec, _ in asked], base)]
        for problem in found:
            yield replace(problem, path=(*path, *problem.path))


def _open(
    settings: Influence, base: Path, *, allow_outside: bool
) -> tuple[DataFile | None, list[Problem]]:
    if Path(settings.train).suffix.lower() not in READERS:
        message = f"expected a {', '.join(READERS)} file, found {quoted(settings.train)}"
        return None, [Problem(("train",), message, "the file name says how it is read")]
    columns = FileInput(
        file=settings.train,
        text=settings.text,
        text_pair=settings.text_pair,
        label=settings.label,
        limit=settings.limit,
    )
    file, problems = read_file(columns, base, allow_outside=allow_outside)
    named = (
        replace(problem, path=("train",)) if problem.path == ("file",) else problem
        for problem in problems
    )
    return file, list(named)


def _check_file(
    settings: Influence, models: Sequence[LabelledModel], base: Path, allow_outside: bool
) -> list[Problem]:
    file, problems = _open(settings, base, allow_outside=allow_outside)
    if file is None or problems:
        return problems
    wanted = settings.train_checksum
    if wanted and file_sha256(locate(settings.train, base)) != wanted:
        message = f"{settings.train} is another file than the one that train_checksum tells of"
        return [Problem(("train_checksum",), message, "correct it, or leave it out")]
    bad = 0
    judged: dict[str, Problem | None] = {}
    for row in file:
        label = row.cells["label"]
        if label not in judged:
            judged[label] = _check_label(label, models)
        if (problem := judged[label]) is not None:
            bad += 1
            if bad <= MAX_PROBLEMS:
                problems.append(replace(problem, place=row.place))
    if bad > MAX_PROBLEMS:
        more = f"{bad - MAX_PROBLEMS:,} more rows of {settings.train} have no label of the model"
        problems.append(Problem(("train",), more))
    return problems


def _check_label(label: str, models: Sequence[LabelledModel]) -> Problem | None:
    if not label.strip():
        hint = "each training example needs the label that the model was trained on"
        return Problem(("train",), "the label is empty", hint)
    for model in models:
        one = bool(model.labels) and not (model.several or model.regression)
        if one and not has_label(label, model.labels):
            about = f"the model {quoted(model.id)} ({model.task})"
            known = partial(_labels, label, model.labels)
            return Problem(("train",), f"{about} has no label {quoted(label)}", known)
    return None


def _labels(label: str, known: Sequence[str]) -> str:
    near = suggest(label, known, "it has")
    return near if near.startswith("it has") else f"{near} It has: {', '.join(known[:20])}"


def _check_checkpoints(
    settings: Influence, models: Sequence[ModelSpec], base: Path
) -> Iterator[Problem]:
    for place, name in enumerate(settings.checkpoints):
        path: SpecPath = ("checkpoints", place)
        try:
            folder = require(name, base, "folder", allow_outside=True)
            config = read_json(folder / CONFIG)
            find_weights(folder, allow_pickle=False)
        except MissingFileError as error:
            yield Problem(path, error.message, "folders are looked for relative to the spec")
            continue
        except ReportgenError as error:
            yield Problem(path, f"{name}: {error.message}", error.hint)
            continue
        for model in models:
            if wrong := _other_model(config, model, base):
                hint = "a checkpoint is the same model, as it was saved during its training"
                message = f"the checkpoint {name} is of another model than {model.id}: {wrong}"
                yield Problem(path, message, hint)


def _other_model(config: dict[str, Any], model: ModelSpec, base: Path) -> str:
    """Say in what a checkpoint's config is of another model; nothing where it is of this one."""
    folder = model.local_folder(base)
    if folder is None:
        return ""
    try:
        own = read_json(folder / CONFIG)
    except ReportgenError:  # which the plan tells
        return ""
    sizes = [key for key in own.keys() | config.keys() if SIZES.fullmatch(key)]
    for key in ("model_type", "architectures", *sorted(sizes)):
        if own.get(key) != config.get(key):
            return f"{key} is {_said(config.get(key))}, that of the model {_said(own.get(key))}"
    if label_names(own) != label_names(config):
        named = ", ".join(label_names(config)) or "none"
        return f"its labels are {named}, those of the model {', '.join(label_names(own)) or 'none'}"
    return ""


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "not there" if value is None else str(value)
