"""Characters written as two halves (UTF-16 surrogates): put together, or refused.

JSON writes an emoji as two escapes. A half alone is no character: no file can hold it.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel

from reportgen.spec.problem import Problem, SpecPath

HALF_HINT = r"write the character itself, or both its halves: \ud83d\udc4d"

_HALF = re.compile(r"[\ud800-\udfff]")


def whole(text: str) -> str | None:
    """Return ``text`` with its halves put together; ``None`` where one is alone."""
    if text.isascii() or not _HALF.search(text):
        return text
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        return None


def writable(text: str) -> str:
    """Return ``text`` with its halves put together, and a question mark for one alone."""
    found = whole(text)
    return text.encode("utf-8", "replace").decode() if found is None else found


def lone_half(path: SpecPath, key: str | None = None) -> Problem:
    """Return the problem of a text at ``path``, or of a ``key`` there, that is not whole."""
    what = "the text" if key is None else "the key"
    return Problem(path, f"{what} holds half a character (a lone surrogate)", HALF_HINT, key=key)


def join_surrogates(data: Any, problems: list[Problem], path: SpecPath = ()) -> Any:
    """Return plain data with its texts whole, keys too; add to ``problems`` what cannot be."""
    match data:
        case str():
            if whole(data) is None:
                problems.append(lone_half(path))
            return writable(data)
        case dict():
            made = {}
            for key, value in data.items():
                name = writable(key) if isinstance(key, str) else key
                if isinstance(key, str) and whole(key) is None:
                    problems.append(lone_half(path, name))
                made[name] = join_surrogates(value, problems, (*path, name))
            return made
        case list():
            return [
                join_surrogates(item, problems, (*path, index)) for index, item in enumerate(data)
            ]
        case BaseModel():
            given = {name: getattr(data, name) for name in data.model_fields_set}
            return data.model_copy(update=join_surrogates(given, problems, path))
    return data
