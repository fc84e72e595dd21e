"""Templates: texts with slots, ``The {job} said ...``, and the values that fill them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from reportgen.errors import ReportgenError
from reportgen.spec.chat import as_text, texts_of
from reportgen.spec.entries import INPUT_FIELDS, FillFile, TemplateInput
from reportgen.spec.messages import nearest, suggest
from reportgen.spec.paths import MissingFileError, locate, require
from reportgen.spec.problem import Problem, SpecPath, quoted, shortened

LARGEST_FILE = 1_000_000
"""Bytes of a file of values; the values of a slot are words and names."""

PARTS = re.compile(r"(\{\{|\}\})|\{([^{}]*)\}|([{}])")
"""A doubled brace, a slot, and a brace that is neither."""

DOUBLE = "a brace that is no slot is doubled: {{ or }}"


@dataclass(frozen=True)
class Pattern:
    """A text with slots: ``texts`` has one more part than there are ``slots`` between them."""

    texts: tuple[str, ...]
    slots: tuple[str, ...]

    def filled(self, values: Mapping[str, str]) -> str:
        """Return the text with each slot's value in its place."""
        parts = [self.texts[0]]
        for slot, text in zip(self.slots, self.texts[1:], strict=True):
            parts += values[slot], text
        return "".join(parts)


class BraceError(ValueError):
    """A brace of a pattern opens or closes nothing."""


def read_pattern(text: str) -> Pattern:
    """Read the slots of a text; raise ``BraceError`` for a brace that stands alone."""
    texts, slots, end = [""], [], 0
    for found in PARTS.finditer(text):
        doubled, slot, alone = found.groups()
        texts[-1] += text[end : found.start()]
        end = found.end()
        if alone:
            near = shortened(text[found.start() : found.start() + 20])
            raise BraceError(f"the brace at {near!r} has no other one")
        if doubled:
            texts[-1] += doubled[0]
        else:
            slots.append(slot)
            texts.append("")
    texts[-1] += text[end:]
    return Pattern(tuple(texts), tuple(slots))


@dataclass(frozen=True)
class Template:
    """An entry with slots, and the values of each slot in their order."""

    entry: TemplateInput
    values: dict[str, tuple[str, ...]]

    def __len__(self) -> int:
        return prod(map(len, self.values.values()))

    def fillings(self) -> Iterator[dict[str, str]]:
        """Yield every combination of values by slot; the last slot moves fastest."""
        for values in product(*self.values.values()):
            yield dict(zip(self.values, values, strict=True))

    def groups(self) -> Iterator[str]:
        """Yield the group that each filling names, where the template has a group."""
        if self.entry.group is not None:
            group = read_pattern(self.entry.group)
            yield from map(group.filled, self.fillings())


def patterns(entry: TemplateInput) -> dict[str, Any]:
    """Return the input fields, ``expect`` and ``group`` of a template as patterns.

    ``messages`` is a list of pairs of a role and a pattern. Raises ``BraceError``.
    """
    texts = {path[0]: text for path, text in _texts(entry) if path[0] != "messages"}
    found: dict[str, Any] = {str(name): read_pattern(text) for name, text in texts.items()}
    if entry.messages is not None:
        found["messages"] = [(one.role, read_pattern(one.content)) for one in entry.messages]
    return found


def segment_patterns(entry: TemplateInput) -> dict[str, Pattern]:
    """Return the patterns of a template's texts by segment, each message under its role.

    Raises ``BraceError``.
    """
    return {name: read_pattern(text) for name, text in template_texts(entry)}


def template_texts(entry: TemplateInput) -> list[tuple[str, str]]:
    """Return the texts of a template by segment, with their slots."""
    given = {name: value for name in INPUT_FIELDS if (value := getattr(entry, name)) is not None}
    if entry.messages is not None:
        given["messages"] = as_text(entry.messages)
    return list(texts_of(given).items())


