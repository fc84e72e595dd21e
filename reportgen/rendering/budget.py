"""What is left out of a single file that would be too large, in a stated order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reportgen.rendering.input.card import LEFT_OUT, SECTIONS, Card


@dataclass(frozen=True)
class Reduction:
    """One thing that can be left out: what it is called, and the fields of a card it empties."""

    name: str
    fields: tuple[str, ...]


REDUCTIONS = tuple(
    Reduction(
        name, tuple(f for section in SECTIONS if section.left_out == name for f in section.fields)
    )
    for name in LEFT_OUT
)


def fit(
    cards: Sequence[Card], section: Callable[[Card], str], room: int
) -> tuple[dict[str, str], dict[str, int]]:
    """Return each card's section by anchor, reduced until all take at most ``room`` bytes in UTF-8.

    Each step is taken for all inputs before the next one, last inputs first, and those that are
    worth a look after all others. The second value counts the inputs that lack each thing.
    """
    sections = {card.anchor: section(card) for card in cards}
    left_out: dict[str, int] = {}
    sizes = {anchor: len(text.encode()) for anchor, text in sections.items()}
    current = {card.anchor: card for card in cards}
    order = list(reversed(cards))
    order.sort(key=lambda card: bool(card.reasons))
    for reduction in REDUCTIONS:
        for anchor in (card.anchor for card in order):
            if sum(sizes.values()) <= room:
                return sections, left_out
            if not any(getattr(current[anchor], field) for field in reduction.fields):
                continue
            current[anchor] = without(current[anchor], reduction)
            sections[anchor] = section(current[anchor])
            sizes[anchor] = len(sections[anchor].encode())
            left_out[reduction.name] = left_out.get(reduction.name, 0) + 1
    return sections, left_out


def without(card: Card, reduction: Reduction) -> Card:
    empty: dict[str, Any] = {
        field: () if isinstance(getattr(card, field), tuple) else None for field in reduction.fields
    }
    return replace(card, **empty, left_out=(*card.left_out, reduction.name))
