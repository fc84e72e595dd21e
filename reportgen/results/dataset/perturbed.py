"""What was predicted for variants of the inputs of a model, as columns."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

import numpy as np

from reportgen.results.perturbation import Perturbation, PerturbationKind


@dataclass(frozen=True)
class VariantColumns:
    """What was predicted for variants of inputs, a place ``(p,)`` for each that was read.

    ``rows`` are those of the inputs, in order, ``kinds`` places in ``VARIANTS``, ``words`` ids of
    the words that were removed, in ``vocabulary`` (-1: none was). ``correct`` and ``changed`` are
    1, 0, or -1 where that cannot be told, ``change`` is that of the probability of what was
    predicted for the input, or NaN.
    """

    vocabulary: tuple[str, ...]
    rows: np.ndarray
    kinds: np.ndarray
    words: np.ndarray
    correct: np.ndarray
    changed: np.ndarray
    change: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def of_kind(self, kind: PerturbationKind) -> np.ndarray:
        """Return which of them ``(p,)`` are of a kind, as booleans."""
        return self.kinds == VARIANTS.index(kind)


VARIANTS: tuple[PerturbationKind, ...] = get_args(PerturbationKind)

NO_VARIANTS = VariantColumns(
    (), *(np.zeros(0, dtype=kind) for kind in ("i8", "i1", "i8", "i1", "i1", "f4"))
)


class Variants:
    """The variants of inputs, gathered row by row."""

    def __init__(self) -> None:
        self._vocabulary: dict[str, int] = {}
        self._rows, self._words, self._change = array("i"), array("i"), array("f")
        self._flags = tuple(array("b") for _ in range(3))

    def see(self, row: int, variants: Iterable[Perturbation]) -> None:
        """Add those of a row that were read."""
        for one in variants:
            if one.label is None:
                continue
            word = -1
            if one.word is not None:
                word = self._vocabulary.setdefault(one.word, len(self._vocabulary))
            self._rows.append(row)
            self._words.append(word)
            self._change.append(np.nan if one.change is None else one.change)
            told = (VARIANTS.index(one.kind), code(one.correct), code(one.changed))
            for flags, value in zip(self._flags, told, strict=True):
                flags.append(value)

    def perturbed(self) -> VariantColumns:
        kinds, correct, changed = (np.array(flags, dtype=np.int8) for flags in self._flags)
        rows, words = (np.array(one, dtype=np.int64) for one in (self._rows, self._words))
        change = np.array(self._change, dtype=np.float32)
        return VariantColumns(tuple(self._vocabulary), rows, kinds, words, correct, changed, change)


def code(flag: bool | None) -> int:
    return -1 if flag is None else int(flag)
