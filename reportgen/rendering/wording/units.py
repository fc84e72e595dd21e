"""Units of a removal game as a reader sees them: their names, and texts with gaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reportgen.rendering.wording.labels import quoted
from reportgen.results.model import JobResult
from reportgen.results.removal import GAP, Removal
from reportgen.results.words import unit_text

MOST = 8
"""Units of one set that are named."""

CUT = 32
"""Characters of a sentence that name it."""

Piece = tuple[str, bool]
"""A part of a sentence, and whether it is quoted from the input."""


@dataclass(frozen=True)
class Sentence:
    """One sentence, in pieces, so that what is quoted of the input can be seen."""

    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """The sentence as plain text."""
        return "".join(text for text, _ in self.pieces)


def sentence(*parts: str | Sequence[Piece]) -> Sentence:
    """Join pieces, and texts that are not quoted."""
    found: list[Piece] = []
    for part in parts:
        found += [(part, False)] if isinstance(part, str) else part
    return Sentence(tuple(piece for piece in found if piece[0]))


NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


def spelled(amount: int) -> str:
    """Write a small number as a word."""
    return NUMBERS[amount] if amount < len(NUMBERS) else str(amount)


def ordinal(place: int) -> str:
    return ORDINALS[place] if place < len(ORDINALS) else f"{place + 1}th"


def span(result: JobResult, unit: tuple[int, int]) -> tuple[str, int, int] | None:
    """Return the text that a unit stands in, and its characters there; ``None`` of no text."""
    tokens = [t for t in result.tokens[unit[0] : unit[1]] if t.segment is not None]
    starts = [t.start for t in tokens if t.start is not None]
    ends = [t.end for t in tokens if t.end is not None]
    if not starts or not ends or tokens[0].segment is None:
        return None
    text = result.texts[tokens[0].segment]
    start, end = min(starts), max(ends)
    piece = text[start:end]
    if piece.strip():
        start, end = (
            start + len(piece) - len(piece.lstrip()),
            end - len(piece) + len(piece.rstrip()),
        )
    return tokens[0].segment, start, end


class Units:
    """Names the units of one game."""

    def __init__(self, result: JobResult, removal: Removal) -> None:
        self.texts = tuple(unit_text(result, unit) for unit in removal.units)
        self.noun = removal.granularity

    def name(self, unit: int) -> list[Piece]:
        """Name one: as it is written, with its place where the same stands there twice."""
        text = self.texts[unit]
        if self.noun == "sentence":
            return [(f"sentence {unit + 1} (“{shortened(text)}”)", False)]
        alike = [i for i, other in enumerate(self.texts) if other == text]
        place = f"the {ordinal(alike.index(unit))} " if len(alike) > 1 else ""
        return [(place, False), (quoted(text), True)]

    def names(self, units: Sequence[int], last: str = "and") -> list[Piece]:
        """Name several: ``a``, ``a and b``, ``a, b and c``; the first of many."""
        shown = list(units) if len(units) <= MOST + 1 else list(units)[:MOST]
        rest = len(units) - len(shown)
        found: list[Piece] = []
        for i, unit in enumerate(shown):
            ends = i == len(shown) - 1 and not rest
            found += [(f" {last} " if ends else ", ", False)] if i else []
            found += self.name(unit)
        return [*found, (f" {last} {rest} others", False)] if rest else found

    def several(self, amount: int) -> str:
        """Write ``single word``, ``two words``."""
        return f"single {self.noun}" if amount == 1 else f"{spelled(amount)} {self.noun}s"


def shortened(text: str) -> str:
    """Return the beginning of a sentence, up to a word's end."""
    text = " ".join(text.split())
    if len(text) <= CUT:
        return text
    kept = text[:CUT].rpartition(" ")[0] or text[:CUT]
    return f"{kept} …"


def with_gaps(result: JobResult, removal: Removal, removed: Iterable[int]) -> str:
    """Write the texts of a game's units as they were read, ``GAP`` for each that was removed."""
    gone = set(removed)
    cuts: dict[str, list[tuple[int, int]]] = {}
    for i, unit in enumerate(removal.units):
        place = span(result, unit)
        if place is not None:
            segment, start, end = place
            found = cuts.setdefault(segment, [])
            if i in gone:
                found.append((start, end))
    texts = []
    for name, found in cuts.items():
        text, end = result.texts[name], read_end(result, name)
        texts.append(gapped(text[:end], found) + (" …" if text[end:].strip() else ""))
    return " / ".join(texts)


def read_end(result: JobResult, segment: str) -> int:
    """Return up to which character a text was read."""
    return max((token.end or 0 for token in result.tokens if token.segment == segment), default=0)


def gapped(text: str, cuts: Sequence[tuple[int, int]]) -> str:
    parts, at = [], 0
    for start, end in sorted(cuts):
        parts += [text[at:start], GAP]
        at = max(at, end)
    return "".join((*parts, text[at:])).strip()
