"""Words by how much of the attribution rests on them on two sides, as bars with numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.rendering.wording.labels import visible
from reportgen.rendering.wording.numbers import percent
from reportgen.results.compare.changes import WordTotal

WORDS = 10
"""Words in the list of those that changed most."""


@dataclass(frozen=True)
class ShareBar:
    """A word's mean share before and after: written, and as a part of the longest bar."""

    word: str
    before: str
    after: str
    before_length: float
    after_length: float
    inputs: int
    turned: int


@dataclass(frozen=True)
class Shares:
    """Words by how much their share changed; bars end at ``longest``."""

    bars: tuple[ShareBar, ...]
    longest: str
    turned: bool


def word_shares(words: Sequence[WordTotal]) -> Shares:
    """Turn the words that changed most into bars on one scale."""
    shown = words[:WORDS]
    longest = max((max(word.before, word.after) for word in shown), default=0.0)
    bars = tuple(
        ShareBar(
            word=visible(word.word),
            before=percent(word.before),
            after=percent(word.after),
            before_length=word.before / longest if longest else 0.0,
            after_length=word.after / longest if longest else 0.0,
            inputs=word.inputs,
            turned=word.turned,
        )
        for word in shown
    )
    return Shares(bars, percent(longest), any(bar.turned for bar in bars))
