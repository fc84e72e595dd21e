"""The answer at the top of an input's page: what all kinds of prediction show of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from reportgen.rendering.wording.numbers import probability
from reportgen.results.model import Score


@dataclass(frozen=True)
class PredictionView:
    """A prediction as its page shows it: ``templates/input/predictions/TEMPLATE.html``.

    ``named`` are texts with a label each that head it in place of the answer in one line, ``more``
    counts those that are left out.
    """

    template: ClassVar[str]
    named: tuple[tuple[str, str], ...] = field(default=(), kw_only=True)
    more: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class Bar:
    """One class or answer: its probability (or raw value), and whether it was predicted."""

    label: str
    value: str
    share: float | None
    chosen: bool


def bar(score: Score, chosen: bool) -> Bar:
    p = score.probability
    return Bar(score.label, "" if p is None else probability(p), p, chosen)
