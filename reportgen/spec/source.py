"""YAML text as plain data that remembers where each key and value was written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from reportgen.errors import ReportgenError, SpecError
from reportgen.spec.paths import kind
from reportgen.spec.problem import Problem, SpecPath, path_text, quoted
from reportgen.spec.surrogates import lone_half, whole, writable
from reportgen.spec.yaml_nodes import RefusedError, compose

LARGEST_SPEC = 1_000_000
"""Bytes of a spec; any that is not larger is judged in seconds."""

START = "write one to start from: reportgen init"


class SpecSource:
    """A spec before it is checked: its data, and the positions where it came from a file."""

    def __init__(self, data: Any, name: str = "", root: yaml.Node | None = None) -> None:
        self.data = data
        self.name = name
        self._root = root
        self._pairs: dict[int, dict[str, tuple[yaml.Node, yaml.Node]]] = {}

    def error(self, problem: Problem) -> ReportgenError:
        """Return ``problem`` as the error a user reads, its position filled in."""
        where = problem.place or self.where(problem.path, problem.key)
        return ReportgenError(problem.message, where=where, hint=problem.advice)

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
                pair = self._by_key(node).get(str(part))
                if pair is None:
                    break
                key, node = pair
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
                key = node = node.value[part]
            else:
                break
        return key, node

    def _by_key(self, node: yaml.MappingNode) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """Return the keys and values of a mapping by name.

        The last of two equal keys is the one that is too many, and the one that counts where
        a merge (<<) gave a first.
        """
        if id(node) not in self._pairs:
            self._pairs[id(node)] = {pair[0].value: pair for pair in node.value}
        return self._pairs[id(node)]


def read_source(path: Path) -> tuple[SpecSource, list[Problem]]:
    """Read a YAML file; also return the keys given twice and the texts that are not whole.

    Raises ``SpecError`` where there is no data to check: no such file, not YAML, empty, or
    more than a spec may hold.
    """
    name = os.fsencode(path).decode("utf-8", "replace")
    text = _read(path, name)
    try:
        reader, root = compose(text)
        problems = _examine(root) if root is not None else []
        data = reader.construct_document(root) if root is not None else None
    except RefusedError as error:
        raise _unreadable(error.message, _place(name, error.mark), error.hint) from error
    except yaml.MarkedYAMLError as error:
        reason = " ".join(filter(None, (error.context, error.problem)))
        reason = reason.replace("tag:yaml.org,2002:", "!!")
        place = _place(name, error.problem_mark or error.context_mark)
        raise _unreadable(f"not valid YAML: {reason}", place, _advice(reason)) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        reason = f"the character U+{error.character:04X} is not allowed"
        raise _unreadable(f"not valid YAML: {reason}", f"{name}:{line}") from error
    if data is None:
        raise _unreadable("the spec is empty", name, START)
    return SpecSource(data, name, root), problems


def _read(path: Path, name: str) -> str:
    try:
        found = path.stat()
        if kind(found) != "a file":
            raise _unreadable(f"the spec cannot be read: it is {kind(found)}, not a file", name)
        if found.st_size > LARGEST_SPEC:
            raise _too_large(f"{found.st_size:,}", name)
        with path.open("rb") as file:
            data = file.read(LARGEST_SPEC + 1)  # some files tell no size before they are read
    except FileNotFoundError as error:
        raise _unreadable("the spec cannot be read: no such file", name, START) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _unreadable(f"the spec cannot be read: {reason}", name) from error
    if len(data) > LARGEST_SPEC:
        raise _too_large(f"more than {LARGEST_SPEC:,}", name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable("the spec is not UTF-8 text", name, "save it as UTF-8") from error


def _examine(root: yaml.Node) -> list[Problem]:
    """Put characters together, and find keys given twice, which PyYAML would let overwrite.

    It runs before the data is made, because merging (<<) repeats keys where it may.
    """
    problems: list[Problem] = []
    done: set[int] = set()

    def mend(node: yaml.ScalarNode, path: SpecPath, *, is_key: bool = False) -> None:
        text = writable(node.value)
        if whole(node.value) is None:
            problems.append(lone_half(path, text if is_key else None))
        node.value = text

    def visit(node: yaml.Node, path: SpecPath) -> None:
        if isinstance(node, yaml.ScalarNode):
            mend(node, path)
        if id(node) in done:
            return
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                visit(item, (*path, index))
        elif isinstance(node, yaml.MappingNode):
            first: dict[str, int] = {}
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    raise yaml.constructor.ConstructorError(
                        problem="expected a name as key, found a list or mapping",
                        problem_mark=key.start_mark,
                    )
                mend(key, path, is_key=True)
                if key.value in first:
                    hint = f"it is given first in line {first[key.value]}: keep one"
                    message = f"the key {quoted(key.value)} is given twice"
                    problems.append(Problem(path, message, hint, key=key.value))
                first.setdefault(key.value, key.start_mark.line + 1)
                visit(value, (*path, key.value))
        done.add(id(node))

    visit(root, ())
    return problems


def _unreadable(message: str, where: str, hint: str = "") -> SpecError:
    return SpecError([ReportgenError(message, where=where, hint=hint)])


def _too_large(found: str, name: str) -> SpecError:
    message = f"the spec has {found} bytes; at most {LARGEST_SPEC:,} are read"
    return _unreadable(message, name, "many inputs and long texts belong in a data file")


def _place(name: str, mark: yaml.Mark | None) -> str:
    return f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name


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
