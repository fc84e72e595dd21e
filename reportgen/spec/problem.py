"""What is wrong in a spec, and how its place and what was found there are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SpecPath = tuple[str | int, ...]
"""Where something is in a spec: ``("models", 0, "device")``."""

LONGEST = 60
"""Characters of a text that a message quotes."""


@dataclass(frozen=True)
class Problem:
    """Something wrong at ``path``; ``key`` names the offending key of the mapping there.

    ``place`` is set where the trouble lies outside the spec: a line of a data file. A ``hint``
    that is slow to find is given as a function: of many problems only the first are told.
    """

    path: SpecPath
    message: str
    hint: str | Callable[[], str] = ""
    key: str | None = None
    place: str = ""

    @property
    def advice(self) -> str:
        """Return the hint as text."""
        return self.hint if isinstance(self.hint, str) else self.hint()


def path_text(path: SpecPath) -> str:
    """Return ``models[0].device`` for ``("models", 0, "device")``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{shortened(part)}" for part in path)
    return "".join(parts).removeprefix(".")


def shortened(text: str) -> str:
    """Return ``text``, or its beginning where it is too long for a message."""
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def quoted(name: str) -> str:
    """Return a name as a message quotes it."""
    return repr(shortened(name))


def is_huge(value: Any) -> bool:
    """Tell whether a number is too long for a message; Python may refuse to write it at all."""
    return isinstance(value, int) and abs(value) >= 10**LONGEST


def describe(value: Any) -> str:
    """Say what a value is, as read after the word "found"."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case int() if is_huge(value):
            return "a number of very many digits"
        case int() | float():
            return f"the number {value}"
        case "":
            return "empty text"
        case str():
            return quoted(value)
        case list():
            return "a list" if value else "an empty list"
        case dict():
            return "a mapping"
    return f"a {type(value).__name__}"
