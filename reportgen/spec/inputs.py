"""From ``inputs:`` to one sequence: entries written in the spec, and rows of data files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from reportgen.errors import ReportgenError, SpecError
from reportgen.spec.chat import as_text
from reportgen.spec.data_file import read_file
from reportgen.spec.entries import INPUT_FIELDS, FileInput, InlineInput, TemplateInput
from reportgen.spec.lazy import LazySequence
from reportgen.spec.models import Spec
from reportgen.spec.problem import shortened
from reportgen.spec.rationale import Spans
from reportgen.spec.rationale_spans import find_rationale
from reportgen.spec.rows import Row
from reportgen.spec.shown import shown_path
from reportgen.spec.templates import Template, fill_fields, patterns, read_template


@dataclass(frozen=True)
class Input:
    """One input after files are expanded; ``index`` is its position in the spec.

    ``where`` is ``audit.yaml:12:5 inputs[1]`` or ``reviews.csv:3``, ``entry`` the position of
    its entry in the spec, ``rationale`` what people marked. A cell of a data file may be empty;
    the engine then raises ``InputError`` for that input alone.
    """

    index: int
    fields: dict[str, str]
    expect: str | None
    models: tuple[str, ...] | None
    where: str
    methods: tuple[str, ...] | None = None
    group: str | None = None
    entry: int = 0
    rationale: Spans = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    """What is known of it beside its texts, by name: to slice by, or how a template is filled."""


@dataclass(frozen=True)
class _FromFile:
    """The inputs of a data file, of which the first has the index ``start``.

    ``name`` is the file's as results may have it.
    """

    start: int
    entry: int
    about: FileInput
    rows: Sequence[Row]
    name: str

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Input]:
        about = self.about
        models = tuple(about.models) if about.models is not None else None
        methods = tuple(about.methods) if about.methods is not None else None
        fields = [name for name in INPUT_FIELDS if getattr(about, name) is not None]
        for index, row in enumerate(self.rows, self.start):
            cells = row.cells
            yield Input(
                index,
                {name: cells[name] for name in fields},
                cells.get("label") or None,
                models,
                self.name + row.place.removeprefix(about.file),
                methods,
                cells.get("group") or None,
                self.entry,
                row.rationale,
                row.columns,
            )


@dataclass(frozen=True)
class _FromTemplate:
    """The inputs of a template, of which the first has the index ``start``.

    ``group`` is the name that they share where the template gives none.
    """

    start: int
    entry: int
    template: Template
    where: str
    group: str

    def __len__(self) -> int:
        return len(self.template)

    def __iter__(self) -> Iterator[Input]:
        about = self.template.entry
        models = tuple(about.models) if about.models is not None else None
        methods = tuple(about.methods) if about.methods is not None else None
        known = patterns(about)
        expect, group = known.get("expect"), known.get("group")
        for index, values in enumerate(self.template.fillings(), self.start):
            filled = ", ".join(f"{shortened(s)}: {shortened(v)}" for s, v in values.items())
            yield Input(
                index,
                fill_fields(known, values),
                expect.filled(values) if expect else None,
                models,
                f"{self.where} ({filled})",
                methods,
                group.filled(values) if group else self.group,
                self.entry,
                columns=values,
            )


class Inputs(LazySequence[Input]):
    """All inputs of a spec, in order; those of large data files are read again in each pass.

    ``parts`` are by the spec's entries: one input each, or those of a file or a template. A pass
    raises ``ReportgenError`` where a data file is not the one that was checked.
    """

    def __init__(self, parts: Sequence[Sequence[Input] | _FromFile | _FromTemplate]) -> None:
        self._parts = parts
        self._amount = sum(map(len, parts))

    def __len__(self) -> int:
        return self._amount

    def __iter__(self) -> Iterator[Input]:
        return self.of(range(len(self._parts)))

    def _from(self, start: int) -> Iterator[Input]:
        before = 0
        for position, part in enumerate(self._parts):
            if start < before + len(part):
                rest = range(position, len(self._parts))
                return islice(self.of(rest), start - before, None)
            before += len(part)
        return iter(())

    def of(self, entries: Collection[int]) -> Iterator[Input]:
        """Yield the inputs of some of the spec's entries; other files are not read."""
        for position, part in enumerate(self._parts):
            if position in entries:
                yield from part

    def amount(self, entry: int) -> int:
        """Return how many inputs an entry of the spec is."""
        return len(self._parts[entry])


def expand_inputs(spec: Spec, base: Path) -> Inputs:
    """Return all inputs in order; files that were not checked with the spec are, below ``base``.

    Raises ``SpecError`` for data files that are missing or damaged.
    """
    parts: list[Sequence[Input] | _FromFile | _FromTemplate] = []
    errors: list[ReportgenError] = []
    start = templates = 0
    for position, entry in enumerate(spec.inputs):
        where = spec.where("inputs", position)
        if isinstance(entry, InlineInput):
            models = tuple(entry.models) if entry.models is not None else None
            methods = tuple(entry.methods) if entry.methods is not None else None
            fields = own_fields(entry)
            marked, wrong = find_rationale(entry.rationale or (), fields)
            errors += [
                ReportgenError(
                    problem.message, f"{where}.rationale[{problem.path[0]}]", problem.advice
                )
                for problem in wrong
            ]
            known = {name: value for name, value in (entry.slices or {}).items() if value}
            about = (fields, entry.expect, models, where, methods, entry.group, position, marked)
            parts.append((Input(start, *about, known),))
            start += 1
            continue
        if isinstance(entry, TemplateInput):
            templates += 1
            template, wrong = read_template(entry, base, allow_outside=spec.allow_outside)
            errors += [
                ReportgenError(problem.message, problem.place or where, problem.advice)
                for problem in wrong
            ]
            if template is not None:
                name = f"template {templates}"
                parts.append(_FromTemplate(start, position, template, where, name))
                start += len(template)
            continue
        rows = spec.files.get(position) if base == spec.base else None
        if rows is None:
            rows, problems = read_file(entry, base, allow_outside=spec.allow_outside)
            errors += [
                ReportgenError(problem.message, problem.place or where, problem.advice)
                for problem in problems
            ]
        if rows is not None:
            name = shown_path(entry.file, base)
            parts.append(_FromFile(start, position, entry, rows, name))
            start += len(rows)
    if errors:
        raise SpecError(errors)
    return Inputs(parts)


def own_fields(entry: InlineInput) -> dict[str, str]:
    """Return the texts of an input that is written in the spec, messages as one."""
    fields = entry.model_dump(include=set(INPUT_FIELDS), exclude_none=True)
    if entry.messages is not None:
        fields["messages"] = as_text(entry.messages)
    return fields
