"""How far the methods of a model agree over all inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.rendering.drawing.tables import Heat, Table
from reportgen.rendering.input.agreement import pair_means
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.wording import faithful_methods as wording
from reportgen.rendering.wording.labels import title
from reportgen.rendering.wording.numbers import correlation, number
from reportgen.results.dataset.method_agreement import MethodAgreements, PairAgreement


@dataclass(frozen=True)
class Consensus:
    """Mean rank correlation of every two methods over a model's inputs, and how it spreads.

    ``least`` are the briefs whose methods agree least with the leading one (``main``), with the
    mean.
    """

    summary: str
    main: str
    inputs: int
    heat: Heat
    statistics: Table
    least: tuple[tuple[Brief, str], ...]


def consensus(found: MethodAgreements, briefs: Sequence[Brief]) -> Consensus:
    """Compare the methods of a model."""
    means = {frozenset(pair.methods): [pair.estimate.value] for pair in found.pairs}
    return Consensus(
        summary=wording.agreement(found.pairs),
        main=title(found.leader),
        inputs=max(pair.estimate.count for pair in found.pairs),
        heat=pair_means(means, correlation),
        statistics=statistics(found.pairs),
        least=tuple((briefs[place], correlation(value)) for place, value in found.least),
    )


def statistics(pairs: Sequence[PairAgreement]) -> Table:
    return Table(
        ("methods", "inputs", "mean", "interval", "standard deviation", "lowest", "highest"),
        tuple(
            (
                wording.two(pair),
                f"{pair.estimate.count:,}",
                correlation(pair.estimate.value),
                f"{correlation(pair.estimate.low)} to {correlation(pair.estimate.high)}",
                number(pair.deviation),
                correlation(pair.lowest),
                correlation(pair.highest),
            )
            for pair in pairs
        ),
    )
