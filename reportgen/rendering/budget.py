"""What is left out of a single file that would be too large, in a stated order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
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
            if not has(current[anchor], reduction):
                continue
            current[anchor] = without(current[anchor], reduction)
            sections[anchor] = section(current[anchor])
            sizes[anchor] = len(sections[anchor].encode())
            left_out[reduction.name] = left_out.get(reduction.name, 0) + 1
    return sections, left_out


LISTED = 600
"""Bytes at most that a section adds around it, beside its heading: links that lead to it."""


def fit_first(
    groups: Iterable[Sequence[Card]],
    section: Callable[[Card], str],
    room: int,
    tell: Callable[[int], None] = lambda done: None,
) -> tuple[dict[str, str], Sequence[Card], dict[str, int]]:
    """Return the sections of the first groups of cards that take at most ``room`` bytes.

    A group is there with all its cards or not at all; where it has no room in full, it is reduced.
    Groups are asked for one at a time, until one has no room. The second value are the cards of
    the last group that has, the third counts the inputs that lack each thing. ``tell`` is called
    with how many sections there are.
    """
    sections: dict[str, str] = {}
    last: Sequence[Card] = ()
    left_out: Counter[str] = Counter()
    for group in groups:
        cards, texts = fit_group(group, section, room)
        room -= taken(cards, texts)
        if room < 0:
            break
        sections |= {card.anchor: text for card, text in zip(cards, texts, strict=True)}
        left_out.update(name for card in cards for name in card.left_out)
        last = cards
        tell(len(sections))
    return sections, last, dict(left_out)


def fit_group(
    cards: Sequence[Card], section: Callable[[Card], str], room: int
) -> tuple[Sequence[Card], list[str]]:
    """Return cards and their sections, reduced until they fit into ``room`` or nothing is left."""
    texts = [section(card) for card in cards]
    for reduction in REDUCTIONS:
        if taken(cards, texts) <= room:
            break
        cards = [without(card, reduction) if has(card, reduction) else card for card in cards]
        texts = [section(card) for card in cards]
    return cards, texts


def taken(cards: Sequence[Card], texts: Sequence[str]) -> int:
    """Return how many bytes sections add to a page: their own, and what lists them elsewhere."""
    named = (2 * len(escape(card.heading[:80]).encode()) + LISTED for card in cards)
    return sum(named) + sum(len(text.encode()) for text in texts)


def has(card: Card, reduction: Reduction) -> bool:
    return any(getattr(card, field) for field in reduction.fields)


def without(card: Card, reduction: Reduction) -> Card:
    empty: dict[str, Any] = {
        field: () if isinstance(getattr(card, field), tuple) else None for field in reduction.fields
    }
    return replace(card, **empty, left_out=(*card.left_out, reduction.name))
