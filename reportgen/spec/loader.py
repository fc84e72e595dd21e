"""Read a spec and report everything that is wrong with it, together, with positions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from reportgen.errors import MOST_PROBLEMS, ReportgenError, SpecError
from reportgen.spec.data_file import DataFile
from reportgen.spec.messages import translate
from reportgen.spec.models import Spec
from reportgen.spec.paths import expand
from reportgen.spec.problem import Problem, SpecPath, path_text
from reportgen.spec.references import check_references
from reportgen.spec.source import SpecSource, read_source
from reportgen.spec.surrogates import join_surrogates


def load_spec(
    source: str | Path | Mapping[str, Any] | Spec,
    base: Path | None = None,
    *,
    allow_outside: bool = False,
) -> Spec:
    """Return the spec in a YAML file, a mapping or a ``Spec``, checked.

    Model folders and data files are looked for relative to ``base``: by default the file's
    folder, or the current one where there is no file. Data files are read once to their end (or
    ``limit``), so that a spec that loads can be run, and kept where they are small. A data file,
    templates or a logo that is a link which leads out of ``base`` is a problem unless
    ``allow_outside``.

    Raises ``SpecError`` with the problems found, in the order of the file.
    """
    if isinstance(source, str | Path):
        path = _expanded(source)
        raw, problems = read_source(path)
        base = path.parent if base is None else base
    else:
        raw, problems = _from_python(source)
        base = source.base if isinstance(source, Spec) and base is None else base
    base = Path() if base is None else Path(base)
    allow_outside = allow_outside or (isinstance(source, Spec) and source.allow_outside)
    spec = None
    try:
        spec = Spec.model_validate(raw.data)
    except ValidationError as error:
        problems += translate(error, raw)
    files: dict[int, DataFile] = {}
    problems += check_references(raw.data, base, allow_outside, files)
    if spec is None or problems:
        problems.sort(key=raw.position)
        told = [raw.error(problem) for problem in problems[:MOST_PROBLEMS]]
        raise SpecError(told, more=len(problems) - len(told))
    spec._base = base
    spec._files = files
    spec._allow_outside = allow_outside
    spec._places = source._places if isinstance(source, Spec) else _places(spec, raw)
    return spec


def _expanded(source: str | Path) -> Path:
    try:
        return expand(source)
    except ReportgenError as error:
        raise SpecError([ReportgenError(error.message, str(source), error.hint)]) from error


def _from_python(source: Any) -> tuple[SpecSource, list[Problem]]:
    """Return what a mapping or a ``Spec`` holds as a source without positions."""
    data = source.model_dump() if isinstance(source, Spec) else source
    problems: list[Problem] = []
    try:
        data = join_surrogates(dict(data) if isinstance(data, Mapping) else data, problems)
    except RecursionError as error:
        message = "not a spec: it is nested too deeply"
        raise SpecError([ReportgenError(message, where="spec")]) from error
    return SpecSource(data), problems


def _places(spec: Spec, raw: SpecSource) -> dict[str, str]:
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
