"""Which explanation to believe: how much of what removing words could show each method shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from reportgen.methods import known
from reportgen.methods.faithfulness import Faithfulness
from reportgen.methods.settings import Operator
from reportgen.rendering.dataset.method_agreement import Consensus, consensus
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.wording import faithful_methods as wording
from reportgen.rendering.wording.removals import BRIEFLY
from reportgen.results.dataset.method_agreement import MethodAgreements
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
    """The methods of one model, the one that shows most first; ``random`` is where chance lies.

    There are no rows where nothing was removed; ``consensus`` says how far the methods agree, where
    enough inputs tell.
    """

    model: str
    summary: str
    columns: tuple[str, ...]
    random: float | None
    rows: tuple[FaithfulRow, ...]
    consensus: Consensus | None


@dataclass(frozen=True)
class FaithfulMethods:
    """What is shown of every model, and what it cannot tell."""

    models: tuple[FaithfulModel, ...]
    cannot_say: str

    @property
    def measured(self) -> bool:
        """Whether words were removed, in any model."""
        return any(model.rows for model in self.models)


def faithful_methods(
    ranked: Mapping[str, Ranked],
    agreements: Mapping[str, MethodAgreements],
    briefs: Sequence[Brief],
) -> FaithfulMethods | None:
    """Show the methods of each model as they are ranked, and how far they agree.

    ``None`` where nothing was measured, and too few inputs tell of agreement.
    """
    models = tuple(
        faithful_model(model, found, agreements.get(model), briefs)
        for model, found in ranked.items()
        if found or model in agreements
    )
    return FaithfulMethods(models, known(Faithfulness.name).cannot_say) if models else None


def faithful_model(
    model: str, ranked: Ranked, agreements: MethodAgreements | None, briefs: Sequence[Brief]
) -> FaithfulModel:
    first = next(iter(ranked.values()), ())
    names = dict.fromkeys(one.method for found in ranked.values() for one in found)
    of: dict[str, dict[Operator, MethodShown]] = {name: {} for name in names}
    for operator, found in ranked.items():
        for one in found:
            of[one.method][operator] = one
    most = max((one.inputs for one in first), default=0)
    return FaithfulModel(
        model=model,
        summary=wording.summary(first),
        columns=tuple(BRIEFLY[operator] for operator in ranked),
        random=next((placed(one.mean) for one in first if one.method == RANDOM), None),
        rows=tuple(faithful_row(name, of[name], tuple(ranked), most) for name in names),
        consensus=consensus(agreements, briefs) if agreements else None,
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
