"""YAML text as plain data that remembers where each key and value was written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from reportgen.errors import ReportgenError, SpecError

SpecPath = tuple[str | int, ...]
"""Where something is in a spec: ``("models", 0, "device")``."""


@dataclass(frozen=True)
class Problem:
    """Something wrong at ``path``; ``key`` names the offending key of the mapping there.

    ``place`` is set where the trouble lies outside the spec: a line of a data file.
    """

    path: SpecPath
    message: str
    hint: str = ""
    key: str | None = None
    place: str = ""


class _Loader(yaml.SafeLoader):
    """Reads plain words as YAML 1.2 does, not as the 1.1 that PyYAML defaults to.

    So ``no``, ``012``, ``12:30`` and ``2024-01-31`` stay the text that was written, and
    ``1e-3`` is a number. Editors that validate with the JSON Schema read them the same way.
    """

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012  (PyYAML's own protocol)


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?",
        list("-+.0123456789"),
    ),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first
    )


class Source:
    """A spec before it is checked: its data, and the positions where it came from a file."""

    def __init__(self, data: Any, name: str = "", root: yaml.Node | None = None) -> None:
        self.data = data
        self.name = name
        self._root = root

    def error(self, problem: Problem) -> ReportgenError:
        """Return ``problem`` as the error a user reads, its position filled in."""
        where = problem.place or self.where(problem.path, problem.key)
        return ReportgenError(problem.message, where=where, hint=problem.hint)

    def where(self, path: SpecPath, key: str | None = None, name: str | None = None) -> str:
        """Return ``audit.yaml:7:5 models[0].device``; without a file only the path."""
        place = self.name if name is None else name
        mark = self._mark(path, key)
        if mark is not None:
            place += f":{mark[0]}:{mark[1]}"
        return " ".join(part for part in (place, path_text(path)) if part) or "spec"

    def position(self, problem: Problem) -> tuple[int, int]:
        """Return line and column, from 1; ``(0, 0)`` where there are none."""
        return self._mark(problem.path, problem.key) or (0, 0)

    def raw(self, path: SpecPath) -> str | None:
        """Return the scalar at ``path`` as it was written."""
        node = self._find(path)[1]
        return node.value if isinstance(node, yaml.ScalarNode) else None

    def _mark(self, path: SpecPath, key: str | None) -> tuple[int, int] | None:
        node = self._find((*path, key))[0] if key is not None else self._find(path)[1]
        return (node.start_mark.line + 1, node.start_mark.column + 1) if node else None

    def _find(self, path: SpecPath) -> tuple[yaml.Node | None, yaml.Node | None]:
        """Return the key and the value at ``path``, or at the last part of it that exists."""
        key, node = self._root, self._root
        for part in path:
            if isinstance(node, yaml.MappingNode):
                # From the end: the last of two equal keys is the one that is too many, and
                # the one that counts where a merge (<<) gave a first.
                pairs = [pair for pair in node.value if pair[0].value == str(part)]
                if not pairs:
                    break
                key, node = pairs[-1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
                key = node = node.value[part]
            else:
                break
        return key, node


def read_source(path: Path) -> tuple[Source, list[Problem]]:
    """Read a YAML file; also return the keys that were given twice.

    Raises ``SpecError`` where there is no data to check: no such file, not YAML, empty.
    """
    name = str(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
        loader = _Loader(text)
        root = loader.get_single_node()
        problems = _duplicates(root) if root is not None else []
        data = loader.construct_document(root) if root is not None else None
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
        hint = "write one to start from: reportgen init" if reason == "no such file" else ""
        raise _unreadable(f"the spec cannot be read: {reason}", name, hint) from error
    except UnicodeDecodeError as error:
        raise _unreadable("the spec is not UTF-8 text", name, "save it as UTF-8") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        reason = " ".join(filter(None, (error.context, error.problem)))
        raise _unreadable(f"not valid YAML: {reason}", place, _advice(reason)) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        reason = f"the character U+{error.character:04X} is not allowed"
        raise _unreadable(f"not valid YAML: {reason}", f"{name}:{line}") from error
    except RecursionError as error:
        raise _unreadable("not a spec: it is nested too deeply", name) from error
    if data is None:
        raise _unreadable("the spec is empty", name, "write one to start from: reportgen init")
    return Source(data, name, root), problems


def path_text(path: SpecPath) -> str:
    """Return ``models[0].device`` for ``("models", 0, "device")``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def _duplicates(root: yaml.Node) -> list[Problem]:
    """Find keys given twice, which PyYAML would silently let overwrite each other.

    Raises ``ConstructorError`` for an alias that contains itself. It runs before the data is
    made, because merging (<<) repeats keys where it may.
    """
    problems: list[Problem] = []
    done: set[int] = set()

    def visit(node: yaml.Node, path: SpecPath, around: frozenset[int]) -> None:
        if id(node) in around:
            raise yaml.constructor.ConstructorError(
                problem="an alias contains itself", problem_mark=node.start_mark
            )
        if id(node) in done:
            return
        inside = around | {id(node)}
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                visit(item, (*path, index), inside)
        elif isinstance(node, yaml.MappingNode):
            first: dict[str, int] = {}
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode):
                    if key.value in first:
                        hint = f"it is given first in line {first[key.value]}: keep one"
                        message = f"the key {key.value!r} is given twice"
                        problems.append(Problem(path, message, hint, key=key.value))
                    first.setdefault(key.value, key.start_mark.line + 1)
                visit(value, (*path, str(key.value)), inside)
        done.add(id(node))

    visit(root, (), frozenset())
    return problems


def _unreadable(message: str, where: str, hint: str = "") -> SpecError:
    return SpecError([ReportgenError(message, where=where, hint=hint)])


def _advice(reason: str) -> str:
    if "mapping values are not allowed" in reason:
        return "put text that contains ': ' in quotes"
    if "'\\t'" in reason:
        return "indent with spaces, not with tabs"
    if "could not determine a constructor" in reason:
        return "put text that starts with '!' in quotes"
    if "'%'" in reason or "'@'" in reason or "'`'" in reason:
        return "put text that starts with a special character in quotes"
    return ""
