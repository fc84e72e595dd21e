"""What people marked as the reason in an input's text: as a spec writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import MinLen
from pydantic import Discriminator, Field, Tag

from reportgen.spec.part import SpecPart

Offset = Annotated[int, Field(ge=0)]


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
        Annotated[str, Field(min_length=1), Tag("Phrase")]
        | Annotated[list[Offset], Field(min_length=2, max_length=2), Tag("Offsets")]
        | Annotated[RationaleSpan, Tag("RationaleSpan")],
        Discriminator(_form),
    ]

Rationale = Annotated[list[RationaleEntry], MinLen(1)]
"""Words and phrases of the text, and spans ``[start, end)`` of its characters."""

Spans = dict[str, tuple[tuple[int, int], ...]]
"""Spans of characters by the text that they are of: in order, none touching another."""
