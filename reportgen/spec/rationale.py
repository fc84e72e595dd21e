"""What people marked as the reason in an input's text: as a spec writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import Len
from pydantic import Discriminator, Field, Tag

from reportgen.spec.part import SpecPart

MOST_ENTRIES = 1_000
"""Words, phrases and spans of one rationale; more is rather a mistake than a reason."""

LONGEST_PHRASE = 1_000
"""Characters of a word or phrase; longer stretches are given as spans."""

Offset = Annotated[int, Field(ge=0, le=10**9)]


class RationaleSpan(SpecPart):
    """Characters of one text of an input, named by its key or, in a chat, by its role."""

    segment: str = Field(min_length=1, description="The text: text_pair, question, user 2 ...")
    start: Offset = Field(description="First character, counted from 0")
    end: Offset = Field(description="First character after it")


def _form(entry: Any) -> str:
    """Tell how an entry is written, so that an error speaks of that form alone."""
    if isinstance(entry, list | tuple):
        return "Offsets"
    return "RationaleSpan" if isinstance(entry, dict | RationaleSpan) else "Phrase"


if TYPE_CHECKING:
    RationaleEntry = str | list[int] | RationaleSpan
else:
    RationaleEntry = Annotated[
        Annotated[str, Field(min_length=1, max_length=LONGEST_PHRASE), Tag("Phrase")]
        | Annotated[list[Offset], Field(min_length=2, max_length=2), Tag("Offsets")]
        | Annotated[RationaleSpan, Tag("RationaleSpan")],
        Discriminator(_form),
    ]

Rationale = Annotated[list[RationaleEntry], Len(1, MOST_ENTRIES)]
"""Words and phrases of the text, and spans ``[start, end)`` of its characters."""

Spans = dict[str, tuple[tuple[int, int], ...]]
"""Spans of characters by the text that they are of: in order, none touching another."""
