"""Every array that a result can hold: what its axes are, and whether it fits the result."""

from __future__ import annotations

from collections.abc import Mapping

from reportgen.methods import all_arrays
from reportgen.methods.description import AXES as LETTERS

Shape = tuple[int, ...]

AXES = {array.stored: array.axes for array in all_arrays()}
"""The axes of every array, ``TARGET`` standing for the name of an output, which may hold slashes
itself; :data:`reportgen.methods.description.AXES` has the letters."""

HEADS = "agreement_heads"
"""Arrays ``agreement_heads/MEASURE/A/B[/TARGET]`` are (L, H), NaN where undefined: no method's."""


MAP_ROWS, MAP_SIZES = "map_rows", "map_sizes"
"""What is kept of maps in their place: scores ``(L, n)`` and sizes of heads ``(L, H)``."""


def axes(name: str) -> str | None:
    """Return the axes of the array ``name``; ``None`` where this version knows no such array."""
    if name.startswith(f"{HEADS}/"):
        return "LH" if name.count("/") >= 3 else None
    if (kind := name.partition("/")[0]) in (MAP_ROWS, MAP_SIZES):
        return "Ln" if kind == MAP_ROWS else "LH"
    return AXES.get(name) or AXES.get(f"{name.partition('/')[0]}/TARGET")


def misfit(shapes: Mapping[str, Shape], tokens: int, decoder_tokens: int) -> str:
    """Say how arrays do not fit the tokens they describe, or each other; nothing where they do."""
    known = {"n": (tokens, "the result")}
    if decoder_tokens:  # a decoder that only reads what the encoder read has none of its own
        known["m"] = (decoder_tokens, "the result")
    for name, shape in sorted(shapes.items()):
        if 0 in shape:
            return f"the array {name!r} is empty: its shape is {shape}"
        letters = axes(name)
        if letters is None:
            if name.startswith(f"{HEADS}/"):
                return f"the array {name!r} does not say what it compares"
            continue
        if len(letters) != len(shape):
            return f"expected {len(letters)} axes of the array {name!r}, found {len(shape)}"
        for letter, size in zip(letters, shape, strict=True):
            expected, where = known.setdefault(letter, (size, repr(name)))
            if size != expected:
                noun = LETTERS[letter]
                return f"the array {name!r} has {size} {noun}, {where} has {expected}"
    return ""
