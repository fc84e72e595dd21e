"""What each method is, with the settings it ran with."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.rendering.card import Brief
from reportgen.rendering.numbers import count
from reportgen.spec.methods import METHODS


@dataclass(frozen=True)
class MethodCard:
    """What a method is; ``settings`` are names and values, by model where they differ."""

    anchor: str
    title: str
    summary: str
    paper: str
    url: str
    settings: tuple[tuple[str, str], ...]


def method_cards(briefs: tuple[Brief, ...]) -> tuple[MethodCard, ...]:
    """Describe each method that ran, in the order in which methods are listed everywhere."""
    ran = {name for brief in briefs for name in brief.result.settings}
    found = []
    for name, method in METHODS.items():
        if name not in ran:
            continue
        paper, _, number = method.paper.partition(", arXiv:")
        found.append(
            MethodCard(
                anchor=f"method-{name.replace('_', '-')}",
                title=method.title,
                summary=method.summary,
                paper=paper,
                url=f"https://arxiv.org/abs/{number}",
                settings=settings(name, briefs),
            )
        )
    return tuple(found)


def settings(method: str, briefs: tuple[Brief, ...]) -> tuple[tuple[str, str], ...]:
    """Write each setting of a method once, or with where each value was used."""
    used = [(c, c.result.settings[method]) for c in briefs if method in c.result.settings]
    found = []
    for key in dict.fromkeys(key for _, values in used for key in values):
        places: dict[str, list[Brief]] = {}
        for brief, values in used:
            if key in values:
                places.setdefault(describe(values[key]), []).append(brief)
        found.append((key.replace("_", " "), differing(places)))
    return tuple(found)


def differing(places: dict[str, list[Brief]]) -> str:
    """Name the models of each value; where they do not tell values apart, count inputs too."""
    if len(places) == 1:
        return next(iter(places))
    models = {value: list(dict.fromkeys(c.model for c in at)) for value, at in places.items()}
    apart = sum(map(len, models.values())) == len(set().union(*models.values()))
    return "; ".join(
        f"{value} ({', '.join(models[value])}{'' if apart else ': ' + count(len(at), 'input')})"
        for value, at in places.items()
    )


def describe(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"the text “{value['text']}”" if isinstance(value, dict) else str(value)
