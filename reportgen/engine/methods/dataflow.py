"""How vectors become one another between the first layer and the output, read off a recording.

What a module read is looked for among the vectors that came before: one of them, an activation
of one, the sum of two or three, or one token's row. So how residuals, norms and heads are arranged
is told by the numbers of a pass, not by the class of the model. Each step is linear once
attention, the spreads of norms and the slopes of activations are kept as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, combinations

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers.pytorch_utils import Conv1D

from reportgen.engine.methods.base import NotApplicable
from reportgen.engine.methods.decomposition import (
    Norm,
    close,
    difference,
    plain,
    projection_of,
    rounding,
    understand,
)
from reportgen.engine.models.capture import Call, Layer, Recording

ACTIVATIONS: tuple[Callable[[Tensor], Tensor], ...] = (
    functional.gelu,
    partial(functional.gelu, approximate="tanh"),
    lambda z: z * torch.sigmoid(1.702 * z),
    functional.relu,
    functional.silu,
    functional.mish,
    torch.tanh,
)
"""Functions that are 0 at 0, so that their slope from there carries all of what they return."""


@dataclass(eq=False)
class Node:
    """A vector for each token, or of one token where a head has ``pooled`` it.

    ``value`` (n, w), or (1, w): what the model computed. ``made_of``: the nodes it came from.
    """

    value: Tensor
    made_of: tuple[Node, ...] = ()
    pooled: bool = False

    def carry(self, parts: Sequence[Tensor], rows: Sequence[int]) -> Tensor:
        """Return the parts (rows, n, w) of tokens ``rows``, from those of ``made_of``."""
        raise NotImplementedError

    def bias(self, rows: Sequence[int]) -> Tensor | None:
        """Return what belongs to no token and is added here, (w,) or (rows, w)."""
        return None

    def to(self, device: torch.device) -> None:
        """Move all numbers to ``device``."""
        for name, found in vars(self).items():
            if isinstance(found, Tensor):
                setattr(self, name, found.to(device))

    def at(self, numbers: Tensor, rows: Sequence[int]) -> Tensor:
        return numbers if self.pooled else numbers[list(rows)]


@dataclass(eq=False)
class Given(Node):
    """What a token brings along: all of it is its own part."""

    def carry(self, parts: Sequence[Tensor], rows: Sequence[int]) -> Tensor:
        n, width = self.value.shape
        found = self.value.new_zeros(len(rows), n, width)
        found[range(len(rows)), list(rows)] = self.value[list(rows)]
        return found


@dataclass(eq=False)
class Attended(Node):
    """What attention moves to each token, output projection included.

    ``attention`` (H, n, n); ``value_weight`` (d, H d_head) and ``value_bias`` (H d_head,) make the
    values of the one node it is made of, ``weight`` (H d_head, d) takes them back. ``constant``
    (n, d): both biases.
    """

    attention: Tensor = field(kw_only=True)
    value_weight: Tensor = field(kw_only=True)
    weight: Tensor = field(kw_only=True)
    constant: Tensor = field(kw_only=True)

    def bias(self, rows: Sequence[int]) -> Tensor:
        return self.constant[list(rows)]


@dataclass(eq=False)
class Mapped(Node):
    """A linear map: ``weight`` (v, w) and ``shift`` (w,)."""

    weight: Tensor = field(kw_only=True)
    shift: Tensor | None = field(kw_only=True)

    def carry(self, parts: Sequence[Tensor], rows: Sequence[int]) -> Tensor:
        return parts[0] @ self.weight

    def bias(self, rows: Sequence[int]) -> Tensor | None:
        return self.shift


@dataclass(eq=False)
class Normed(Node):
    """A norm at the spread that it divided each token by."""

    norm: Norm = field(kw_only=True)

    def to(self, device: torch.device) -> None:
        super().to(device)
        norm = self.norm
        self.norm = Norm(
            norm.weight.to(device), norm.bias.to(device), norm.centred, norm.spread.to(device)
        )

    def carry(self, parts: Sequence[Tensor], rows: Sequence[int]) -> Tensor:
        return self.norm.turn(parts[0]) / self.at(self.norm.spread, rows)[:, :, None]

    def bias(self, rows: Sequence[int]) -> Tensor:
        return self.norm.bias


@dataclass(eq=False)
class Activated(Node):
    """An activation as its slope from 0, (n, w): what it returned divided by what it read."""

    slope: Tensor = field(kw_only=True)

    def carry(self, parts: Sequence[Tensor], rows: Sequence[int]) -> Tensor:
        return parts[0] * self.at(self.slope, rows)[:, None]


@dataclass(eq=False)
class Added(Node):
    """A sum of two or three vectors, with the biases of attention where it is one of them."""

    def carry(self, parts: Sequence[Tensor], rows: Sequence[int]) -> Tensor:
        return torch.as_tensor(sum(parts))

    def bias(self, rows: Sequence[int]) -> Tensor | None:
        moved = [node.bias(rows) for node in self.made_of if isinstance(node, Attended)]
        return moved[0] if moved else None


@dataclass(eq=False)
class Taken(Node):
    """The vector of the one token ``index``."""

    index: int = field(kw_only=True)

    def carry(self, parts: Sequence[Tensor], rows: Sequence[int]) -> Tensor:
        return parts[0][[list(rows).index(self.index)]]


@dataclass(eq=False)
class Flow:
    """All vectors of a pass that could be explained.

    ``names`` of the model's modules. ``layers``: what each layer's attention moves, in order.
    ``known``: the latest vectors. ``made``: what came of each call behind the last attention, by
    its place; ``unknown``: the first of these calls that read something else.
    """

    names: Mapping[nn.Module, str]
    layers: list[Attended] = field(default_factory=list)
    known: list[Node] = field(default_factory=list)
    made: dict[int, Node] = field(default_factory=dict)
    unknown: Call | None = None

    def find(self, recorded: Tensor) -> Node | None:
        """Find how what a module read, (1, n, w) or (1, w), is made of earlier vectors."""
        limit = rounding(recorded)
        pooled = recorded.dim() == 2
        wanted = plain(recorded).reshape(-1, recorded.shape[-1])
        recent = [node for node in reversed(self.known) if pooled or not node.pooled]
        alike = [node for node in recent if node.value.shape == wanted.shape]
        for node in alike:
            if near([node.value], wanted, limit):
                return node
        if pooled:
            for node in recent:
                for index in rows_like(node, wanted, limit):
                    return Taken(wanted, (node,), pooled=True, index=index)
        for node in alike:
            if isinstance(node, Mapped) and activates(node.value, wanted, limit):
                slope = torch.where(node.value == 0, 0, wanted / node.value)
                return Activated(wanted, (node,), pooled=node.pooled, slope=slope)
        for terms in chain(combinations(alike, 2), combinations(alike, 3)):
            if near([term.value for term in terms], wanted, limit):
                return Added(wanted, terms, pooled=terms[0].pooled)
        return None

    def unexplained(self, call: Call) -> NotApplicable:
        """Return the refusal of a model in which ``call``, or one before it, is not explained."""
        module = (self.unknown or call).module
        name = self.names.get(module, type(module).__name__)
        return NotApplicable(
            f"What {name} reads is not made of the vectors before it by sums, activations, norms "
            "and linear maps of single tokens, which is what DecompX is defined for; a gated "
            "feed-forward part is none of these."
        )

    def add(self, call: Call) -> Node | None:
        """Explain a call; return what came of it, or ``None`` where it read something else."""
        read = self.find(call.input)
        if read is None:
            return None
        value = plain(call.output).reshape(len(read.value), -1)
        if isinstance(call.module, nn.Linear | Conv1D):
            weight, shift = matrix(call.module)
            node: Node = Mapped(value, (read,), pooled=read.pooled, weight=weight, shift=shift)
        else:
            node = Normed(value, (read,), pooled=read.pooled, norm=understand(call))
        self.known += [node] if read in self.known else [read, node]
        return node


def near(terms: Sequence[Tensor], wanted: Tensor, limit: float) -> bool:
    """Tell whether ``terms`` add up to ``wanted``; most do not in the first row already."""
    first = sum(term[:1] for term in terms)
    return bool(
        difference(torch.as_tensor(first), wanted[:1]) <= limit
        and difference(torch.as_tensor(sum(terms)), wanted) <= limit
    )


def rows_like(node: Node, wanted: Tensor, limit: float) -> Iterator[int]:
    """Find the tokens of ``node`` whose vector ``wanted`` (1, w) is."""
    if not node.pooled and node.value.shape[1] == wanted.shape[1]:
        for index, row in enumerate(node.value):
            if difference(row, wanted[0]) <= limit:
                yield index


def activates(read: Tensor, returned: Tensor, limit: float) -> bool:
    return any(difference(function(read), returned) <= limit for function in ACTIVATIONS)


def matrix(module: nn.Linear | Conv1D) -> tuple[Tensor, Tensor | None]:
    """Return the weight (v, w), to be applied from the right, and bias (w,) of a linear map."""
    weight = module.weight.detach().cpu().float()
    bias = None if module.bias is None else module.bias.detach().cpu().float()
    return (weight.T if isinstance(module, nn.Linear) else weight), bias


def understand_flow(recording: Recording, names: Mapping[nn.Module, str]) -> Flow:
    """Explain how each layer of ``recording``, made with ``calls``, follows from the one before.

    ``names`` of the model's modules.

    Raises ``NotApplicable`` where what a layer's attention reads is not explained.
    """
    flow = Flow(names)
    for number, layer in enumerate(recording.layers):
        if layer.source is None or layer.maker is None or layer.columns is None:
            raise NotApplicable(
                "No linear map was found that the values of attention are made by, so what "
                "attention moves cannot be followed back."
            )
        if not number:
            read = [call.input for call in recording.norms if call.input.dim() == 3]
            flow.known = [Given(plain(vectors)) for vectors in (*read, layer.source)]
        source = flow.find(layer.source)
        if source is None:
            raise flow.unexplained(Call(layer.maker, layer.source, layer.source))
        moved = attended(layer, source)
        flow.layers.append(moved)
        # A residual connection starts in this layer, or where the one before ended.
        flow.known = [*flow.known[-12:], source, moved]
        flow.made, flow.unknown = {}, None
        for place, call in enumerate(layer.calls):
            node = flow.add(call)
            if node is not None:
                flow.made[place] = node
            else:
                flow.unknown = flow.unknown or call
    return flow


def attended(layer: Layer, source: Node) -> Attended:
    """Take apart what the attention of ``layer`` moves, from what its values are made of."""
    assert layer.maker is not None
    assert layer.columns is not None
    weight, shift = matrix(layer.maker)
    back, constant = matrix(projection_of(layer))
    columns = layer.columns.flatten()
    weight, values = weight[:, columns], plain(layer.values).transpose(0, 1).flatten(1)
    bias = weight.new_zeros(len(columns)) if shift is None else shift[columns]
    if not close(source.value @ weight + bias, values, layer):
        raise NotApplicable(
            "The values of attention are not a linear map of what a layer reads, so what "
            "attention moves cannot be followed back."
        )
    attention = plain(layer.attention)
    shares = attention.sum(-1).T[:, :, None] * bias.reshape(layer.columns.shape)  # (n, H, d_head)
    biases = shares.flatten(1) @ back
    return Attended(
        plain(layer.output),
        (source,),
        attention=attention,
        value_weight=weight,
        weight=back,
        constant=biases if constant is None else biases + constant,
    )
