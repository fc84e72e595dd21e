"""What the attention maps of a result show: quantities of one shape, gathered by their axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from reportgen.rendering.atlas import Ink
from reportgen.rendering.grid import having
from reportgen.results.model import JobResult, Token

ATTRIBUTED = 3
"""Outputs whose attention attribution is drawn; the others are in the stored results."""


@dataclass(frozen=True, eq=False)
class Quantity:
    """All maps of one quantity: ``heads (L, H, m, n)`` and ``together (L, m, n)`` over heads.

    ``key`` names it to the script and in links, ``verb`` says what a cell means, ``joined`` how
    the heads are put together. Heads are drawn from 0 (or, where they are signed, from
    ``-head_scale``) to ``head_scale``, heads together from 0 to ``together_scale``.
    """

    key: str
    title: str
    about: str
    verb: str
    joined: str
    ink: Ink
    heads: np.ndarray
    together: np.ndarray
    head_scale: float
    together_scale: float

    @property
    def signed(self) -> bool:
        return self.ink == "signed"

    @property
    def cells(self) -> int:
        """How many cells all maps have, those over heads included."""
        return self.heads.size + self.together.size

    def map(self, layer: int, head: int) -> np.ndarray:
        """Return one map ``(m, n)``; head 0 is all heads together, then they count from 1."""
        return self.heads[layer, head - 1] if head else self.together[layer]


@dataclass(frozen=True, eq=False)
class View:
    """Quantities that share their axes: the tokens that look and the ``columns`` looked at.

    ``own`` is the axis that is the input's own tokens, which a reader chooses everywhere on the
    page; ``start`` the row and column to point at first. The first quantity is the attention.
    """

    title: str
    about: str
    rows: tuple[Token, ...]
    columns: tuple[Token, ...]
    own: str
    start: tuple[int, int]
    quantities: tuple[Quantity, ...]
    note: str = ""

    @property
    def square(self) -> bool:
        return self.rows == self.columns


def views(result: JobResult, arrays: Mapping[str, np.ndarray]) -> tuple[View, ...]:
    """Gather the maps of a result: the encoder's, and those of a decoder if there is one."""
    tokens, decoder = result.tokens, result.decoder_tokens
    spans = result.prediction.spans if result.prediction else ()
    first = spans[0].start if spans else 0
    attributed = having(result, arrays, "attention_attribution")
    note = ""
    if len(attributed) > ATTRIBUTED:
        note = (
            f"Attribution is drawn for the first {ATTRIBUTED} of {len(attributed)} outputs; "
            "the others are in the stored results."
        )
    found = (
        View(
            title="Attention, head by head",
            about="Rows of a map are the tokens that look, columns the tokens looked at.",
            rows=tokens,
            columns=tokens,
            own="rows",
            start=(first, first),
            quantities=tuple(own_quantities(arrays, attributed[:ATTRIBUTED])),
            note=note,
        ),
        View(
            title="Attention from output to input, head by head",
            about="Rows of a map are the tokens of the output as it was written, columns the "
            "tokens of the input they looked at (cross-attention).",
            rows=decoder,
            columns=tokens,
            own="columns",
            start=(0, 0),
            quantities=tuple(attention(arrays, "cross_attention")),
        ),
        View(
            title="Attention within the output, head by head",
            about="Rows of a map are the tokens of the output as it was written, columns the "
            "tokens before them that they looked at (decoder self-attention).",
            rows=decoder,
            columns=decoder,
            own="",
            start=(0, 0),
            quantities=tuple(attention(arrays, "decoder_attention")),
        ),
    )
    return tuple(view for view in found if view.quantities)


def own_quantities(arrays: Mapping[str, np.ndarray], attributed: list[str]) -> Iterator[Quantity]:
    """The quantities of the stack that reads the input, attribution for each output."""
    yield from attention(arrays, "attention")
    for i, name in enumerate(attributed):
        yield to_its_largest(
            key=f"attribution-{i + 1}",
            title=f"Attribution of {name}" if len(attributed) > 1 else "Attribution",
            about=f"what the look did to the output {name}, in logits: red up, blue down",
            verb=f"pushed {name} by looking at",
            joined="size without direction, L2 norm over heads",
            ink="signed",
            heads=arrays[f"attention_attribution/{name}"],
            together=arrays[f"attention_attribution_norm/{name}"],
        )
    if "vector_norms/alpha_f" in arrays:
        yield to_its_largest(
            key="norm",
            title="Vector norm",
            about="what the look carries: attention times the size of the value",
            verb="takes from",
            joined="length of what all heads carry together",
            ink="norm",
            heads=arrays["vector_norms/alpha_f"],
            together=arrays["vector_norms/sum_alpha_f"],
        )


def attention(arrays: Mapping[str, np.ndarray], name: str) -> Iterator[Quantity]:
    """Attention weights lie between 0 and 1, whatever the largest of them."""
    if name in arrays:
        heads = arrays[name]
        yield Quantity(
            key=name.replace("_attention", "-attention"),
            title="Attention",
            about="how much of the look goes where; each row adds up to 1",
            verb="looks at",
            joined="L2 norm over heads",
            ink="attention",
            heads=heads,
            together=arrays[f"{name}_norm"],
            head_scale=1.0,
            together_scale=float(np.sqrt(heads.shape[1])),
        )


def to_its_largest(*, heads: np.ndarray, together: np.ndarray, **what: Any) -> Quantity:
    """Return a quantity whose scales end at its own largest sizes."""
    return Quantity(
        heads=heads,
        together=together,
        head_scale=float(np.abs(heads).max(initial=0)),
        together_scale=float(together.max(initial=0)),
        **what,
    )
