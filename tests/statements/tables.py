"""Tables of a run as plain values, and names and scales that many rules use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

import numpy as np

from reportgen.methods import by_name

FAR, MOST_OFF, FEWEST = 5, 2, 4
"""Off a scale are one or two tokens, this many times as large as all others, of four at least."""


COUNTS = {"layer", "head", "k", "steps", "tokens"}
"""Columns of whole numbers."""


Key = tuple[str, str | None, str | None]
"""A method, an output and the rows of its maps, as tables name them."""


def off_scale(table: np.ndarray, sinks: Collection[int]) -> tuple[int, ...]:
    """Return the sinks that are many times as large as all other tokens, mean over rows."""
    sizes = np.abs(table).mean(axis=0)
    order = np.argsort(-sizes, kind="stable")
    for amount in range(1, MOST_OFF + 1):
        if (
            len(sizes) >= amount + FEWEST
            and sizes[order[amount - 1]] > FAR * sizes[order[amount]] > 0
        ):
            found = tuple(sorted(order[:amount].tolist()))
            return found if set(found) <= set(sinks) else ()
    return ()


def scale_end(table: np.ndarray, off: tuple[int, ...]) -> float:
    return float(np.delete(np.abs(table), off, axis=-1).max(initial=0))


def seen(text: str) -> str:
    """White space as pages show it, alone."""
    if not text.isspace():
        return text
    marks = dict.fromkeys("\n\r\v\f\x85\u2028\u2029", "↵") | {"\t": "⇥"}
    return "".join(marks.get(char, "␣") for char in text.replace("\r\n", "\n"))


def title(method: str) -> str:
    return by_name()[method].short_title


def mean(values: Any) -> float:
    return float(np.mean(list(values)))


def records(frame: Any) -> list[dict[str, Any]]:
    """The rows of a table, nothing as ``None``; with nothing among them counts become floats."""
    columns = {
        name: [None if isinstance(v, float) and v != v else v for v in frame[name].tolist()]
        for name in frame.columns
    }
    for name in COUNTS & columns.keys():
        columns[name] = [None if value is None else int(value) for value in columns[name]]
    names = list(columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def by_job(rows: list[dict[str, Any]]) -> dict[tuple[str, int], list[dict[str, Any]]]:
    found: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["model"], row["input"]].append(row)
    return found


def scores(rows: list[dict[str, Any]]) -> dict[tuple[str, int], dict[Key, np.ndarray]]:
    found: dict[tuple[str, int], dict[Key, list[float]]] = {}
    for row in rows:
        place = found.setdefault((row["model"], row["input"]), {})
        key = row["method"], row["target"], row["rows"]
        if row["index"] == 0:
            place.setdefault(key, [])
        place[key].append(row["score"])
    return {job: {key: np.array(v) for key, v in of.items()} for job, of in found.items()}
