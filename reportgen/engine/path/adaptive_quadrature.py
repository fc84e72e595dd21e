"""Adaptive quadrature along one path: more nodes where the model changes fast.

The path is cut into intervals of three nodes. Over any interval every layer must carry exactly
the change of the output between the interval's ends (completeness), which is known: the
intervals that miss it the most are cut in two, which reuses their nodes, until all together are
within the tolerance. So nodes go where the model changes fast, and what is promised is tested at
every layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import add

import torch
from torch import Tensor

from reportgen.engine.path.embedding_path import EmbeddingPath
from reportgen.engine.path.integral import SMALLEST_CHANGE, Integral, accumulate, stacked, total
from reportgen.engine.path.node_values import Gradients, Needs, NodeValues
from reportgen.engine.path.quadrature import half_of_simpson, line_integral, simpson

SMALLEST_SHARE = 1 / 128
"""Share of the tolerance that an interval has at least where it cannot wait for the others."""

NARROWEST = 2.0**-20
"""Relative width of intervals that are not cut: in float32 their vectors are hardly different."""

Interval = tuple[float, float]


class AdaptiveQuadrature:
    """One path's state: intervals to do, leftmost first; values still needed; sums so far.

    The sums are by target, then by moving embedding or layer. An interval is taken at once where
    it is within its share of the tolerance, which is proportional to its width; the others wait
    until all are known, and the worst of them are cut. ``deep``: they do not wait, each is cut at
    once, which keeps the fewest values but evaluates more nodes. ``taken`` and ``missed``: how far
    the intervals taken together, and each of the others, miss the change; see :meth:`relative`.
    ``scale``: what that is relative to, where it is not the change itself.
    """

    def __init__(
        self,
        path: EmbeddingPath,
        needs: Needs,
        intervals: Iterable[Interval],
        tolerance: float,
        max_steps: int,
        rounding: float,
        deep: bool,
        scale: Tensor | None = None,
    ) -> None:
        self.scale = scale
        self.path, self.needs, self.rounding, self.deep = path, needs, rounding, deep
        self.tolerance, self.max_steps = tolerance, max_steps
        self.pending = list(intervals)
        self.missed: dict[Interval, Tensor] = {}
        self.values: dict[float, NodeValues] = {}
        self.ends: dict[float, Tensor] = {}
        self.steps = 0
        self.taken: Tensor = torch.zeros(3, 1, 1)
        self.carried: Tensor = torch.zeros(())
        self.resolved: Tensor = torch.tensor(True)
        self.embeddings: list[list[Tensor]] = [[] for _ in path.outputs]
        self.coarse: list[list[Tensor]] = [[] for _ in path.outputs]
        self.layers: list[list[Tensor]] = [[] for _ in path.outputs]
        self.attention: list[list[Tensor]] = [[] for _ in path.outputs]

    def missing(self, most: int) -> list[float]:
        """Return up to ``most`` nodes that the next intervals need, in the order of the path."""
        found: dict[float, None] = {}
        for interval in self.pending:
            found |= {node: None for node in nodes_of(*interval) if node not in self.values}
            if len(found) >= most:
                break
        return list(found)[:most]

    def add(self, node: float, values: NodeValues) -> None:
        self.values[node] = values
        self.steps += 1
        if node in (0.0, 1.0):
            self.ends[node] = values.outputs

    def settle(self) -> None:
        """Take every interval that is good enough, cut the worst of the others, forget the rest."""
        for interval in list(self.pending):
            if interval not in self.missed and all(n in self.values for n in nodes_of(*interval)):
                self.take(interval)
        if self.deep or len(self.missed) == len(self.pending):
            self.cut()
        needed = {node for interval in self.pending for node in nodes_of(*interval)}
        self.values = {node: v for node, v in self.values.items() if node in needed}

    def cut(self) -> None:
        """Cut the intervals that miss the most, and take the others where there is nothing to gain.

        That is where all together are within the tolerance, or no steps are left.
        """
        worst_first = sorted(
            self.missed, key=lambda interval: -self.missed[interval][0].max().item()
        )
        count = self.to_cut(worst_first)
        promised = len(self.missing(self.max_steps))  # to intervals that were not done yet
        room = max(0, (self.max_steps - self.steps - promised) // 2)
        if count > room:
            for interval in worst_first[room:]:
                fine = self.within(self.missed[interval][1], self.share(interval))
                self.resolved = self.resolved & fine
        for interval in worst_first[: min(count, room)]:
            start, middle, end = nodes_of(*interval)
            place = self.pending.index(interval)
            self.pending[place : place + 1] = [(start, middle), (middle, end)]
            del self.missed[interval]
        if count == 0 or count > room:
            for interval in list(self.missed):
                self.take(interval, final=True)
            self.missed.clear()

    def to_cut(self, worst_first: Sequence[Interval]) -> int:
        """Return how many intervals must be cut, so that the others leave half of the tolerance.

        None where all together are within it; all where there are some that were not done yet.
        """
        if len(self.missed) < len(self.pending):
            return len(worst_first)
        together = self.taken + sum(self.missed.values())
        if self.within(together[1:].abs(), 1.0).all():
            return 0
        together, count = self.taken[0], len(worst_first)
        for interval in reversed(worst_first):
            together = together + self.missed[interval][0]
            if not self.within(together, 0.5).all():
                break
            count -= 1
        return count

    def take(self, interval: Interval, final: bool = False) -> None:
        """Add an interval to the sums; unless ``final``, only if it is within its share.

        But cutting a jump makes it no smaller, and what is not finite stays so.
        """
        three_values = [self.values[node] for node in nodes_of(*interval)]
        width = interval[1] - interval[0]
        changes = [width * embedding.change for embedding in self.path.embeddings]
        by_target = list(zip(*(values.gradients for values in three_values), strict=True))
        embeddings = [
            [simpson([g.embeddings[i] for g in three], change) for i, change in enumerate(changes)]
            for three in by_target
        ]
        states = list(zip(*(values.states for values in three_values), strict=True))
        layers = [
            [line_integral([g.states[i] for g in three], h) for i, h in enumerate(states)]
            for three in by_target
        ]
        sums = [
            torch.stack([reduce(add, map(total, moved)), *map(total, through)])
            for moved, through in zip(embeddings, layers, strict=True)
        ]
        carried = torch.stack(sums).cpu()
        misses = self.relative(carried, three_values[0].outputs, three_values[2].outputs)
        fine = self.within(misses[int(self.deep)], self.share(interval))
        if not final and not fine.all():
            if misses.isfinite().all() and width > NARROWEST * interval[1]:
                self.missed[interval] = misses
                return
            self.resolved = self.resolved & fine
        self.pending.remove(interval)
        self.taken = self.taken + misses
        self.carried = self.carried + carried
        maps = list(zip(*(values.attention for values in three_values), strict=True))
        for target, three in enumerate(by_target):
            accumulate(self.embeddings[target], embeddings[target])
            accumulate(self.coarse[target], self.coarser(interval, three, changes))
            if self.needs.layers:
                accumulate(self.layers[target], layers[target])
            attention = (
                line_integral([g.attention[i] for g in three], a) for i, a in enumerate(maps)
            )
            accumulate(self.attention[target], attention)

    def coarser(
        self, interval: Interval, gradients: Sequence[Gradients], changes: Sequence[Tensor]
    ) -> list[Tensor]:
        """Return what the embeddings (n,) would be given by half as many nodes on this interval.

        How far that is from what they are given tells how much they depend on the steps.
        """
        number = round(interval[0] / (interval[1] - interval[0]))
        alone = interval[1] == 1 and number % 2 == 0
        found = []
        for i, change in enumerate(changes):
            three = [g.embeddings[i] for g in gradients]
            first = number % 2 == 0
            rule = simpson(three, change) if alone else half_of_simpson(three, change, first)
            found.append(rule.double().sum(1).cpu())
        return found

    def relative(self, carried: Tensor, before: Tensor, after: Tensor) -> Tensor:
        """Return how far the targets miss the change, relative to that of the whole path.

        As (3, T, 1 + L): the size; what of it cannot be due to the rounding of the outputs; and
        with its sign, by which rounding inside the path cancels out.
        """
        change = self.ends[1.0] - self.ends[0.0] if self.scale is None else self.scale
        whole = change.abs().clamp(min=SMALLEST_CHANGE)[:, None]
        noise = self.rounding * torch.maximum(before.abs(), after.abs())[:, None]
        missed = carried - (after - before)[:, None]
        misses = torch.stack([missed.abs(), (missed.abs() - noise).clamp(min=0), missed])
        return (misses / whole)[:, : len(self.path.targets)]

    def share(self, interval: Interval) -> float:
        """Return the share of the tolerance that an interval has."""
        width = interval[1] - interval[0]
        return max(width, SMALLEST_SHARE) if self.deep else width

    def within(self, gaps: Tensor, share: float) -> Tensor:
        """Tell where gaps are within a ``share`` of the tolerance."""
        return gaps <= self.tolerance * share

    def result(self) -> Integral:
        names = [embedding.name for embedding in self.path.embeddings]
        by_embedding = zip(*self.embeddings, strict=True)
        return Integral(
            path=self.path,
            embeddings={
                name: torch.stack([moved.double().sum(1).cpu() for moved in mine])
                for name, mine in zip(names, by_embedding, strict=True)
            },
            coarse={
                name: torch.stack([mine[i] for mine in self.coarse]) for i, name in enumerate(names)
            },
            layers=stacked(self.layers),
            attention=stacked(self.attention),
            f_input=self.ends[1.0],
            f_baseline=self.ends[0.0],
            carried=self.carried,
            resolved=self.resolved.expand_as(self.taken[0]),
            steps=self.steps,
        )


def nodes_of(start: float, end: float) -> tuple[float, float, float]:
    return start, (start + end) / 2, end
