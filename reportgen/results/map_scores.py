"""Scores of tokens that are rows of maps: read from the maps, or from what is kept of them.

A spec that says ``keep: scores`` stores no maps. What tables and pages read of them is then stored
in their place, one array for each row that an output is read from and one for the mean over all
rows, ``(L, n)``; of maps of one output what each token receives, and the sizes of each head's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np

from reportgen.methods import Array, credited, preferred
from reportgen.results.arrays import MAP_ROWS, MAP_SIZES, axes
from reportgen.results.model import Target
from reportgen.results.scores import ROWS, by_layer, rows_read

ALL = "all"
"""What the mean over all rows is called."""

ReadAt = tuple[int, ...] | None


def is_map(name: str) -> bool:
    """Tell whether an array is more than scores: one that has more than a number for each token.

    Numbers of layers and heads are kept, and those of tokens by layer; not those of pairs of
    tokens, of tokens by head, or of a token's features. What is not known is kept.
    """
    letters = axes(name) or ""
    of_tokens = [letter for letter in letters if letter in "nm"]
    return len(of_tokens) > 1 or (bool(of_tokens) and bool(set(letters) & set("HGd")))


def kept_rows(arrays: Mapping[str, np.ndarray], targets: Sequence[Target]) -> dict[str, np.ndarray]:
    """Return what is kept of maps in their place, by the names that ``layer_scores`` reads."""
    found: dict[str, np.ndarray] = {}
    for method in preferred():
        array = method.by_layer
        if array is None or array.reading not in ROWS:
            continue
        if array.per_target:
            for target in targets:
                if (name := array.of(target.name)) in arrays:
                    found[kept_name(array, targets, None, target.name)] = by_layer(
                        array, np.ascontiguousarray(arrays[name])
                    )
        elif array.name in arrays:
            maps = np.ascontiguousarray(arrays[array.name])
            for read_at in dict.fromkeys((*rows_read(targets), None)):
                found[kept_name(array, targets, read_at)] = by_layer(array, maps, read_at)
    for target in targets:
        if (maps_of := credited()) and maps_of.of(target.name) in arrays:
            found[f"{MAP_SIZES}/{maps_of.of(target.name)}"] = sizes(arrays[maps_of.of(target.name)])
    return found


def sizes(maps: np.ndarray) -> np.ndarray:
    """Add up the sizes of all cells of maps ``(L, H, n, n)``: ``(L, H)``."""
    return np.abs(maps).sum(axis=(-2, -1), dtype=np.float64)


def kept_name(array: Array, targets: Sequence[Target], read_at: ReadAt, target: str = "") -> str:
    """Name what is kept of an array of maps: of one output, of the rows read, or of all."""
    if array.per_target:
        return f"{MAP_ROWS}/{array.of(target)}"
    different = [rows for rows in rows_read(targets) if rows is not None]
    return f"{MAP_ROWS}/{array.name}/{ALL if read_at is None else different.index(read_at)}"


def kept_misfit(names: Collection[str], targets: Sequence[Target]) -> str:
    """Say what lacks, or is too much, of what is kept of maps; nothing where all is there."""
    if not any(name.startswith(f"{MAP_ROWS}/") for name in names):
        return ""  # of most results, and there are thousands
    for method in preferred():
        array = method.by_layer
        if array is None or array.per_target:
            continue
        found = {name for name in names if name.startswith(f"{MAP_ROWS}/{array.name}/")}
        wanted = {kept_name(array, targets, rows) for rows in (*rows_read(targets), None)}
        if found and found != wanted:
            return f"the rows kept of {array.name!r} are not those that its outputs are read from"
    return ""


def has_layers(array: Array, names: Collection[str], target: str = "") -> bool:
    """Tell whether a result whose arrays have these ``names`` has scores by layer of an array."""
    kept = array.of(target) if array.per_target else f"{array.name}/{ALL}"
    return array.of(target) in names or f"{MAP_ROWS}/{kept}" in names


def layer_scores(
    array: Array,
    names: Collection[str],
    read: Callable[[str], np.ndarray],
    targets: Sequence[Target] = (),
    read_at: ReadAt = None,
    target: str = "",
) -> np.ndarray:
    """Return what each token gets at each layer, ``(L, n)``, as ``by_layer`` has it.

    ``read`` returns one of the arrays with these ``names``, among which it is (``has_layers``).
    ``targets`` are all outputs of the result, ``target`` the one that is asked about.
    """
    if array.of(target) in names:
        return by_layer(array, read(array.of(target)), read_at)
    return read(kept_name(array, targets, read_at, target))


def mean_over_rows(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return what each token has at each layer, ``(L, n)``, of methods that know no output.

    By method; of maps the mean over all rows and heads, or over rows of what the method takes
    heads together to.
    """
    return {
        method.name: layer_scores(array, arrays, arrays.__getitem__)
        for method in preferred()
        if (array := method.by_layer) and not array.per_target and has_layers(array, arrays)
    }
