"""The shared sweep: one pass over the path feeds every path method.

Each visited node costs one forward pass, and one backward pass for each target; together they
give the gradients of the target with respect to what moves on the path, to every layer's
hidden states and to every layer's attention.

The path is cut into panels of three nodes. Over any panel every layer must carry exactly the
change of the output between the panel's ends (completeness), which is known: the panels that
miss it the most are cut in two, which reuses their nodes, until all together are within the
tolerance. So nodes go where the model changes fast, and what is promised is checked at every
layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import add

import torch
from torch import Tensor

from reportgen.engine.memory import (
    is_out_of_memory,
    out_of_memory,
    rows_per_pass,
    samples_kept,
)
from reportgen.engine.models.loaded_model import LoadedModel
from reportgen.engine.path.embedding_path import Line
from reportgen.engine.path.integral import SMALLEST_CHANGE, Integral, accumulate, stacked, total
from reportgen.engine.path.node_values import Gradients, Needs, Sample, evaluate, visit
from reportgen.engine.path.quadrature import half_of_simpson, line_integral, simpson

FIRST_PANELS = 4
"""Panels that an automatic sweep starts from: 9 nodes."""

ROUNDINGS = 8
"""Last digits of an output that are taken to be rounding, the layers' before it included."""

SMALLEST_SHARE = 1 / 128
"""Share of the tolerance that a panel has at least where it cannot wait for the others."""

NARROWEST = 2.0**-20
"""Relative width of panels that are not cut: in float32 their vectors are hardly different."""

Panel = tuple[float, float]


