"""Scores of all tokens by method and layer: the rows that are compared in the same columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from reportgen.methods import Array, Hue, Method, Reading, preferred
from reportgen.rendering.wording.labels import output
from reportgen.rendering.wording.numbers import number
from reportgen.rendering.wording.sentences import output_lead
from reportgen.results.model import JobResult, Word
from reportgen.results.scores import (
    by_layer,
    normalization,
    normalize,
    received_by_layer,
    tokens_of,
)

FEW = 3
"""Outputs that are shown one by one; more are shown as a matrix."""

LAYERED = 8
"""Outputs whose layers are shown; those of the others are in the stored results."""


@dataclass(frozen=True)
class ScoreRow:
    """One row: ``key`` names it in the page's address, ``title`` is its name as a heading."""

    key: str
    label: str
    title: str

    @property
    def name(self) -> str:
        """The output's name, where the row is about one."""
        return self.key.partition("/")[2]


@dataclass(frozen=True)
class Group:
    """Rows of one quantity: scores ``table`` (rows, n) in ``unit``, and those of words.

    All rows share one scale. That of texts ends at the largest size of a token or a word, so that
    colours mean the same in both; that of rows of tokens at the largest size of a token.
    ``words`` is (rows, words): sums over tokens where scores ``adds_up``, else means.
    """

    method: str
    title: str
    about: str
    hue: Hue
    unit: str
    rows: tuple[ScoreRow, ...]
    table: np.ndarray
    words: np.ndarray
    adds_up: bool

    @cached_property
    def scale(self) -> float:
        return max(float(np.abs(part).max(initial=0)) for part in (self.table, self.words))

    @cached_property
    def token_scale(self) -> float:
        return float(np.abs(self.table).max(initial=0))

    @property
    def range(self) -> str:
        """The two ends of the scale of rows of tokens, in words."""
        end = number(self.token_scale)
        ends = f"±{end}" if self.hue == "signed" else f"0 to {end}"
        return f"{ends} {self.unit}".rstrip()


RESCALED = {"sum": "of the change", "l2": ""}
"""The unit of scores that a method's settings rescale."""


def scores_by_target(
    result: JobResult, arrays: Mapping[str, np.ndarray], method: Method
) -> tuple[dict[str, np.ndarray], str]:
    """Return a method's token scores ``(n,)`` by output, rescaled as asked, and their unit."""
    array = method.score
    if array is None:
        return {}, ""
    how = normalization(result.settings, method.name)
    scores = {
        name: normalize(arrays[array.of(name)], "sum" if array.shares else how)
        for name in having(result, arrays, array.name)
    }
    return scores, array.unit if array.shares else RESCALED.get(how, array.unit)


def method_groups(result: JobResult, arrays: Mapping[str, np.ndarray]) -> Iterator[Group]:
    """Methods with one score per token: for each output, or one for all of them.

    What tokens receive at each layer is shown as the mean over layers.
    """
    received = received_by_layer(arrays)
    for method in preferred():
        scores, unit = scores_by_target(result, arrays, method)
        if method.score and scores:
            yield score_group(result, method, method.score, scores, unit)
        elif (array := method.by_layer) and method.name in received:
            mean = received[method.name].mean(axis=0, keepdims=True)
            heads = ", heads" if "H" in array.axes else ""
            over = f"layers{heads} and queries" if array.reading is Reading.RECEIVED else "layers"
            about = f"{array.about}; mean over {over}"
            rows = [ScoreRow(method.name, array.label, array.label)]
            yield group(result, method, array, rows, mean, about=about)


def score_group(
    result: JobResult, method: Method, array: Array, scores: Mapping[str, np.ndarray], unit: str
) -> Group:
    """Gather the rows of a method: signed scores of every output, sizes of the first ones.

    Sizes that are the same whatever is explained are one row.
    """
    names = list(scores) if array.sign == "signed" else list(scores)[:FEW]
    table = np.stack([scores[name] for name in names])
    many = {
        name: f"{array.label}: {output(result, name)}" if len(names) > 1 else array.label
        for name in names
    }
    if array.sign == "signed":
        rows = [ScoreRow(f"{method.name}/{n}", many[n], output_lead(result, n)) for n in names]
    elif bool((table == table[0]).all()):
        rows, table = [ScoreRow(method.name, array.label, array.label)], table[:1]
    else:
        rows = [ScoreRow(f"{method.name}/{name}", many[name], many[name]) for name in names]
    return group(result, method, array, rows, table, unit=unit)


def layer_groups(result: JobResult, arrays: Mapping[str, np.ndarray]) -> Iterator[Group]:
    """Methods with one row per layer: those of each output, and those that know no output."""
    several = len(result.targets) > 1
    for method in preferred():
        array = method.by_layer
        if array is None:
            continue
        if array.per_target:
            for name in having(result, arrays, array.name)[:LAYERED]:
                title = f"{array.label} for {output(result, name)}" if several else array.label
                yield layered(result, method, array, title, arrays[array.of(name)])
        elif array.name in arrays:
            title = f"{array.label}, layer by layer"
            yield layered(result, method, array, title, arrays[array.name])


def layered(
    result: JobResult, method: Method, array: Array, title: str, stored: np.ndarray
) -> Group:
    table = by_layer(array, stored)
    labels = [f"layer {i + 1}" for i in range(len(table))]
    rows = [ScoreRow("", label, label) for label in labels]
    return group(result, method, array, rows, table, title=title, unit=array.unit)


def left_out(result: JobResult, arrays: Mapping[str, np.ndarray]) -> str:
    """Say how many outputs have layers that are not shown."""
    layers = [m.by_layer for m in preferred() if m.by_layer and m.by_layer.per_target]
    explained = max((len(having(result, arrays, array.name)) for array in layers), default=0)
    if explained <= LAYERED:
        return ""
    return (
        f"Layers are shown for the first {LAYERED} of {explained} outputs; "
        "those of the others are in the stored results."
    )


def having(result: JobResult, arrays: Mapping[str, np.ndarray], name: str) -> list[str]:
    """Return the names of the outputs that have an array ``name`` of their own."""
    return [t.name for t in result.targets if f"{name}/{t.name}" in arrays]


def group(
    result: JobResult,
    method: Method,
    array: Array,
    rows: Sequence[ScoreRow],
    table: np.ndarray,
    *,
    title: str = "",
    about: str = "",
    unit: str = "",
) -> Group:
    """Gather rows with their sums by word; ``title`` and ``about`` are the array's by default."""
    return Group(
        method=method.name,
        title=title or array.label,
        about=about or array.about,
        hue=array.hue,
        unit=unit,
        rows=tuple(rows),
        table=table,
        words=word_scores(table, result.words, array.adds_up),
        adds_up=array.adds_up,
    )


def word_scores(table: np.ndarray, words: tuple[Word, ...], adds_up: bool) -> np.ndarray:
    """Take token scores ``(rows, n)`` together by word, as ``by_word`` does: ``(rows, words)``."""
    sums = [table[:, word.first : word.last].sum(axis=1) for word in words]
    if not sums:
        return np.zeros((len(table), 0), dtype=table.dtype)
    return np.stack(sums, axis=1) / (1 if adds_up else tokens_of(words))
