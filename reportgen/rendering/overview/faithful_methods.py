"""Which explanation to believe: how much of what removing words could show each method shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from reportgen.methods import known
from reportgen.methods.faithfulness import Faithfulness
from reportgen.methods.settings import Operator
from reportgen.rendering.wording import faithful_methods as wording
from reportgen.rendering.wording.removals import BRIEFLY
from reportgen.results.removal import RANDOM
from reportgen.results.removal_summary import MethodShown, Ranked


@dataclass(frozen=True)
class FaithfulDot:
    """A mean and its interval on the way from the worst order to the best, in percent of it."""

    at: float
    low: float
    high: float


@dataclass(frozen=True)
class FaithfulRow:
    """One method: a dot and a cell for each operator, ``None`` and a dash where there is none."""

    title: str
    random: bool
    dots: tuple[FaithfulDot | None, ...]
    cells: tuple[str, ...]
    remark: str


@dataclass(frozen=True)
class FaithfulModel:
    """The methods of one model, the one that shows most first; ``random`` is where chance lies."""

    model: str
    summary: str
    columns: tuple[str, ...]
    random: float | None
    rows: tuple[FaithfulRow, ...]


@dataclass(frozen=True)
class FaithfulMethods:
    """What is shown of every model, and what it cannot tell."""

    models: tuple[FaithfulModel, ...]
    cannot_say: str


def faithful_methods(ranked: Mapping[str, Ranked]) -> FaithfulMethods | None:
    """Show the methods of each model as they are ranked; ``None`` where nothing was measured."""
    models = tuple(faithful_model(model, found) for model, found in ranked.items() if found)
    return FaithfulMethods(models, known(Faithfulness.name).cannot_say) if models else None


def faithful_model(model: str, ranked: Ranked) -> FaithfulModel:
    first = next(iter(ranked.values()))
    names = dict.fromkeys(one.method for found in ranked.values() for one in found)
    of: dict[str, dict[Operator, MethodShown]] = {name: {} for name in names}
    for operator, found in ranked.items():
        for one in found:
            of[one.method][operator] = one
    most = max(one.inputs for one in first)
    return FaithfulModel(
        model=model,
        summary=wording.summary(first),
        columns=tuple(BRIEFLY[operator] for operator in ranked),
        random=next((placed(one.mean) for one in first if one.method == RANDOM), None),
        rows=tuple(faithful_row(name, of[name], tuple(ranked), most) for name in names),
    )


def faithful_row(
    name: str, found: Mapping[Operator, MethodShown], operators: Sequence[Operator], most: int
) -> FaithfulRow:
    held = [found.get(operator) for operator in operators]
    return FaithfulRow(
        title=wording.method_name(name),
        random=name == RANDOM,
        dots=tuple(dot(one) if one else None for one in held),
        cells=tuple(wording.shown(one) if one else "–" for one in held),
        remark=wording.remark(found, most),
    )


def dot(one: MethodShown) -> FaithfulDot:
    low, high = one.interval or (one.mean, one.mean)
    return FaithfulDot(placed(one.mean), placed(low), placed(high))


def placed(share: float) -> float:
    return round(100 * min(1.0, max(0.0, share)), 2)


def most_faithful(ranked: Iterable[Ranked]) -> list[str]:
    """Return the methods in the order of what they show with the operator that leads.

    First those that most inputs have, of all models together, then by the mean over models.
    """
    found: dict[str, list[MethodShown]] = {}
    for of_model in ranked:
        for one in next(iter(of_model.values()), ()):
            found.setdefault(one.method, []).append(one)

    def place(method: str) -> tuple[int, float]:
        shown = found[method]
        return -sum(one.inputs for one in shown), -fmean(one.mean for one in shown)

    return sorted(found, key=place)