def fill_fields(known: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of one filling, of what :func:`patterns` found."""
    fields = {name: known[name] for name in INPUT_FIELDS if name in known}
    return {
        name: pattern.filled(values)
        if isinstance(pattern, Pattern)
        else as_text([{"role": role, "content": one.filled(values)} for role, one in pattern])
        for name, pattern in fields.items()
    }


def read_template(
    entry: TemplateInput, base: Path, *, allow_outside: bool = False
) -> tuple[Template | None, list[Problem]]:
    """Check a template and read the files of its values; return it and all that is wrong.

    The problems' paths are relative to the entry.
    """
    problems = list(_slot_problems(entry))
    values = {}
    for slot, given in entry.fill.items():
        found, wrong = _values(slot, given, base, allow_outside)
        values[slot] = found
        problems += wrong
    template = Template(entry, values)
    if not problems:
        problems += _amount_problem(template)
    return (None if problems else template), problems


def expected_of(template: Template) -> Iterator[str]:
    """Yield each of the different texts that the fillings expect."""
    if template.entry.expect is not None:
        pattern = read_pattern(template.entry.expect)
        used = {slot: template.values[slot] for slot in dict.fromkeys(pattern.slots)}
        for values in product(*used.values()):
            yield pattern.filled(dict(zip(used, values, strict=True)))


def _texts(entry: TemplateInput) -> Iterator[tuple[SpecPath, str]]:
    """Yield all that may have slots, with its place in the entry."""
    for name in (*INPUT_FIELDS, "expect", "group"):
        value = getattr(entry, name)
        if name == "messages":
            for index, message in enumerate(value or ()):
                yield ("messages", index, "content"), message.content
        elif value is not None:
            yield (name,), value


def _slot_problems(entry: TemplateInput) -> Iterator[Problem]:
    """Yield braces alone, slots without values, and values without a slot."""
    read: dict[str, None] = {}
    broken = False
    for path, text in _texts(entry):
        try:
            slots = read_pattern(text).slots
        except BraceError as error:
            broken = True
            yield Problem(path, str(error), DOUBLE)
            continue
        if path[0] in INPUT_FIELDS:
            read |= dict.fromkeys(slots)
        for slot in dict.fromkeys(slots):
            if slot not in entry.fill:
                hint = partial(_slot_hint, slot, list(entry.fill))
                yield Problem(path, f"fill has no values for the slot {_slot(slot)}", hint)
    if broken:
        return
    if not read:
        first = next(iter(entry.fill))
        yield Problem((), "a template has a slot in its text, found none", f"write {_slot(first)}")
        return
    for name in entry.fill:
        if name not in read:
            hint = partial(_unused_hint, name, list(read))
            yield Problem(("fill",), f"no text has the slot {_slot(name)}", hint, key=name)


def _slot(name: str) -> str:
    return f"{{{shortened(name)}}}"


def _slot_hint(slot: str, filled: Collection[str]) -> str:
    if near := nearest(slot, filled):
        return near
    listed = suggest(slot, filled, "slots of fill")
    return f"{listed}; {DOUBLE}"


def _unused_hint(name: str, read: Collection[str]) -> str:
    return nearest(name, read) or suggest(name, read, "slots of the text")


def _values(
    slot: str, given: list[str] | FillFile, base: Path, allow_outside: bool
) -> tuple[tuple[str, ...], list[Problem]]:
    if not isinstance(given, FillFile):
        places: dict[str, int] = {}
        problems = [
            Problem(
                ("fill", slot, index),
                f"the value {quoted(value)} is there twice",
                f"it is already fill.{shortened(slot)}[{places[value]}]: keep one",
            )
            for index, value in enumerate(given)
            if places.setdefault(value, index) != index
        ]
        return tuple(given), problems
    path: SpecPath = ("fill", slot, "file")
    try:
        file = require(given.file, base, "file", allow_outside=allow_outside)
        return tuple(_lines(file, given.file)), []
    except MissingFileError as error:
        return (), [Problem(path, error.message, partial(_file_hint, given.file, base))]
    except ReportgenError as error:
        return (), [Problem(path, error.message, error.hint, place=error.where)]
    except OSError as error:
        message = f"{shortened(given.file)} cannot be read: {error.strerror}"
        return (), [Problem(path, message)]


def _lines(path: Path, name: str) -> list[str]:
    """Return the values in a file; lines without any are left out."""
    with path.open("rb") as file:
        data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise ReportgenError(f"a file of values has at most {LARGEST_FILE:,} bytes: {name}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = data[: error.start].count(b"\n") + 1
        place = f"{name}:{number}"
        raise ReportgenError("not UTF-8 text", place, "save the file as UTF-8") from None
    values: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if "\0" in line:
            message = "not text: it holds a NUL character"
            raise ReportgenError(message, f"{name}:{number}", "save the file as UTF-8")
        value = line.strip()
        if value and values.setdefault(value, number) != number:
            message = f"the value {quoted(value)} is there twice"
            raise ReportgenError(
                message, f"{name}:{number}", f"it is already in line {values[value]}: keep one"
            )
    if not values:
        raise ReportgenError(f"{name} has no values", hint="write one value on each line")
    return list(values)


def _file_hint(file: str, base: Path) -> str:
    path = locate(file, base)
    names = (one.name for one in path.parent.glob("*") if one.is_file())
    return nearest(path.name, names) or "files are looked for relative to the spec"


def _amount_problem(template: Template) -> Iterator[Problem]:
    amount, limit = len(template), template.entry.limit
    if amount > limit:
        sizes = " × ".join(f"{len(v):,} {shortened(slot)}" for slot, v in template.values.items())
        yield Problem(
            ("fill",),
            f"the slots can be filled in {amount:,} ways ({sizes}), and limit is {limit:,}",
            f"leave out values, or allow as many: limit: {amount}",
        )
