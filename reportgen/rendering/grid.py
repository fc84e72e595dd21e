"""The aligned table: one column per token, one row per method and layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.rendering.numbers import number, signed
from reportgen.rendering.palette import Hue, shade
from reportgen.results.model import JobResult
from reportgen.results.scores import attribution_received

OPEN_ROWS = 60
"""Rows shown at once; the groups after them are folded."""

FEW = 3
"""Outputs that are shown one by one; more are shown as a matrix."""

LAYERED = 8
"""Outputs whose layers are shown; those of the others are in the stored results."""


@dataclass(frozen=True)
class Row:
    """One row of the aligned table: a label and a (shade, number) per token."""

    label: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Group:
    """Rows of one quantity, drawn on one scale; ``about`` says in plain words what it is."""

    title: str
    about: str
    hue: Hue
    scale: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Grid:
    """Methods side by side, in the same columns; ``folded`` groups are shown when asked for."""

    tokens: tuple[tuple[str, bool], ...]
    groups: tuple[Group, ...]
    folded: tuple[Group, ...] = ()
    note: str = ""


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

RECEIVED: tuple[tuple[str, str, str, Hue], ...] = (
    ("attention", "Attention received", "mean over heads and queries", "attention"),
    ("vector_norms", "Vector norm received", "mean over queries", "norm"),
)
"""Methods with one score per token and layer, the same for every output."""


def grid(
    result: JobResult,
    arrays: Mapping[str, np.ndarray],
    scores: Mapping[str, np.ndarray],
    received_rows: Mapping[str, np.ndarray],
    unit: str,
) -> Grid:
    """Align all token scores of a result.

    ``scores`` are those of integrated gradients by target ``(n,)``, in ``unit``;
    ``received_rows`` what tokens receive by method ``(L, n)``.
    """
    groups = list(single_rows(result, arrays, dict(list(scores.items())[:FEW]), unit))
    groups += layer_rows(result, arrays, received_rows)
    shown, rows = [], 0
    for group in groups:
        rows += len(group.rows)
        if shown and rows > OPEN_ROWS:
            break
        shown.append(group)
    note = ""
    explained = max(
        len(having(result, arrays, name)) for name in ("layer_conductance", "attention_attribution")
    )
    if explained > LAYERED:
        note = (
            f"Layers are shown for the first {LAYERED} of {explained} outputs; "
            "those of the others are in the stored results."
        )
    return Grid(columns(result), tuple(shown), tuple(groups[len(shown) :]), note)


def matrix(result: JobResult, scores: Mapping[str, np.ndarray], unit: str) -> Grid | None:
    """Show every output as a row of its own; ``None`` where there are only a few."""
    if len(scores) <= FEW:
        return None
    return Grid(columns(result), (pushed(scores, unit),))


def columns(result: JobResult) -> tuple[tuple[str, bool], ...]:
    return tuple((token.text, token.special) for token in result.tokens)


def pushed(scores: Mapping[str, np.ndarray], unit: str) -> Group:
    return group(
        "Pushed the output (integrated gradients)",
        "red up, blue down",
        "signed",
        list(scores),
        np.stack(list(scores.values())),
        unit,
    )


def single_rows(
    result: JobResult, arrays: Mapping[str, np.ndarray], scores: Mapping[str, np.ndarray], unit: str
) -> Iterator[Group]:
    """Methods with one row per output."""
    if scores:
        yield pushed(scores, unit)
    for name, title, about, hue in MULTIPLIED:
        found = having(result, arrays, name)[:FEW]
        if not found:
            continue
        rows = np.stack([arrays[f"{name}/{target}"] for target in found])
        same = len(found) > 1 and bool((rows == rows[0]).all())
        labels = ["every output"] if same else found
        yield group(title, about, hue, labels, rows[: len(labels)])


def layer_rows(
    result: JobResult,
    arrays: Mapping[str, np.ndarray],
    received_rows: Mapping[str, np.ndarray],
) -> Iterator[Group]:
    """Methods with one row per layer: those of each output, and those that know no output."""

    def of(name: str) -> str:
        return f" for {name}" if len(result.targets) > 1 else ""

    for name in having(result, arrays, "layer_conductance")[:LAYERED]:
        yield layered(
            f"Layer conductance{of(name)}",
            "how much of the score flows through this token at this layer",
            "signed",
            arrays[f"layer_conductance/{name}"],
            "logits",
        )
    for name, title, about, hue in RECEIVED:
        if name in received_rows:
            yield layered(title, about, hue, received_rows[name])
    for name in having(result, arrays, "attention_attribution")[:LAYERED]:
        yield layered(
            f"Attention attribution received{of(name)}",
            "what looks at this token did to the output, added up",
            "signed",
            attribution_received(arrays[f"attention_attribution/{name}"]),
            "logits",
        )


def having(result: JobResult, arrays: Mapping[str, np.ndarray], method: str) -> list[str]:
    """Return the names of the outputs that ``method`` explained."""
    return [t.name for t in result.targets if f"{method}/{t.name}" in arrays]


def layered(title: str, about: str, hue: Hue, table: np.ndarray, unit: str = "") -> Group:
    labels = [f"layer {i + 1}" for i in range(len(table))]
    return group(title, about, hue, labels, table, unit)


def group(
    title: str, about: str, hue: Hue, labels: Sequence[str], table: np.ndarray, unit: str = ""
) -> Group:
    """Colour the rows of ``table`` on one scale that ends at their largest size."""
    scale = float(np.abs(table).max(initial=0))
    write = signed if hue == "signed" else number
    rows = tuple(
        Row(label, tuple((shade(v, scale, hue), write(v)) for v in row))
        for label, row in zip(labels, table.tolist(), strict=True)
    )
    ends = f"±{number(scale)}" if hue == "signed" else f"0 to {number(scale)}"
    return Group(title, about, hue, f"{ends} {unit}".rstrip(), rows)
