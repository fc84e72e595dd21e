"""Rows of scores that share a scale."""

from __future__ import annotations

import numpy as np

from statements.facts import FEW, Job, Row
from statements.tables import off_scale, scale_end
from statements.written import Part, Size


class Group:
    """Rows of one method that share a scale, unless each has its own."""

    def __init__(self, rows: tuple[Row, ...]) -> None:
        self.rows = rows
        self.table = np.stack([row.table for row in rows])
        self.words = np.stack([row.words for row in rows])
        self.own = len(rows) > FEW
        self.signed = rows[0].signed

    def part(self, i: int) -> slice:
        return slice(i, i + 1) if self.own else slice(None)

    def off(self, i: int) -> tuple[int, ...]:
        return off_scale(self.table[self.part(i)], self.rows[0].job.sinks)

    def token_end(self, i: int) -> float:
        return scale_end(self.table[self.part(i)], self.off(i))

    def end(self, i: int) -> float:
        off = set(self.off(i))
        words = self.rows[0].job.result.words
        out = tuple(n for n, w in enumerate(words) if off & set(range(w.first, w.last)))
        return max(self.token_end(i), scale_end(self.words[self.part(i)], out))

    def range(self, i: int) -> tuple[Part, ...]:
        end = self.token_end(i)
        ends: tuple[Part, ...] = (Size(end),) if self.signed else ("0 to ", end)
        return (*ends, " " + self.rows[i].unit, *([", not converged"] * self.rows[i].doubted))


def groups(job: Job) -> list[Group]:
    return [Group(rows) for _, rows in job.rows]
