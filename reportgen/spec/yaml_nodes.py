"""YAML text as nodes: plain words as in YAML 1.2, and no more than a spec can need.

What is read comes from anyone. Aliases (``*name``) and merges (``<<``) let a short text stand
for a huge one, so they are counted as if they were written out, before anything is made of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import yaml
from yaml.composer import Composer
from yaml.constructor import ConstructorError, SafeConstructor

MOST_VALUES = 75_000
"""Keys and values of a spec: room for 15,000 inputs with what is expected of them."""

MOST_CHARACTERS = 10_000_000
"""Characters of a spec with its aliases written out: a long context may serve many questions."""

DEEPEST = 50
"""Lists and mappings inside each other; a spec needs eight."""

LONGEST_NUMBER = 100
"""Characters of a number; turning many digits into a number takes the square of their count."""

_NULL = r"~|null|Null|NULL|"
_BOOL = r"true|True|TRUE|false|False|FALSE"
_INT = r"[-+]?(?:0|[1-9][0-9]*)"
_FLOAT = r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"


class RefusedError(Exception):
    """Text that may be YAML, but holds more than is read; ``mark`` says where it was noticed."""

    def __init__(self, message: str, mark: yaml.Mark | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mark = mark
        self.hint = hint


class _Rules(Composer, SafeConstructor, yaml.resolver.Resolver):
    """Reads plain words as YAML 1.2 does, not as the 1.1 that PyYAML defaults to.

    So ``no``, ``012``, ``12:30`` and ``2024-01-31`` stay the text that was written, and
    ``1e-3`` is a number. Editors that validate with the JSON Schema read them the same way.
    Tags name nothing but the types a spec has.
    """

    yaml_implicit_resolvers: dict[str, list[Any]] = {}  # noqa: RUF012  (PyYAML's own protocol)
    yaml_constructors: ClassVar[dict[str | None, Any]] = {}

    depth = values = characters = 0

    if TYPE_CHECKING:  # what the parser that a loader has beside these gives them

        def peek_event(self) -> Any: ...

    def start(self) -> None:
        Composer.__init__(self)
        self.sizes: dict[str, tuple[int, int] | None] = {}
        """Values and characters below each anchor; ``None`` until all of it is read."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()
        mark, anchor = event.start_mark, event.anchor
        if isinstance(event, yaml.AliasEvent):
            node = super().compose_node(parent, index)
            size = self.sizes[anchor]
            if size is None:
                found = node.start_mark if node else mark
                raise ConstructorError(problem="an alias contains itself", problem_mark=found)
            self._count(*size, mark)
            return node
        before = self.values, self.characters
        if anchor is not None:
            self.sizes.setdefault(anchor, None)
        self._count(1, len(event.value) if isinstance(event, yaml.ScalarEvent) else 0, mark)
        self.depth += 1
        if self.depth > DEEPEST:
            raise RefusedError("not a spec: it is nested too deeply", mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        if anchor is not None:
            self.sizes[anchor] = (self.values - before[0], self.characters - before[1])
        return node

    def _count(self, values: int, characters: int, mark: yaml.Mark) -> None:
        self.values += values
        self.characters += characters
        for found, most, noun in (
            (self.values, MOST_VALUES, "keys and values"),
            (self.characters, MOST_CHARACTERS, "characters"),
        ):
            if found > most:
                raise RefusedError(
                    f"the spec holds more than {most:,} {noun}, aliases written out",
                    mark,
                    "many inputs and long texts belong in a data file",
                )

    def construct_bool(self, node: yaml.ScalarNode) -> bool:
        return self._matching(node, _BOOL, "true or false").lower() == "true"

    def construct_int(self, node: yaml.ScalarNode) -> int:
        return int(self._matching(node, _INT, "a whole number"))

    def construct_float(self, node: yaml.ScalarNode) -> float:
        return float(self._matching(node, _FLOAT, "a number"))

    def _matching(self, node: yaml.ScalarNode, pattern: str, wanted: str) -> str:
        text = self.construct_scalar(node)
        if not re.fullmatch(pattern, text):
            found = repr(text[:LONGEST_NUMBER])
            problem = f"expected {wanted}, found {found}"
            raise ConstructorError(problem=problem, problem_mark=node.start_mark)
        if len(text) > LONGEST_NUMBER:
            hint = "put it in quotes where it is meant as text"
            raise RefusedError(f"a number of {len(text):,} characters", node.start_mark, hint)
        return text


for _tag, _pattern, _first in (
    ("null", _NULL, ["~", "n", "N", ""]),
    ("bool", _BOOL, list("tTfF")),
    ("int", _INT, list("-+0123456789")),
    ("float", _FLOAT, list("-+.0123456789")),
    ("merge", r"<<", ["<"]),
):
    _Rules.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first
    )
CONSTRUCTORS: tuple[tuple[str | None, Any], ...] = (
    ("tag:yaml.org,2002:null", SafeConstructor.construct_yaml_null),
    ("tag:yaml.org,2002:bool", _Rules.construct_bool),
    ("tag:yaml.org,2002:int", _Rules.construct_int),
    ("tag:yaml.org,2002:float", _Rules.construct_float),
    ("tag:yaml.org,2002:str", SafeConstructor.construct_yaml_str),
    ("tag:yaml.org,2002:seq", SafeConstructor.construct_yaml_seq),
    ("tag:yaml.org,2002:map", SafeConstructor.construct_yaml_map),
    (None, SafeConstructor.construct_undefined),
)
for _name, _construct in CONSTRUCTORS:
    _Rules.add_constructor(_name, _construct)


class PlainLoader(_Rules, yaml.SafeLoader):
    """Reads with PyYAML alone."""

    def __init__(self, text: str) -> None:
        yaml.SafeLoader.__init__(self, text)
        self.start()


fast_loader: Callable[[str], _Rules] = PlainLoader
if yaml.__with_libyaml__:

    class FastLoader(_Rules, yaml.CSafeLoader):
        """Reads with libyaml, some ten times faster."""

        def __init__(self, text: str) -> None:
            yaml.CSafeLoader.__init__(self, text)
            self.start()

    fast_loader = FastLoader


def compose(text: str) -> tuple[_Rules, yaml.Node | None]:
    """Return what reads ``text``, and the node that stands for all of it."""
    try:
        reader = fast_loader(text)
        return reader, reader.get_single_node()
    except (yaml.scanner.ScannerError, yaml.parser.ParserError, yaml.reader.ReaderError):
        # libyaml reads no escapes of half a character, and tells less of what is wrong.
        plain = PlainLoader(text)
    try:
        return plain, plain.get_single_node()
    except ValueError as error:  # the escape of a number that is no character
        raise yaml.scanner.ScannerError(
            problem=str(error), problem_mark=plain.get_mark()
        ) from error
