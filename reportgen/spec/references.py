"""What a spec refers to: parts that name each other, and the files that they need."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from reportgen.errors import ReportgenError
from reportgen.spec.adapters import adapter_errors
from reportgen.spec.checkpoint import IN_MEMORY
from reportgen.spec.checks import (
    CheckEntry,
    InputCheckEntry,
    RationaleCheck,
    SliceGapCheck,
    methods_used,
)
from reportgen.spec.data_file import DataFile, read_file
from reportgen.spec.entries import FileInput, InputEntry, TemplateInput
from reportgen.spec.inputs import own_fields
from reportgen.spec.labels import check_labels, labelled_model
from reportgen.spec.logo import logo_error
from reportgen.spec.messages import nearest, suggest
from reportgen.spec.models import MethodEntry, ModelSpec
from reportgen.spec.part import entry_name
from reportgen.spec.paths import MissingFileError, locate, require, require_inside
from reportgen.spec.problem import Problem, SpecPath, quoted
from reportgen.spec.rationale_spans import find_rationale
from reportgen.spec.slices import ALWAYS, columns_named
from reportgen.spec.templates import Template, expected_of, read_template
from reportgen.spec.training import check_training

_MODEL = TypeAdapter(ModelSpec)
_METHOD: TypeAdapter[Any] = TypeAdapter(MethodEntry)
_INPUT: TypeAdapter[Any] = TypeAdapter(InputEntry)
_CHECK: TypeAdapter[Any] = TypeAdapter(CheckEntry)
_INPUT_CHECK: TypeAdapter[Any] = TypeAdapter(InputCheckEntry)


MARK = "say what people marked as the reason: rationale: [words of the text]"


def check_references(
    data: Any, base: Path, allow_outside: bool, files: dict[int, DataFile]
) -> Iterator[Problem]:
    """Check what one part cannot know: other parts, and the files; ``files`` get those with data.

    Works on the raw data, because these problems are to be reported together with those
    that keep it from being a ``Spec``.
    """
    named = (name for entry in _entries(data, "models") if (name := _model_id(entry)) is not None)
    ids = dict.fromkeys(named)
    yield from _check_models(data, base)
    methods = dict.fromkeys(
        name for entry in _entries(data, "methods") if (name := entry_name(entry))
    )
    groups: set[str] = set()
    marked: set[int] = set()
    filled: dict[int, Template] = {}
    yield from _check_inputs(data, base, allow_outside, ids, methods, groups, marked, files, filled)
    for path, entry, asked in _check_entries(data):
        yield from _check_check(path, entry, ids, methods, asked, groups)
        if isinstance(entry, RationaleCheck):
            yield from _check_marked((*path, entry.name), marked)
        if isinstance(entry, SliceGapCheck):
            yield from _check_column((*path, entry.name, "by"), entry.by, data)
    yield from _check_report(data, base, allow_outside)
    models = (_valid(_MODEL, entry) for entry in _entries(data, "models"))
    labelled = ((model, labelled_model(model, base)) for model in models if model is not None)
    known = [(spec, model) for spec, model in labelled if model is not None]
    inputs = [_valid(_INPUT, entry) for entry in _entries(data, "inputs")]
    asked = [_valid(_METHOD, entry) for entry in _entries(data, "methods")]
    expected = {index: list(expected_of(template)) for index, template in filled.items()}
    yield from check_labels(inputs, asked, [model for _, model in known], expected)
    yield from check_training(asked, inputs, known, base, allow_outside=allow_outside)
    seen: dict[str, int] = {}
    for index, entry in enumerate(_entries(data, "methods")):
        name = entry_name(entry)
        if name is not None and seen.setdefault(name, index) != index:
            hint = f"it is already methods[{seen[name]}]: keep one"
            message = f"the method {quoted(name)} is listed twice"
            yield Problem(("methods", index), message, hint)


def _check_models(data: Any, base: Path) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for index, entry in enumerate(_entries(data, "models")):
        name = _model_id(entry)
        if name is not None and seen.setdefault(name, index) != index:
            hint = f"it is already the id of models[{seen[name]}]: choose another"
            message = f"the model id {quoted(name)} is used twice"
            yield Problem(("models", index, "id"), message, hint)
        model = _valid(_MODEL, entry)
        if model is None:
            continue
        path = ("models", index, "path")
        for key, error in adapter_errors(model, base):
            yield Problem(("models", index, key), error.message, error.hint)
        try:
            if model.local_folder(base) is None:
                continue
            require(model.path, base, "folder", allow_outside=True)
        except MissingFileError as error:
            yield Problem(path, error.message, partial(_folder_hint, model.path, base))
        except ReportgenError as error:
            yield Problem(path, error.message, error.hint)
        else:
            if model.revision is not None:
                yield Problem(
                    ("models", index, "revision"),
                    f"a revision is for Hub ids, but {model.path} is a local folder",
                    "remove the revision",
                )


def _check_report(data: Any, base: Path, allow_outside: bool) -> Iterator[Problem]:
    """Look for the files that the pages are to be made with."""
    report = data.get("report") if isinstance(data, dict) else None
    nouns: dict[str, Literal["file", "folder"]] = {"templates": "folder", "logo": "file"}
    for key, noun in nouns.items():
        name = report.get(key) if isinstance(report, dict) else None
        if not isinstance(name, str) or not name:
            continue
        try:
            path = require(name, base, noun, allow_outside=allow_outside)
            if noun == "folder" and not allow_outside:
                require_inside(path, base)
            if noun == "file" and (wrong := logo_error(path)):
                yield Problem(("report", key), f"{name}: {wrong.message}", wrong.hint)
        except MissingFileError as error:
            hint = "it is looked for relative to the spec"
            yield Problem(("report", key), error.message, hint)
        except ReportgenError as error:
            yield Problem(("report", key), error.message, error.hint)
        except OSError as error:
            message = f"{error.filename} cannot be read: {error.strerror}"
            yield Problem(("report", key), message)


def _check_inputs(
    data: Any,
    base: Path,
    allow_outside: bool,
    ids: Collection[str],
    methods: Collection[str],
    groups: set[str],
    marked: set[int],
    files: dict[int, DataFile],
    filled: dict[int, Template],
) -> Iterator[Problem]:
    """Check each entry of ``inputs:``; collect the groups, and the data files.

    ``marked`` are the entries with a rationale, ``filled`` get the templates.
    """
    checks = (check for _, check, _ in _check_entries(data) if check is not None)
    sought = {check.group for check in checks if check.group is not None}
    templates = 0
    for index, entry in enumerate(_entries(data, "inputs")):
        part = _valid(_INPUT, entry)
        if part is None:
            continue
        for position, name in enumerate(part.models or ()):
            if ids and name not in ids:
                yield _no_model(("inputs", index, "models", position), name, ids)
        for position, name in enumerate(part.methods or ()):
            if methods and name not in methods:
                yield _no_method(("inputs", index, "methods", position), name, methods)
        if isinstance(part, TemplateInput):
            templates += 1
            template, problems = read_template(part, base, allow_outside=allow_outside)
            if template is not None:
                groups.update(template.groups() if part.group else (f"template {templates}",))
                filled[index] = template
            for problem in problems:
                yield replace(problem, path=("inputs", index, *problem.path))
            continue
        if part.rationale is not None:
            marked.add(index)
        if isinstance(part, FileInput):
            file, problems = read_file(part, base, sought, allow_outside=allow_outside)
            if file is not None:
                files[index] = file
                groups |= file.groups
            for problem in problems:
                yield replace(problem, path=("inputs", index, *problem.path))
            continue
        if part.group is not None:
            groups.add(part.group)
        for problem in find_rationale(part.rationale or (), own_fields(part))[1]:
            yield replace(problem, path=("inputs", index, "rationale", *problem.path))


def _check_entries(data: Any) -> Iterator[tuple[SpecPath, Any, list[Any] | None]]:
    """Yield every check that is written as one, with its place.

    The third are the methods that the input beside it asks for, where it names some.
    """
    for index, entry in enumerate(_entries(data, "checks")):
        yield ("checks", index), _valid(_CHECK, entry), None
    for position, part in enumerate(_entries(data, "inputs")):
        for index, entry in enumerate(_entries(part, "checks")):
            path = ("inputs", position, "checks", index)
            yield path, _valid(_INPUT_CHECK, entry), _entries(part, "methods") or None


def _check_check(
    path: SpecPath,
    check: Any,
    ids: Collection[str],
    methods: Collection[str],
    asked: Collection[Any] | None,
    groups: Collection[str],
) -> Iterator[Problem]:
    """Look for the models, methods and groups that a check names, and for what it reads.

    ``asked`` are the methods of the input that it stands beside, where that has its own.
    """
    if check is None:
        return
    path = (*path, check.name)
    for position, name in enumerate(check.models or ()):
        if ids and name not in ids:
            yield _no_model((*path, "models", position), name, ids)
    for place, name in methods_used(check):
        if place and methods and name not in methods:
            yield _no_method((*path, *place), name, methods)
        reads = f"the check {check.name} reads what the method {quoted(name)} stores"
        if not place and methods and name not in methods:
            message = f"{reads}, which the spec does not list"
            yield Problem(path, message, f"add {name} to methods:")
        elif not place and asked is not None and name not in asked:
            message = f"{reads}, which this input leaves out"
            yield Problem(path, message, f"add {name} to the methods: of this input")
    if check.group is not None and check.group not in groups:
        message = f"no input is in the group {quoted(check.group)}"
        yield Problem((*path, "group"), message, partial(_group_hint, check.group, groups))


def _check_marked(path: SpecPath, marked: Collection[int]) -> Iterator[Problem]:
    """Refuse a check of rationales where no input that it looks at has one."""
    match path:
        case ("inputs", int(index), *_) if index not in marked:
            yield Problem(path, "this input has no rationale", MARK)
        case ("checks", *_) if not marked:
            yield Problem(path, "no input has a rationale", MARK)


def _check_column(path: SpecPath, by: str, data: Any) -> Iterator[Problem]:
    """Refuse a check by a column that no input has, unless some input could not be read."""
    parts = [_valid(_INPUT, entry) for entry in _entries(data, "inputs")]
    named = set().union(*map(columns_named, parts))
    if by not in named | set(ALWAYS) and None not in parts:
        hint = partial(_column_hint, by, named)
        yield Problem(path, f"no input has the column {quoted(by)}", hint)


def _column_hint(by: str, named: Collection[str]) -> str:
    if near := nearest(by, (*sorted(named), *ALWAYS)):
        return near
    return suggest(by, sorted(named), "columns") or "name columns of a file: under its slices:"


def _no_model(path: SpecPath, name: str, ids: Collection[str]) -> Problem:
    hint = partial(suggest, name, ids, "ids")
    return Problem(path, f"no model has the id {quoted(name)}", hint)


def _no_method(path: SpecPath, name: str, methods: Collection[str]) -> Problem:
    hint = partial(suggest, name, methods, "methods")
    return Problem(path, f"the spec lists no method {quoted(name)}", hint)


def _group_hint(name: str, groups: Collection[str]) -> str:
    return suggest(name, sorted(groups), "groups") or "give inputs a key group:"


def _folder_hint(path: str, base: Path) -> str:
    if "/" not in path:
        return "a Hub id has the form org/name"
    folder = locate(path, base)
    if folder.name.startswith(IN_MEMORY):
        return (
            "that model was in memory when it was explained: save it and its tokenizer there "
            "(save_pretrained) to build again; reportgen render needs no model"
        )
    siblings = (found.name for found in folder.parent.glob("*") if found.is_dir())
    return nearest(folder.name, siblings) or "folders are looked for relative to the spec"


def _model_id(entry: Any) -> str | None:
    name = entry.get("id") if isinstance(entry, dict) else getattr(entry, "id", None)
    return name if isinstance(name, str) else None


def _entries(data: Any, section: str) -> list[Any]:
    entries = data.get(section) if isinstance(data, dict) else None
    return entries if isinstance(entries, list) else []


def _valid(adapter: TypeAdapter[Any], entry: Any) -> Any:
    """Return the part, or ``None`` where it is wrong, which is reported elsewhere."""
    try:
        return adapter.validate_python(entry)
    except ValidationError:
        return None
