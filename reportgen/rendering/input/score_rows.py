"""Scores of all tokens by method and layer: the rows that are compared in the same columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from reportgen.methods import Array, Hue, Method, preferred
from reportgen.rendering.input.scale import end, outliers, sinks, touched
from reportgen.rendering.input.unreliable import note
from reportgen.rendering.predictions.presenters import presenter
from reportgen.rendering.wording.labels import output, row_of
from reportgen.rendering.wording.numbers import number, signed
from reportgen.results.map_scores import has_layers, layer_scores
from reportgen.results.model import JobResult, Word
from reportgen.results.scores import (
    normalization,
    normalize,
    rows_read,
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
class ScoreScale:
    """Where the colours of a row end: among tokens alone, and with words; tokens ``off`` it."""

    tokens: float
    words: float
    off: tuple[int, ...]


@dataclass(frozen=True)
class Group:
    """Rows of one quantity: scores ``table`` (rows, n) in ``unit``, and those of words.

    All rows share one scale. That of texts ends at the largest size of a token or a word, so that
    colours mean the same in both; that of rows of tokens at the largest size of a token. Of the
    ``sinks`` those that are many times as large as all others are off it. Of more than ``FEW``
    outputs, which are shown as a matrix, each has a scale of its ``own``.
    ``words`` is (rows, words): sums over tokens where scores ``adds_up``, else means;
    ``found`` are the words themselves. ``beside``: what is shown beside the scores of the same
    method. ``doubts``: for each row why not to rely on it, empty where one may.
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
    found: tuple[Word, ...]
    sinks: frozenset[int]
    beside: bool = False
    doubts: tuple[str, ...] = ()

    @property
    def own(self) -> bool:
        return len(self.rows) > FEW and bool(self.rows[0].key)

    @cached_property
    def _scales(self) -> tuple[ScoreScale, ...]:
        parts = [slice(i, i + 1) for i in range(len(self.rows))] if self.own else [slice(None)]
        scales = []
        for part in parts:
            table, words = self.table[part], self.words[part]
            off = outliers(table, self.sinks)
            out = touched(self.found, off)
            scales.append(ScoreScale(end(table, table, off, off), end(table, words, off, out), off))
        return tuple(scales if self.own else scales * len(self.rows))

    def scale(self, row: int) -> float:
        """Return where the scale of a row ends in texts, of words and tokens."""
        return self._scales[row].words

    def token_scale(self, row: int) -> float:
        """Return where the scale of a row of tokens ends."""
        return self._scales[row].tokens

    def off(self, row: int) -> tuple[int, ...]:
        """Return the tokens that are off the scale of a row."""
        return self._scales[row].off

    def write(self, score: float) -> str:
        return signed(score) if self.hue == "signed" else number(score)

    def range(self, row: int) -> str:
        """Return the two ends of the scale of a row of tokens, in words, and whether it failed."""
        last = number(self.token_scale(row))
        ends = f"{f'±{last}' if self.hue == 'signed' else f'0 to {last}'} {self.unit}".rstrip()
        return f"{ends}, not converged" if self.doubts[row] else ends


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

    Scores of each layer that are about no output are shown as their mean over layers.
    """
    for method in preferred():
        scores, unit = scores_by_target(result, arrays, method)
        if method.score and scores:
            yield score_group(result, method, method.score, scores, unit)
        elif (array := method.rows) and has_layers(array, arrays):
            yield from row_groups(result, method, array, arrays)
        elif (array := method.by_layer) and not array.per_target and array.name in arrays:
            mean = arrays[array.name].mean(axis=0, keepdims=True)
            rows = [ScoreRow(method.name, array.label, array.label)]
            yield group(result, method, array, rows, mean, about=f"{array.about}; mean over layers")


def row_groups(
    result: JobResult, method: Method, array: Array, arrays: Mapping[str, np.ndarray]
) -> Iterator[Group]:
    """The rows of maps that outputs are read from, and beside them the mean over all rows."""
    over = "layers and heads" if "H" in array.axes else "layers"
    read = read_rows_of(result)
    if read:
        names = {read_at: f"{array.label}, {row_of(result, read_at)}" for read_at in read}
        key = {
            read_at: method.name if len(read) == 1 else f"{method.name}/{read[read_at]}"
            for read_at in read
        }
        rows = [ScoreRow(key[read_at], name, name) for read_at, name in names.items()]
        table = np.stack([by_layer(result, array, arrays, at).mean(axis=0) for at in read])
        title = rows[0].title if len(read) == 1 else array.label
        about = f"{array.about}, from where the output is read; mean over {over}"
        yield group(result, method, array, rows, table, title=title, about=about)
    label = f"{array.label}, {row_of(result, None)}"
    about = f"{array.about}; mean over all rows, {over.replace(' and', ',')}"
    rows = [ScoreRow(f"{method.name}-mean" if read else method.name, label, label)]
    mean = by_layer(result, array, arrays).mean(axis=0, keepdims=True)
    yield group(result, method, array, rows, mean, title=label, about=about, beside=bool(read))


def read_rows_of(result: JobResult) -> dict[tuple[int, ...], str]:
    """Return the first different rows that outputs are read from, with the first output of each.

    All rows are none of them: their mean is shown where nothing else is known.
    """
    found = {
        read_at: targets[0].name
        for read_at, targets in rows_read(result.targets).items()
        if read_at is not None and len(read_at) < len(result.tokens)
    }
    return dict(list(found.items())[:FEW])


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
        output_of = presenter(result).output
        rows = [ScoreRow(f"{method.name}/{n}", many[n], output_of(n)) for n in names]
    elif bool((table == table[0]).all()):
        rows, table = [ScoreRow(method.name, array.label, array.label)], table[:1]
    else:
        rows = [ScoreRow(f"{method.name}/{name}", many[name], many[name]) for name in names]
    return group(result, method, array, rows, table, unit=unit)


def layer_groups(result: JobResult, arrays: Mapping[str, np.ndarray]) -> Iterator[Group]:
    """Methods with one row per layer: those of each output, and those that know no output.

    Of maps that know no output, the layers of the first row that one is read from.
    """
    several = len(result.targets) > 1
    for method in preferred():
        array = method.by_layer
        if array is None:
            continue
        if array.per_target:
            for name in having_layers(result, arrays, array)[:LAYERED]:
                title = f"{array.label} for {output(result, name)}" if several else array.label
                table = by_layer(result, array, arrays, target=name)
                yield layered(result, method, array, title, table, target=name)
        elif has_layers(array, arrays):
            read_at = next(iter(read_rows_of(result)), None)
            name = f"{array.label}, {row_of(result, read_at)}" if method.rows else array.label
            title = f"{name}, layer by layer"
            yield layered(result, method, array, title, by_layer(result, array, arrays, read_at))


def layered(
    result: JobResult,
    method: Method,
    array: Array,
    title: str,
    table: np.ndarray,
    *,
    target: str = "",
) -> Group:
    labels = [f"layer {i + 1}" for i in range(len(table))]
    rows = [ScoreRow("", label, label) for label in labels]
    return group(result, method, array, rows, table, title=title, unit=array.unit, target=target)


def left_out(result: JobResult, arrays: Mapping[str, np.ndarray]) -> str:
    """Say how many outputs have layers that are not shown."""
    layers = [m.by_layer for m in preferred() if m.by_layer and m.by_layer.per_target]
    explained = max((len(having_layers(result, arrays, array)) for array in layers), default=0)
    if explained <= LAYERED:
        return ""
    return (
        f"Layers are shown for the first {LAYERED} of {explained} outputs; "
        "those of the others are in the stored results."
    )


def having(result: JobResult, arrays: Mapping[str, np.ndarray], name: str) -> list[str]:
    """Return the names of the outputs that have an array ``name`` of their own."""
    return [t.name for t in result.targets if f"{name}/{t.name}" in arrays]


def having_layers(result: JobResult, arrays: Mapping[str, np.ndarray], array: Array) -> list[str]:
    """Return the names of the outputs that have scores by layer of an array."""
    return [t.name for t in result.targets if has_layers(array, arrays, t.name)]


def by_layer(
    result: JobResult,
    array: Array,
    arrays: Mapping[str, np.ndarray],
    read_at: tuple[int, ...] | None = None,
    *,
    target: str = "",
) -> np.ndarray:
    """Return what each token gets at each layer, ``(L, n)``."""
    return layer_scores(array, arrays, arrays.__getitem__, result.targets, read_at, target)


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
    beside: bool = False,
    target: str = "",
) -> Group:
    """Gather rows with their sums by word; ``title`` and ``about`` are the array's by default.

    ``target`` is the output that all rows are about, where they do not name one each.
    """
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
        found=result.words,
        sinks=sinks(result.tokens),
        beside=beside,
        doubts=tuple(note(result, method.name, target or row.name) for row in rows),
    )


def word_scores(table: np.ndarray, words: tuple[Word, ...], adds_up: bool) -> np.ndarray:
    """Take token scores ``(rows, n)`` together by word, as ``by_word`` does: ``(rows, words)``."""
    sums = [table[:, word.first : word.last].sum(axis=1) for word in words]
    if not sums:
        return np.zeros((len(table), 0), dtype=table.dtype)
    return np.stack(sums, axis=1) / (1 if adds_up else tokens_of(words))
