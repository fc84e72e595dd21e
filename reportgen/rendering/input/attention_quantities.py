"""What the attention maps of a result show: quantities of one shape, gathered by their axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from reportgen.methods import Array, Maps, all_arrays
from reportgen.rendering.drawing.heatmap_png import Ink
from reportgen.rendering.input.score_rows import having
from reportgen.rendering.wording.labels import output
from reportgen.results.model import JobResult, Token

BLANK = 1 / 16
"""A map whose largest size is under this share of a scale's end is hardly seen on it: a quarter of
the full colour, on a square-root scale."""

ATTRIBUTED = 3
"""Outputs whose attention attribution is drawn; the others are in the stored results."""


@dataclass(frozen=True, eq=False)
class Quantity:
    """All maps of one quantity: ``heads (L, H, m, n)`` and ``together (L, m, n)`` over heads.

    ``key`` names it to the script and in links, ``verb`` says what a cell means, ``joined`` how
    the heads are put together; rows of ``weights`` add up to 1. On the scale that all maps share
    heads go from 0 (or, where they are signed, from ``-head_scale``) to ``head_scale``, heads
    together from 0 to ``together_scale``.
    """

    key: str
    title: str
    about: str
    verb: str
    joined: str
    ink: Ink
    heads: np.ndarray
    together: np.ndarray
    weights: bool
    head_scale: float
    together_scale: float

    @property
    def signed(self) -> bool:
        return self.ink == "signed"

    @property
    def cells(self) -> int:
        """How many cells all maps have, those over heads included."""
        return self.heads.size + self.together.size

    @cached_property
    def head_ends(self) -> np.ndarray:
        """The largest size of each head's map, ``(L, H)``."""
        return np.abs(self.heads).max(axis=(-2, -1), initial=0)

    @cached_property
    def together_ends(self) -> np.ndarray:
        """The largest size of each map over heads, ``(L,)``."""
        return self.together.max(axis=(-2, -1), initial=0)

    @property
    def own_scale(self) -> bool:
        """Whether each map is drawn on a scale of its own, which ends at its largest size.

        So that something is seen: where on the shared scale more than half of the heads would be
        ``BLANK``.
        """
        return bool(np.mean(self.head_ends < BLANK * self.head_scale) > 0.5)

    def scale(self, layer: int, head: int) -> float:
        """Return the end of the scale on which a map, named as in ``map``, is drawn."""
        if self.own_scale:
            return float(self.head_ends[layer, head - 1] if head else self.together_ends[layer])
        return self.head_scale if head else self.together_scale

    def map(self, layer: int, head: int) -> np.ndarray:
        """Return one map ``(m, n)``; head 0 is all heads together, then they count from 1."""
        return self.heads[layer, head - 1] if head else self.together[layer]


@dataclass(frozen=True, eq=False)
class Vectors:
    """What each head has ready at each token, whoever looks at it: sizes ``(L, H, n)``."""

    title: str
    about: str
    ink: Ink
    values: np.ndarray

    @property
    def scale(self) -> float:
        return float(self.values.max(initial=0))


@dataclass(frozen=True, eq=False)
class View:
    """Quantities that share their axes: the tokens that look and the ``columns`` looked at.

    ``own`` is the axis that is the input's own tokens, which a reader chooses everywhere on the
    page; ``start`` the row and column to point at first.
    """

    title: str
    about: str
    rows: tuple[Token, ...]
    columns: tuple[Token, ...]
    own: str
    start: tuple[int, int]
    quantities: tuple[Quantity, ...]
    vectors: Vectors | None = None
    note: str = ""

    @property
    def square(self) -> bool:
        return self.rows == self.columns


