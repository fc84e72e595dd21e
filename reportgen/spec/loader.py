"""Read a spec and report everything that is wrong with it, together, with positions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from reportgen.errors import SpecError
from reportgen.spec.checks import CheckEntry, InputCheckEntry, methods_used
from reportgen.spec.entries import FileInput, InputEntry
from reportgen.spec.inputs import read_file
from reportgen.spec.logo import logo_error
from reportgen.spec.messages import nearest, suggest, translate
from reportgen.spec.models import ModelSpec, Spec
from reportgen.spec.part import entry_name
from reportgen.spec.source import Problem, Source, SpecPath, path_text, read_source

_MODEL = TypeAdapter(ModelSpec)
_INPUT: TypeAdapter[Any] = TypeAdapter(InputEntry)
_CHECK: TypeAdapter[Any] = TypeAdapter(CheckEntry)
_INPUT_CHECK: TypeAdapter[Any] = TypeAdapter(InputCheckEntry)


def load_spec(source: str | Path | Mapping[str, Any] | Spec, base: Path | None = None) -> Spec:
    """Return the spec in a YAML file, a mapping or a ``Spec``, checked.

    Model folders and data files are looked for relative to ``base``: by default the file's
    folder, or the current one where there is no file. Data files are read to their end (or
    ``limit``), so that a spec that loads can be run.

    Raises ``SpecError`` with every problem found, in the order of the file.
    """
    if isinstance(source, str | Path):
        path = Path(source).expanduser()
        raw, problems = read_source(path)
        base = path.parent if base is None else base
    else:
        data = source.model_dump() if isinstance(source, Spec) else source
        raw, problems = Source(dict(data) if isinstance(data, Mapping) else data), []
        base = source.base if isinstance(source, Spec) and base is None else base
    base = Path() if base is None else Path(base)
    spec = None
    try:
        spec = Spec.model_validate(raw.data)
    except ValidationError as error:
        problems += translate(error, raw)
    problems += _check(raw.data, base)
    if spec is None or problems:
        problems.sort(key=raw.position)
        raise SpecError([raw.error(problem) for problem in problems])
    spec._base = base
    spec._places = source._places if isinstance(source, Spec) else _places(spec, raw)
    return spec


def _places(spec: Spec, raw: Source) -> dict[str, str]:
    """Return where models, inputs and checks are written, by the file's bare name.

    These places travel with results and pages, which must not tell of someone's folders.
    """
    name = Path(raw.name).name
    paths: list[SpecPath] = [
        (section, index)
        for section in ("models", "inputs", "checks")
        for index in range(len(getattr(spec, section)))
    ]
    paths += [
        ("inputs", index, "checks", position)
        for index, entry in enumerate(spec.inputs)
        for position in range(len(entry.checks or ()))
    ]
    return {path_text(path): raw.where(path, name=name) for path in paths}


def _check(data: Any, base: Path) -> Iterator[Problem]:
    """Check what one part cannot know: other parts, and the files.

    Works on the raw data, because these problems are to be reported together with those
    that keep it from being a ``Spec``.
    """
    ids = [name for entry in _entries(data, "models") if (name := _model_id(entry)) is not None]
    yield from _check_models(data, base)
    methods = [name for entry in _entries(data, "methods") if (name := entry_name(entry))]
    groups: set[str] = set()
    yield from _check_inputs(data, base, ids, methods, groups)
    for path, entry in _check_entries(data):
        yield from _check_check(path, entry, ids, methods, sorted(groups))
    yield from _check_report(data, base)
    seen: dict[str, int] = {}
    for index, entry in enumerate(_entries(data, "methods")):
        name = entry_name(entry)
        if name is not None and seen.setdefault(name, index) != index:
            hint = f"it is already methods[{seen[name]}]: keep one"
            yield Problem(("methods", index), f"the method {name!r} is listed twice", hint)


def _check_models(data: Any, base: Path) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for index, entry in enumerate(_entries(data, "models")):
        name = _model_id(entry)
        if name is not None and seen.setdefault(name, index) != index:
            hint = f"it is already the id of models[{seen[name]}]: choose another"
            yield Problem(("models", index, "id"), f"the model id {name!r} is used twice", hint)
        model = _valid(_MODEL, entry)
        folder = model.local_folder(base) if model else None
        if model is None or folder is None:
            continue
        path = ("models", index, "path")
        if folder.is_file():
            yield Problem(path, f"expected a folder, found a file: {model.path}")
        elif not folder.is_dir():
            yield Problem(path, f"no such folder: {model.path}", _folder_hint(model.path, folder))
        elif model.revision is not None:
            yield Problem(
                ("models", index, "revision"),
                f"a revision is for Hub ids, but {model.path} is a local folder",
                "remove the revision",
            )


def _check_report(data: Any, base: Path) -> Iterator[Problem]:
    """Look for the files that the pages are to be made with."""
    report = data.get("report") if isinstance(data, dict) else None
    for key, noun in (("templates", "folder"), ("logo", "file")):
        name = report.get(key) if isinstance(report, dict) else None
        if not isinstance(name, str) or not name:
            continue
        path = base / Path(name).expanduser()
        if not (path.is_dir() if noun == "folder" else path.is_file()):
            hint = "it is looked for relative to the spec"
            yield Problem(("report", key), f"no such {noun}: {name}", hint)
        elif key == "logo" and (error := logo_error(path)):
            yield Problem(("report", key), f"{name}: {error.message}", error.hint)


def _check_inputs(
    data: Any, base: Path, ids: list[str], methods: list[str], groups: set[str]
) -> Iterator[Problem]:
    """Check each entry of ``inputs:``; collect the groups that there are."""
    for index, entry in enumerate(_entries(data, "inputs")):
        part = _valid(_INPUT, entry)
        if part is None:
            continue
        for position, name in enumerate(part.models or ()):
            if ids and name not in ids:
                path = ("inputs", index, "models", position)
                yield Problem(path, f"no model has the id {name!r}", suggest(name, ids, "ids"))
        for position, name in enumerate(part.methods or ()):
            if methods and name not in methods:
                path = ("inputs", index, "methods", position)
                hint = suggest(name, methods, "methods")
                yield Problem(path, f"the spec lists no method {name!r}", hint)
        if isinstance(part, FileInput):
            rows, problems = read_file(part, base)
            groups |= {row.cells["group"] for row in rows if row.cells.get("group")}
            for problem in problems:
                yield replace(problem, path=("inputs", index, *problem.path))
        elif part.group is not None:
            groups.add(part.group)


def _check_entries(data: Any) -> Iterator[tuple[SpecPath, Any]]:
    """Yield every check that is written as one, with its place."""
    for index, entry in enumerate(_entries(data, "checks")):
        yield ("checks", index), _valid(_CHECK, entry)
    for position, part in enumerate(_entries(data, "inputs")):
        for index, entry in enumerate(_entries(part, "checks")):
            yield ("inputs", position, "checks", index), _valid(_INPUT_CHECK, entry)


def _check_check(
    path: SpecPath, check: Any, ids: list[str], methods: list[str], groups: list[str]
) -> Iterator[Problem]:
    """Look for the models, methods and groups that a check names."""
    if check is None:
        return
    path = (*path, check.name)
    for position, name in enumerate(check.models or ()):
        if ids and name not in ids:
            hint = suggest(name, ids, "ids")
            yield Problem((*path, "models", position), f"no model has the id {name!r}", hint)
    for place, name in methods_used(check):
        if methods and name not in methods:
            hint = suggest(name, methods, "methods")
            yield Problem((*path, *place), f"the spec lists no method {name!r}", hint)
    if check.group is not None and check.group not in groups:
        message = f"no input is in the group {check.group!r}"
        hint = suggest(check.group, groups, "groups") or "give inputs a key group:"
        yield Problem((*path, "group"), message, hint)


def _folder_hint(path: str, folder: Path) -> str:
    if "/" not in path:
        return "a Hub id has the form org/name"
    siblings = [found.name for found in folder.parent.glob("*") if found.is_dir()]
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
