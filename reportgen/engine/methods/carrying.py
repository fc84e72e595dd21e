"""Carrying the parts of single tokens through all that a recording explains."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterator, Mapping, MutableMapping, Sequence

import numpy as np
import torch
from torch import Tensor

from reportgen.engine.methods.dataflow import Added, Attended, Given, Node, Normed, Taken
from reportgen.errors import InputError

CHUNK = 8_000_000
"""Numbers of the widest parts that are made at once."""

Parts = MutableMapping[Node, Tensor]
"""The parts (rows, n, w) of some tokens' vectors, by node; of attention without its biases."""

Readout = tuple[Node, Tensor]
"""The node that an output is read from, and the weights (n, w), or (1, w) of a pooled one."""


class Carrier:
    """Carries parts (n, n, d) from layer to layer, for some tokens i at a time.

    ``kept``: for each layer, what later ones go on with. ``error``: how far the parts of these
    are from what the model computed, relative to its largest value. Biases are shared among all
    tokens k, so that the parts of some k cannot be carried alone: two arrays of n n d numbers are
    held, the vectors' and the values'.
    """

    def __init__(
        self,
        layers: Sequence[Attended],
        readouts: Sequence[Readout],
        device: torch.device,
        allowed: int,
    ) -> None:
        self.layers, self.readouts = layers, readouts
        self.length = len(layers[0].value)
        self.error = 0.0
        needed = ancestors(node for node, _ in readouts)
        levels = levels_of(needed, layers)
        self.kept = [kept_after(number, needed, levels) for number in range(len(layers) - 1)]
        self.size = self.chunk_size(needed, allowed)
        for node in needed:
            node.to(device)

    def chunk_size(self, needed: Sequence[Node], allowed: int) -> int:
        """Return for how many tokens parts are made at once; raise ``InputError`` if for none."""
        ends = {node for node, _ in self.readouts}
        widest = max(node.value.shape[1] for node in needed if node not in ends)
        widths = [sum(node.value.shape[1] for node in kept) for kept in self.kept]
        held = max(widths, default=0) + max(len(layer.weight) for layer in self.layers)
        row = 4 * 4 * self.length * widest  # bytes; about four of the widest are there together
        state = 4 * self.length**2 * held
        if state + row > allowed:
            raise InputError(
                f"DecompX needs {(state + row) / 1e6:.3g} MB of memory for {self.length} tokens, "
                f"and {allowed / 1e6:.3g} MB may be used",
                hint="set max_length, leave DecompX out, or use a machine with more memory",
            )
        return max(1, min(CHUNK // (self.length * widest), (allowed - state) // row))

    def scores(self) -> Iterator[np.ndarray]:
        """Yield what each token adds to each output, (n,)."""
        chunks = list(pieces(range(self.length), self.size))
        parts: list[Parts] = [{} for _ in chunks]
        for layer, kept in zip(self.layers, self.kept, strict=False):
            values = self.values(layer, chunks, parts)
            for place, rows in enumerate(chunks):
                there: Parts = ChainMap({layer: moved(layer, values, rows)}, parts[place])
                parts[place] = {node: self.carry(node, rows, there) for node in kept}
                self.compare(parts[place], rows)
        last = self.layers[-1]
        values = self.values(last, chunks, parts)
        for node, weights in self.readouts:
            total = torch.zeros(self.length, dtype=torch.float64)
            for rows in pieces(rows_read(node, weights), self.size if node.pooled else 1):
                there = {kept: self.rows_of(kept, rows, parts) for kept in parts[0]}
                there[last] = moved(last, values, rows)
                read = weights if node.pooled else weights[list(rows)]
                found = self.carry(node, rows, there).double().cpu()
                total += torch.einsum("rkw,rw->k", found, read.double())
            yield total.numpy()

    def values(
        self, layer: Attended, chunks: Sequence[Sequence[int]], parts: Sequence[Parts]
    ) -> Tensor:
        """Return the parts of all values, (H, n, n d_head): by head, of token j, from token k."""
        (source,), heads = layer.made_of, len(layer.attention)
        n, width = self.length, layer.value_weight.shape[1]
        values = layer.weight.new_empty(heads, n, n * width // heads)
        for rows, there in zip(chunks, parts, strict=True):
            made = self.carry(source, rows, dict(there)) @ layer.value_weight
            made = made.unflatten(-1, (heads, -1)).permute(2, 0, 1, 3).flatten(2)
            values[:, rows[0] : rows[-1] + 1] = made
        return values

    def carry(self, node: Node, rows: Sequence[int], there: Parts) -> Tensor:
        """Return the parts (rows, n, w) of ``node``, from those that are ``there``; note them."""
        if node not in there:
            made_of = [self.carry(before, rows, there) for before in node.made_of]
            if not isinstance(node, Added):
                made_of = [
                    share(made.clone(), before.bias(rows)) if isinstance(before, Attended) else made
                    for made, before in zip(made_of, node.made_of, strict=True)
                ]
            there[node] = share(node.carry(made_of, rows), node.bias(rows))
        return there[node]

    def rows_of(self, node: Node, rows: Sequence[int], parts: Sequence[Parts]) -> Tensor:
        found = (divmod(row, self.size) for row in rows)
        return torch.stack([parts[chunk][node][place] for chunk, place in found])

    def compare(self, parts: Parts, rows: Sequence[int]) -> None:
        for node, found in parts.items():
            expected = node.value[list(rows)]
            scale = expected.abs().max().clamp(min=1e-12)
            error = ((found.sum(1) - expected).abs().max() / scale).item()
            self.error = max(self.error, error)


def moved(layer: Attended, values: Tensor, rows: Sequence[int]) -> Tensor:
    """Return the parts (rows, n, d) of what attention moves, without its biases."""
    mixed = torch.bmm(layer.attention[:, list(rows)], values)  # (H, rows, n d_head)
    n = layer.attention.shape[1]
    return mixed.unflatten(2, (n, -1)).permute(1, 2, 0, 3).flatten(2) @ layer.weight


def share(parts: Tensor, bias: Tensor | None) -> Tensor:
    """Add ``bias`` (w,) or (rows, w) to ``parts`` (rows, n, w), shared by |bias . part|.

    In equal shares where no part has any of its direction.
    """
    if bias is None:
        return parts
    rows = bias.expand(len(parts), -1)
    weights = torch.bmm(parts, rows[:, :, None]).abs_()  # (rows, n, 1)
    total = weights.sum(1, keepdim=True)
    weights = torch.where(total > 0, weights / total, 1 / parts.shape[1])
    return parts.addcmul_(weights, rows[:, None])


def ancestors(nodes: Iterator[Node]) -> list[Node]:
    """Return the nodes and all that they are made of."""
    found: dict[Node, None] = {}
    left = list(nodes)
    while left:
        node = left.pop()
        if node not in found:
            found[node] = None
            left += node.made_of
    return list(found)


def levels_of(nodes: Sequence[Node], layers: Sequence[Attended]) -> Mapping[Node, int]:
    """Return the number of the layer in which each node is made, -1 before the first."""
    levels: dict[Node, int] = {layer: number for number, layer in enumerate(layers)}

    def level(node: Node) -> int:
        if node not in levels:
            levels[node] = max(map(level, node.made_of), default=-1)
        return levels[node]

    return {node: level(node) for node in nodes}


def kept_after(number: int, needed: Sequence[Node], levels: Mapping[Node, int]) -> list[Node]:
    """Return the nodes up to layer ``number`` that later ones are made of.

    But for those made at once: what tokens bring along, and norms of what is kept anyway.
    """
    later = [node for node in needed if levels[node] > number]
    crossing = {before for node in later for before in node.made_of if levels[before] <= number}
    return [
        node
        for node in needed
        if node in crossing
        and not isinstance(node, Given)
        and not (isinstance(node, Normed) and node.made_of[0] in crossing)
    ]


def rows_read(node: Node, weights: Tensor) -> list[int]:
    """Return the tokens whose vectors an output is read from."""
    if node.pooled:
        taken = (before for before in ancestors(iter([node])) if isinstance(before, Taken))
        return sorted({before.index for before in taken})
    return weights.any(1).nonzero()[:, 0].tolist()


def pieces(rows: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for first in range(0, len(rows), size):
        yield rows[first : first + size]
