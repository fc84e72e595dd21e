"""Maps of heads by quantity, and heads in numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from reportgen.methods import Array, all_arrays
from statements.dom import Node
from statements.facts import Job
from statements.written import Ledger

BLANK = 1 / 16


ATTRIBUTED = 3


@dataclass
class Quantity:
    """Maps of all heads (L, H, m, n), and of heads together (L, m, n)."""

    array: Array
    heads: np.ndarray
    together: np.ndarray

    @property
    def signed(self) -> bool:
        return self.array.sign == "signed"

    @property
    def ends(self) -> tuple[float, float]:
        """Where the scales end that all maps share: of heads, and of heads together."""
        if self.array.sign == "share":
            return 1.0, float(np.sqrt(self.heads.shape[1]))
        return float(np.abs(self.heads).max(initial=0)), float(self.together.max(initial=0))

    @property
    def own(self) -> bool:
        largest = np.abs(self.heads).max(axis=(-2, -1))
        return bool((largest < BLANK * self.ends[0]).mean() > 0.5)


def quantities(job: Job, axes: str) -> dict[str, Quantity]:
    found = {}
    for array in all_arrays():
        if array.axes != axes or array.maps is None:
            continue
        names = job.explained(array)[:ATTRIBUTED] if array.per_target else [""]
        for i, name in enumerate(names, start=1):
            if array.of(name) in job.names:
                key = array.maps.key + (f"-{i}" if array.per_target else "")
                together = replace(array, name=array.maps.together).of(name)
                found[key] = Quantity(array, job.array(array.of(name)), job.array(together))
    return found


def heat(ledger: Ledger, table: Node, values: np.ndarray, end: float = 0) -> None:
    """A coloured table of layers and heads, which are numbered; colours end at the largest."""
    for number, head in enumerate(table.heads()[1:], start=1):
        ledger.says(head, number)
    for number, row in enumerate(table.rows(), start=1):
        ledger.says(row[0], number)
    cells = [row[1:] for row in table.rows()]
    right = (len(cells), len(cells[0])) == values.shape
    ledger.holds(right, table, f"has not {values.shape} cells")
    end = end or float(np.abs(values).max())
    for row, told in zip(cells, values, strict=False):
        for cell, value in zip(row, told, strict=False):
            ledger.says(cell, "–" if np.isnan(value) else float(value))
            shade = next(iter(cell.classes), "")
            step = int(shade[1:] or 0)
            wanted = 0 if np.isnan(value) or not end else min(9, 9 * abs(value) / end)
            sign = shade[:1] not in "pn" or not shade or (shade[0] == "p") == (value > 0)
            ledger.holds(abs(step - wanted) <= 0.5001 and sign, cell, f"has the shade {shade}")


def heads_in_numbers(job: Job, found: dict, rows, columns, square: bool) -> dict[str, np.ndarray]:
    weights = next((q.heads for q in found.values() if q.array.sign == "share"), None)
    if weights is None:
        return {}
    weights = weights.astype(float)
    logs = np.log2(weights, out=np.zeros_like(weights), where=weights > 0)
    numbers = {"Entropy": np.maximum(0, -(weights * logs).sum(-1).mean(-1))}
    if square:
        places = np.arange(len(columns))
        far = np.abs(places[:, None] - places)
        numbers["Distance"] = (weights * far).sum(-1).mean(-1)
    special = np.array([token.special for token in columns])
    if special.any():
        numbers["On special tokens"] = 100 * weights[..., special].sum(-1).mean(-1)
    return numbers
