"""The scores of the words of all inputs, towards each output that was explained."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.methods import leading
from reportgen.results.model import JobResult
from reportgen.results.scores import SIGNED, adds_up, by_word, normalization, normalize
from reportgen.results.store import Store
from reportgen.results.words import named, targets_explained


@dataclass(frozen=True, eq=False)
class OutputScores:
    """What the words of each input were given towards one output.

    ``rows`` are those of the observations where the output was explained and the explanation
    converged. ``scores`` has those of their words, one row after another, each word once, in the
    order of ``WordsRead``: the mean over the places where it stands, rescaled as the spec asks
    (``how``).
    """

    output: str
    method: str
    how: str
    rows: np.ndarray
    scores: np.ndarray


class OutputScorer:
    """Gathers the scores of one model's words from one result after another: 8 bytes for each."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], tuple[array[int], array[float]]] = {}

    def see(self, row: int, result: JobResult, store: Store) -> None:
        """Add the result that is the ``row``-th observation.

        Raises ``ResultsError`` where its arrays cannot be read.
        """
        for key, scores in explained(result, store):
            rows, held = self._found.setdefault(key, (array("I"), array("d")))
            rows.append(row)
            held.extend(scores)

    def outputs(self) -> tuple[OutputScores, ...]:
        """Return what has been gathered, the output that was explained most often first."""
        order = sorted(self._found.items(), key=lambda pair: -len(pair[1][0]))
        return tuple(
            OutputScores(*key, np.array(rows, dtype=np.int64), np.array(scores))
            for key, (rows, scores) in order
        )


def explained(
    result: JobResult, store: Store
) -> Iterator[tuple[tuple[str, str, str], tuple[float, ...]]]:
    """Yield the scores of a result's words by output, method and scale.

    Of the first method with signed scores; of explanations that did not converge there are none.
    """
    method = leading([name for name in result.computed if name in SIGNED])
    if not method or any(not row.converged for row in result.convergence):
        return
    names = [named(word.text) for word in result.words]
    how = normalization(result.settings, method)
    for target in targets_explained(store, result, method):
        scores = normalize(store.read_array(result.job, f"{method}/{target}"), how)
        values = by_word(scores, result.words, adds_up=adds_up(method))
        yield (target, method, how), tuple(means_by_word(names, values.tolist()).values())


def means_by_word(names: Sequence[str], values: Sequence[float]) -> dict[str, float]:
    """Return the mean of the values of each word, in the order in which the words come."""
    found: dict[str, list[float]] = {}
    for name, value in zip(names, values, strict=True):
        found.setdefault(name, []).append(value)
    return {
        name: held[0] if len(held) == 1 else float(np.mean(held)) for name, held in found.items()
    }
