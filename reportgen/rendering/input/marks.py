"""Which characters of a text are coloured, and what that means: all that is held of its scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class ShadedStretch(NamedTuple):
    """Characters ``[start, end)`` of a text in one shade."""

    start: int
    end: int
    shade: str


@dataclass(frozen=True, slots=True)
class Marks:
    """The coloured stretches of a text in reading order, and what their colours mean."""

    stretches: tuple[ShadedStretch, ...]
    meaning: str
