"""Scores of all tokens by method and layer: the rows that are compared in the same columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from reportgen.rendering.numbers import number
from reportgen.rendering.palette import Hue
from reportgen.rendering.sentences import push_lead
from reportgen.results.model import JobResult, Word
from reportgen.results.scores import attribution_received

FEW = 3
"""Outputs that are shown one by one; more are shown as a matrix."""

LAYERED = 8
"""Outputs whose layers are shown; those of the others are in the stored results."""


@dataclass(frozen=True)
class Row:
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
    """Rows of one quantity: scores ``table`` (rows, n) in ``unit``, with their sums by word.

    All rows share one scale, which ends at the largest size of a token or a word, so that
    colours mean the same in the text and in the rows, for words and for tokens.
    ``words`` is (rows, words).
    """

    method: str
    title: str
    about: str
    hue: Hue
    unit: str
    rows: tuple[Row, ...]
    table: np.ndarray
    words: np.ndarray

    @cached_property
    def scale(self) -> float:
        return max(float(np.abs(part).max(initial=0)) for part in (self.table, self.words))

    @property
    def range(self) -> str:
        """The two ends of the scale, in words."""
        ends = f"±{number(self.scale)}" if self.hue == "signed" else f"0 to {number(self.scale)}"
        return f"{ends} {self.unit}".rstrip()


RECEIVED: tuple[tuple[str, str, str, Hue], ...] = (
    ("attention", "Attention received", "where the tokens looked", "attention"),
    (
        "vector_norms",
        "Vector norm received",
        "what those looks carried: attention times the size of the value",
        "norm",
    ),
)
"""Methods with one score per token and layer, the same for every output."""

MULTIPLIED: tuple[tuple[str, str, str, Hue], ...] = (
    (
        "attention_relevance",
        "Attention relevance",
        "attention times its gradient, where positive, multiplied through the layers",
        "attention",
    ),
    (
        "attention_rollout",
        "Attention rollout",
        "attention multiplied through the layers",
        "attention",
    ),
    ("globenc", "GlobEnc", "norms of whole layers, multiplied through", "norm"),
    ("alti", "ALTI", "shares of each layer's output, multiplied through", "norm"),
)
"""Methods with one score per token and output: name, title, explanation, hue."""


def method_groups(
    result: JobResult,
    arrays: Mapping[str, np.ndarray],
    scores: Mapping[str, np.ndarray],
    received_rows: Mapping[str, np.ndarray],
    unit: str,
) -> Iterator[Group]:
    """Methods with one score per token: for each output, or one for all of them.

    ``scores`` are those of integrated gradients by target ``(n,)``, in ``unit``;
    ``received_rows`` what tokens receive by method ``(L, n)``, shown as the mean over layers.
    """
    if scores:
        many = len(scores) > 1
        rows = [
            Row(
                f"integrated_gradients/{name}",
                f"Integrated gradients: {name}" if many else "Integrated gradients",
                push_lead(result, name),
            )
            for name in scores
        ]
        about = "red pushed the score up, blue pushed it down (integrated gradients)"
        table = np.stack(list(scores.values()))
        yield group(
            result,
            "integrated_gradients",
            "Integrated gradients",
            about,
            "signed",
            unit,
            rows,
            table,
        )
    for name, title, about, hue in RECEIVED:
        if name in received_rows:
            mean = received_rows[name].mean(axis=0, keepdims=True)
            mean_of = "layers, heads and queries" if name == "attention" else "layers and queries"
            rows = [Row(name, title, title)]
            about = f"{about}; mean over {mean_of}"
            yield group(result, name, title, about, hue, "", rows, mean)
    for name, title, about, hue in MULTIPLIED:
        found = having(result, arrays, name)[:FEW]
        if not found:
            continue
        table = np.stack([arrays[f"{name}/{target}"] for target in found])
        if bool((table == table[0]).all()):
            rows, table = [Row(name, title, title)], table[:1]
        else:
            rows = [Row(f"{name}/{t}", *[f"{title}: {t}"] * 2) for t in found]
        yield group(result, name, title, about, hue, "", rows, table)


def layer_groups(
    result: JobResult,
    arrays: Mapping[str, np.ndarray],
    received_rows: Mapping[str, np.ndarray],
) -> Iterator[Group]:
    """Methods with one row per layer: those of each output, and those that know no output."""

    def of(name: str) -> str:
        return f" for {name}" if len(result.targets) > 1 else ""

    def layered(
        method: str, title: str, about: str, hue: Hue, table: np.ndarray, unit: str = ""
    ) -> Group:
        labels = [f"layer {i + 1}" for i in range(len(table))]
        rows = [Row("", label, label) for label in labels]
        return group(result, method, title, about, hue, unit, rows, table)

    for name in having(result, arrays, "layer_conductance")[:LAYERED]:
        yield layered(
            "layer_conductance",
            f"Layer conductance{of(name)}",
            "how much of the score flows through this token at this layer",
            "signed",
            arrays[f"layer_conductance/{name}"],
            "logits",
        )
    for name, title, about, hue in RECEIVED:
        if name in received_rows:
            yield layered(name, f"{title}, layer by layer", about, hue, received_rows[name])
    for name in having(result, arrays, "attention_attribution")[:LAYERED]:
        yield layered(
            "attention_attribution",
            f"Attention attribution received{of(name)}",
            "what looks at this token did to the output, added up",
            "signed",
            attribution_received(arrays[f"attention_attribution/{name}"]),
            "logits",
        )


def left_out(result: JobResult, arrays: Mapping[str, np.ndarray]) -> str:
    """Say how many outputs have layers that are not shown."""
    explained = max(
        len(having(result, arrays, name)) for name in ("layer_conductance", "attention_attribution")
    )
    if explained <= LAYERED:
        return ""
    return (
        f"Layers are shown for the first {LAYERED} of {explained} outputs; "
        "those of the others are in the stored results."
    )


def having(result: JobResult, arrays: Mapping[str, np.ndarray], method: str) -> list[str]:
    """Return the names of the outputs that ``method`` explained."""
    return [t.name for t in result.targets if f"{method}/{t.name}" in arrays]


def group(
    result: JobResult,
    method: str,
    title: str,
    about: str,
    hue: Hue,
    unit: str,
    rows: Sequence[Row],
    table: np.ndarray,
) -> Group:
    """Gather rows with their sums by word."""
    words = word_sums(table, result.words)
    return Group(method, title, about, hue, unit, tuple(rows), table, words)


def word_sums(table: np.ndarray, words: tuple[Word, ...]) -> np.ndarray:
    """Add up token scores ``(rows, n)`` by word, as ``by_word`` does: ``(rows, words)``."""
    sums = [table[:, word.first : word.last].sum(axis=1) for word in words]
    return np.stack(sums, axis=1) if sums else np.zeros((len(table), 0), dtype=table.dtype)
