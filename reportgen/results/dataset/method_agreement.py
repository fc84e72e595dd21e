"""How far every two methods put the words of an input in the same order, over all inputs."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from heapq import nsmallest

import numpy as np

from reportgen.methods import leading
from reportgen.results.dataset.intervals import Estimate, mean
from reportgen.results.model import JobResult
from reportgen.results.named_numbers import NamedNumbers

Pair = tuple[str, str]


@dataclass(frozen=True)
class PairAgreement:
    """Two methods: the mean of Spearman's rank correlation over inputs, and how it spreads."""

    methods: Pair
    estimate: Estimate
    deviation: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class MethodAgreements:
    """Every two methods of a model, those most alike first.

    ``leader`` is the method that is shown first. ``least`` are the places of the inputs on which
    the others agree least with it, with the mean of their correlations.
    """

    leader: str
    pairs: tuple[PairAgreement, ...]
    least: tuple[tuple[int, float], ...]


class AgreementNumbers:
    """Gathers how far methods agree from one result of a model after another."""

    def __init__(self) -> None:
        self._alike: NamedNumbers[Pair] = NamedNumbers()
        self._places = array("I")

    def see(self, place: int, result: JobResult) -> None:
        """Add the ``place``-th result of a run."""
        if alike := input_agreement(result):
            self._alike.add(alike.items())
            self._places.append(place)

    def agreements(self, fewest: int, examples: int = 3) -> MethodAgreements | None:
        """Say how far methods agree over inputs; pairs on fewer than ``fewest`` are left out."""
        by_pair = self._alike.by_name()
        held = {pair: found for pair, found in by_pair.items() if len(found) >= fewest}
        if not held:
            return None
        leader = leading({name for pair in by_pair for name in pair})
        with_leader = []
        for place, alike in zip(self._places, self._alike.each(), strict=True):
            values = [value for pair, value in alike if leader in pair]
            if values:
                with_leader.append((float(np.mean(values)), place))
        pairs = (
            PairAgreement(
                pair, mean(found), float(found.std()), float(found.min()), float(found.max())
            )
            for pair, found in held.items()
        )
        return MethodAgreements(
            leader,
            tuple(sorted(pairs, key=lambda pair: -pair.estimate.value)),
            tuple((place, value) for value, place in nsmallest(examples, with_leader)),
        )


def input_agreement(result: JobResult) -> dict[Pair, float]:
    """Mean Spearman's rho of every two methods on one input, over layers and outputs."""
    found: dict[Pair, list[float]] = {}
    for row in result.agreement:
        if row.measure == "spearman" and row.value is not None:
            first, second = sorted((row.method_a, row.method_b))
            found.setdefault((first, second), []).append(row.value)
    return {pair: float(np.mean(values)) for pair, values in found.items()}
