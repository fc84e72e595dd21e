"""What single attention heads do to an output, beside what their looks were credited with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import numpy as np

from reportgen.methods import credited, preferred
from reportgen.results.arrays import MAP_SIZES
from reportgen.results.map_scores import sizes
from reportgen.results.model import JobResult
from reportgen.results.ranks import spearman


@dataclass(frozen=True, eq=False)
class HeadEffects:
    """One output: how far it falls without each head, ``values`` (L, H), in logits.

    ``attributed`` (L, H): the sizes of what each head's attention weights were credited with,
    added up over its map; ``None`` where that is not known.
    """

    method: str
    target: str
    values: np.ndarray
    attributed: np.ndarray | None

    def attribution(self, layer: int, head: int) -> float | None:
        return None if self.attributed is None else float(self.attributed[layer, head])

    @property
    def correlation(self) -> float | None:
        """Spearman's rank correlation over heads of the sizes of both; ``None`` if undefined."""
        if self.attributed is None:
            return None
        return spearman(np.abs(self.values).ravel(), self.attributed.ravel())


def head_effects(
    result: JobResult, stored: Collection[str], read: Callable[[str], np.ndarray]
) -> Iterator[HeadEffects]:
    """Yield what heads do to each output; ``read`` returns one of the ``stored`` arrays."""
    maps = credited()
    for method in preferred():
        if method.of_heads is None:
            continue
        for target in result.targets:
            name = method.of_heads.of(target.name)
            if name not in stored:
                continue
            values, attributed = read(name), None
            if maps and maps.of(target.name) in stored:
                attributed = sizes(read(maps.of(target.name)))
            elif maps and (kept := f"{MAP_SIZES}/{maps.of(target.name)}") in stored:
                attributed = read(kept)
            if attributed is not None and attributed.shape != values.shape:
                attributed = None
            yield HeadEffects(method.name, target.name, values, attributed)
