"""How much of what removing words could show each method shows, over the inputs of a model."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean

from reportgen.methods import Operator
from reportgen.results.bootstrap import bootstrap_interval
from reportgen.results.dataset.intervals import Estimate, mean
from reportgen.results.model import JobResult
from reportgen.results.named_numbers import NamedNumbers
from reportgen.results.removal import RANDOM

Shares = Mapping[str, Mapping[int, float]]
"""By method, and by input, the share that is shown."""


@dataclass(frozen=True)
class MethodShown:
    """One method over the inputs on which it was measured.

    ``mean`` is that of its normalised comprehensiveness, 0 the worst order of removal and 1 the
    best; ``interval`` where it would lie with other inputs (95 %), ``None`` of a single one.
    ``chance``: it shows no more than random orders; the interval of the difference, input by
    input, has 0 in it or is below. ``chance`` is ``None`` where no random order was measured.
    ``lead`` is how much more it shows than the method ``after`` it, input by input, over those that
    have both; nothing of the last one and of random orders.
    """

    method: str
    mean: float
    interval: tuple[float, float] | None
    inputs: int
    chance: bool | None = None
    after: str = ""
    lead: Estimate | None = None


Ranked = Mapping[Operator, tuple[MethodShown, ...]]
"""By operator the methods, the one that shows most first."""


def shown_by(result: JobResult) -> dict[Operator, dict[str, float]]:
    """Return what every method shows of one input, by operator, the one that leads first.

    Of several outputs it is the mean over those for which it is defined.
    """
    found: dict[Operator, dict[str, list[float]]] = {}
    for removal in result.removals:
        methods = found.setdefault(removal.operator, {})
        for one in removal.measures:
            if one.normalized_comprehensiveness is not None:
                methods.setdefault(one.method, []).append(one.normalized_comprehensiveness)
    return {
        operator: {method: fmean(values) for method, values in methods.items()}
        for operator, methods in found.items()
    }


class SharesShown:
    """What every method shows of each input of a model, gathered from one result after another."""

    def __init__(self) -> None:
        self._shown: NamedNumbers[tuple[Operator, str]] = NamedNumbers()
        self._inputs = array("I")

    def see(self, result: JobResult) -> None:
        if found := shown_by(result):
            self._inputs.append(result.input)
            self._shown.add(
                ((operator, method), share)
                for operator, methods in found.items()
                for method, share in methods.items()
            )

    def ranked(self) -> Ranked:
        """Rank the methods by operator, the one that leads first."""
        found: dict[Operator, dict[str, dict[int, float]]] = {}
        for number, shown in zip(self._inputs, self._shown.each(), strict=True):
            for (operator, method), share in shown:
                found.setdefault(operator, {}).setdefault(method, {})[number] = share
        return {operator: rank_methods(shares) for operator, shares in found.items()}


def rank_methods(shares: Shares) -> tuple[MethodShown, ...]:
    """Put methods, random orders among them, in the order of what they show: the most first.

    Those that fewer inputs have come after the others: what they show is of these inputs alone.
    """
    random = shares.get(RANDOM, {})
    found = []
    for method, inputs in shares.items():
        values = list(inputs.values())
        above = [value - random[number] for number, value in inputs.items() if number in random]
        compared = method != RANDOM and above
        found.append(
            MethodShown(
                method=method,
                mean=fmean(values),
                interval=bootstrap_interval(values) if len(values) > 1 else None,
                inputs=len(values),
                chance=bootstrap_interval(above)[0] <= 0 if compared else None,
            )
        )
    found.sort(key=lambda one: (-one.inputs, -one.mean, one.method))
    methods = [one for one in found if one.method != RANDOM]
    leads = {one.method: with_lead(one, after, shares) for one, after in pairwise(methods)}
    return tuple(leads.get(one.method, one) for one in found)


def with_lead(one: MethodShown, after: MethodShown, shares: Shares) -> MethodShown:
    """Say of a method how much more it shows than the one after it."""
    theirs = shares[after.method]
    ahead = [v - theirs[number] for number, v in shares[one.method].items() if number in theirs]
    return replace(one, after=after.method, lead=mean(ahead)) if ahead else one