class Sweep:
    """One line's state: panels to do, leftmost first; samples still needed; sums so far.

    The sums are by target, then by part or layer. A panel is taken at once where it is within
    its share of the tolerance, which is proportional to its width; the others wait until all
    are known, and the worst of them are cut. ``deep``: they do not wait, each is cut at once,
    which keeps the fewest samples but visits more nodes. ``taken`` and ``missed``: how far the
    panels taken together, and each of the others, miss the change; see :meth:`relative`.
    """

    def __init__(
        self,
        line: Line,
        needs: Needs,
        panels: Iterable[Panel],
        tolerance: float,
        max_steps: int,
        rounding: float,
        deep: bool,
    ) -> None:
        self.line, self.needs, self.rounding, self.deep = line, needs, rounding, deep
        self.tolerance, self.max_steps = tolerance, max_steps
        self.pending = list(panels)
        self.missed: dict[Panel, Tensor] = {}
        self.samples: dict[float, Sample] = {}
        self.ends: dict[float, Tensor] = {}
        self.steps = 0
        self.taken: Tensor = torch.zeros(3, 1, 1)
        self.carried: Tensor = torch.zeros(())
        self.resolved: Tensor = torch.tensor(True)
        self.parts: list[list[Tensor]] = [[] for _ in line.outputs]
        self.coarse: list[list[Tensor]] = [[] for _ in line.outputs]
        self.layers: list[list[Tensor]] = [[] for _ in line.outputs]
        self.attention: list[list[Tensor]] = [[] for _ in line.outputs]

    def missing(self, most: int) -> list[float]:
        """Return up to ``most`` nodes that the next panels need, in the order of the path."""
        found: dict[float, None] = {}
        for panel in self.pending:
            found |= {node: None for node in nodes_of(*panel) if node not in self.samples}
            if len(found) >= most:
                break
        return list(found)[:most]

    def add(self, node: float, sample: Sample) -> None:
        self.samples[node] = sample
        self.steps += 1
        if node in (0.0, 1.0):
            self.ends[node] = sample.outputs

    def settle(self) -> None:
        """Take every panel that is good enough, cut the worst of the others, forget the rest."""
        for panel in list(self.pending):
            if panel not in self.missed and all(n in self.samples for n in nodes_of(*panel)):
                self.take(panel)
        if self.deep or len(self.missed) == len(self.pending):
            self.cut()
        needed = {node for panel in self.pending for node in nodes_of(*panel)}
        self.samples = {node: s for node, s in self.samples.items() if node in needed}

    def cut(self) -> None:
        """Cut the panels that miss the most, and take the others where there is nothing to gain.

        That is where all together are within the tolerance, or no steps are left.
        """
        worst_first = sorted(self.missed, key=lambda panel: -self.missed[panel][0].max().item())
        count = self.to_cut(worst_first)
        promised = len(self.missing(self.max_steps))  # to panels that were not done yet
        room = max(0, (self.max_steps - self.steps - promised) // 2)
        if count > room:
            for panel in worst_first[room:]:
                fine = self.within(self.missed[panel][1], self.share(panel))
                self.resolved = self.resolved & fine
        for panel in worst_first[: min(count, room)]:
            start, middle, end = nodes_of(*panel)
            place = self.pending.index(panel)
            self.pending[place : place + 1] = [(start, middle), (middle, end)]
            del self.missed[panel]
        if count == 0 or count > room:
            for panel in list(self.missed):
                self.take(panel, final=True)
            self.missed.clear()

    def to_cut(self, worst_first: Sequence[Panel]) -> int:
        """Return how many panels must be cut, so that the others leave half of the tolerance.

        None where all together are within it; all where there are some that were not done yet.
        """
        if len(self.missed) < len(self.pending):
            return len(worst_first)
        together = self.taken + sum(self.missed.values())
        if self.within(together[1:].abs(), 1.0).all():
            return 0
        together, count = self.taken[0], len(worst_first)
        for panel in reversed(worst_first):
            together = together + self.missed[panel][0]
            if not self.within(together, 0.5).all():
                break
            count -= 1
        return count

    def take(self, panel: Panel, final: bool = False) -> None:
        """Add a panel to the sums; unless ``final``, only if it is within its share.

        But cutting a jump makes it no smaller, and what is not finite stays so.
        """
        samples = [self.samples[node] for node in nodes_of(*panel)]
        width = panel[1] - panel[0]
        changes = [width * part.change for part in self.line.parts]
        by_target = list(zip(*(sample.gradients for sample in samples), strict=True))
        parts = [
            [simpson([g.parts[i] for g in three], change) for i, change in enumerate(changes)]
            for three in by_target
        ]
        states = list(zip(*(sample.states for sample in samples), strict=True))
        layers = [
            [line_integral([g.states[i] for g in three], h) for i, h in enumerate(states)]
            for three in by_target
        ]
        sums = [
            torch.stack([reduce(add, map(total, moved)), *map(total, through)])
            for moved, through in zip(parts, layers, strict=True)
        ]
        carried = torch.stack(sums).cpu()
        misses = self.relative(carried, samples[0].outputs, samples[2].outputs)
        fine = self.within(misses[int(self.deep)], self.share(panel))
        if not final and not fine.all():
            if misses.isfinite().all() and width > NARROWEST * panel[1]:
                self.missed[panel] = misses
                return
            self.resolved = self.resolved & fine
        self.pending.remove(panel)
        self.taken = self.taken + misses
        self.carried = self.carried + carried
        maps = list(zip(*(sample.attention for sample in samples), strict=True))
        for target, three in enumerate(by_target):
            accumulate(self.parts[target], parts[target])
            accumulate(self.coarse[target], self.coarser(panel, three, changes))
            if self.needs.layers:
                accumulate(self.layers[target], layers[target])
            attention = (
                line_integral([g.attention[i] for g in three], a) for i, a in enumerate(maps)
            )
            accumulate(self.attention[target], attention)

    def coarser(
        self, panel: Panel, gradients: Sequence[Gradients], changes: Sequence[Tensor]
    ) -> list[Tensor]:
        """Return what the parts (n,) would be given by half as many nodes on this panel.

        How far that is from what they are given tells how much they depend on the steps.
        """
        number = round(panel[0] / (panel[1] - panel[0]))
        alone = panel[1] == 1 and number % 2 == 0
        found = []
        for i, change in enumerate(changes):
            three = [g.parts[i] for g in gradients]
            first = number % 2 == 0
            rule = simpson(three, change) if alone else half_of_simpson(three, change, first)
            found.append(rule.double().sum(1).cpu())
        return found

    def relative(self, carried: Tensor, before: Tensor, after: Tensor) -> Tensor:
        """Return how far the targets miss the change, relative to that of the whole path.

        As (3, T, 1 + L): the size; what of it cannot be due to the rounding of the outputs; and
        with its sign, by which rounding inside the path cancels out.
        """
        whole = (self.ends[1.0] - self.ends[0.0]).abs().clamp(min=SMALLEST_CHANGE)[:, None]
        noise = self.rounding * torch.maximum(before.abs(), after.abs())[:, None]
        missed = carried - (after - before)[:, None]
        misses = torch.stack([missed.abs(), (missed.abs() - noise).clamp(min=0), missed])
        return (misses / whole)[:, : len(self.line.targets)]

    def share(self, panel: Panel) -> float:
        """Return the share of the tolerance that a panel has."""
        width = panel[1] - panel[0]
        return max(width, SMALLEST_SHARE) if self.deep else width

    def within(self, gaps: Tensor, share: float) -> Tensor:
        """Tell where gaps are within a ``share`` of the tolerance."""
        return gaps <= self.tolerance * share

    def result(self) -> Integral:
        names = [part.name for part in self.line.parts]
        by_part = zip(*self.parts, strict=True)
        return Integral(
            line=self.line,
            parts={
                name: torch.stack([part.double().sum(1).cpu() for part in mine])
                for name, mine in zip(names, by_part, strict=True)
            },
            coarse={
                name: torch.stack([part[i] for part in self.coarse]) for i, name in enumerate(names)
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


def integrate(
    loaded: LoadedModel,
    lines: Sequence[Line],
    needs: Needs,
    *,
    steps: int | None = None,
    tolerance: float = 0.01,
    max_steps: int = 257,
) -> list[Integral]:
    """Sweep the paths of inputs of like length together.

    With ``steps`` the nodes are spaced evenly, that many or one more; without, panels are cut
    until each line's gap is within ``tolerance`` at every layer, or ``max_steps`` are used up.
    A line's ``others`` are not held to it. Where a pass runs out of memory it is repeated with
    half as many nodes; raises ``InputError`` where not even one fits.
    """
    count = FIRST_PANELS if steps is None else max(1, steps // 2)
    while steps is None and count > 1 and 2 * count + 1 > max_steps:
        count //= 2
    panels = [(i / count, (i + 1) / count) for i in range(count)]
    limits = (tolerance, max_steps) if steps is None else (float("inf"), 0)
    rows, kept = rows_per_pass(loaded, lines, needs), samples_kept(loaded, lines, needs)
    deep = kept < 2 * count + 1
    rounding = ROUNDINGS * torch.finfo(loaded.model.dtype).eps
    sweeps = [Sweep(line, needs, panels, *limits, rounding, deep) for line in lines]
    with loaded.attention("reportgen" if needs.attention else "sdpa"):
        while open_sweeps := [sweep for sweep in sweeps if sweep.pending]:
            chunk = [(sweep, node) for sweep in open_sweeps for node in sweep.missing(rows)][:rows]
            samples = visit_if_it_fits(loaded, [(sweep.line, node) for sweep, node in chunk], needs)
            if samples is None:
                if rows == 1:
                    raise out_of_memory(f"{len(chunk[0][0].line)} tokens")
                rows = max(1, len(chunk) // 2)
                continue
            for (sweep, node), sample in zip(chunk, samples, strict=True):
                sweep.add(node, sample)
            for sweep in {sweep: None for sweep, _ in chunk}:
                for node in (0.0, 1.0):
                    if node not in sweep.ends:
                        sweep.ends[node] = evaluate(loaded, sweep.line, node)
                sweep.settle()
            if sum(len(sweep.samples) for sweep in sweeps) > kept:
                for sweep in sweeps:
                    sweep.deep = True
    return [sweep.result() for sweep in sweeps]


def visit_if_it_fits(
    loaded: LoadedModel, places: Sequence[tuple[Line, float]], needs: Needs
) -> list[Sample] | None:
    """Evaluate nodes together; return ``None`` where memory runs out.

    The error is not kept: it would keep all that the pass had made.
    """
    try:
        return visit(loaded, places, needs)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
    return None