def views(result: JobResult, arrays: Mapping[str, np.ndarray]) -> tuple[View, ...]:
    """Gather the maps of a result: the encoder's, and those of a decoder if there is one."""
    tokens, decoder = result.tokens, result.decoder_tokens
    spans = result.prediction.spans if result.prediction else ()
    read = next((target.read_at for target in result.targets if target.read_at), None)
    first = read[0] if read else spans[0].start if spans else 0
    own, note = own_quantities(result, arrays)
    found = (
        View(
            title="Attention, head by head",
            about="Rows of a map are the tokens that look, columns the tokens looked at.",
            rows=tokens,
            columns=tokens,
            own="rows",
            start=(first, first),
            quantities=own,
            vectors=vectors(arrays),
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
            quantities=tuple(quantities(arrays, "KGmn")),
        ),
        View(
            title="Attention within the output, head by head",
            about="Rows of a map are the tokens of the output as it was written, columns the "
            "tokens before them that they looked at (decoder self-attention).",
            rows=decoder,
            columns=decoder,
            own="",
            start=(0, 0),
            quantities=tuple(quantities(arrays, "KGmm")),
        ),
    )
    return tuple(view for view in found if view.quantities)


def own_quantities(
    result: JobResult, arrays: Mapping[str, np.ndarray]
) -> tuple[tuple[Quantity, ...], str]:
    """The quantities of the stack that reads the input, and what is said of outputs left out."""
    explained = {
        array.name: having(result, arrays, array.name)
        for array in all_arrays()
        if array.axes == OWN and array.maps and array.per_target
    }
    most = max(map(len, explained.values()), default=0)
    shown = {
        array: {name: output(result, name) for name in names[:ATTRIBUTED]}
        for array, names in explained.items()
    }
    note = ""
    if most > ATTRIBUTED:
        note = (
            f"Attribution is drawn for the first {ATTRIBUTED} of {most} outputs; "
            "the others are in the stored results."
        )
    return tuple(quantities(arrays, OWN, shown)), note


def vectors(arrays: Mapping[str, np.ndarray]) -> Vectors | None:
    """Return the sizes that heads have at tokens, where a method stores such."""
    for array in all_arrays():
        if array.axes == "LHn" and array.label and array.name in arrays:
            return Vectors(array.label, array.about, array.hue, arrays[array.name])
    return None


OWN = "LHnn"
"""The axes of maps over the input's own tokens."""


def quantities(
    arrays: Mapping[str, np.ndarray],
    axes: str,
    outputs: Mapping[str, Mapping[str, str]] | None = None,
) -> Iterator[Quantity]:
    """Yield the quantities of arrays with these axes, of each of ``outputs`` where they have any.

    ``outputs`` are, by the array, their names and what pages call them. The weights of attention
    come first: heads are summarised from them.
    """
    for array in all_arrays():
        if array.axes != axes or array.maps is None:
            continue
        if array.per_target:
            names = (outputs or {}).get(array.name, {})
            for i, (name, shown) in enumerate(names.items(), start=1):
                title = array.maps.title_of if len(names) > 1 else array.maps.title
                yield quantity(arrays, array, array.maps, f"-{i}", name, shown, title)
        elif array.name in arrays:
            yield quantity(arrays, array, array.maps)


def quantity(
    arrays: Mapping[str, np.ndarray],
    array: Array,
    drawn: Maps,
    suffix: str = "",
    target: str = "",
    shown: str = "",
    title: str = "",
) -> Quantity:
    """Return one quantity, of the output ``target``, which pages call ``shown``, if of any.

    Its scales end at its own largest sizes.

    Attention weights lie between 0 and 1, whatever the largest of them.
    """
    heads = arrays[array.of(target)]
    together = arrays[replace(array, name=drawn.together).of(target)]
    weights = array.sign == "share"
    return Quantity(
        key=drawn.key + suffix,
        title=(title or drawn.title).replace("{target}", shown),
        about=drawn.about.replace("{target}", shown),
        verb=drawn.verb.replace("{target}", shown),
        joined=drawn.joined,
        ink=array.hue,
        heads=heads,
        together=together,
        weights=weights,
        head_scale=1.0 if weights else float(np.abs(heads).max(initial=0)),
        together_scale=float(np.sqrt(heads.shape[1]) if weights else together.max(initial=0)),
    )
