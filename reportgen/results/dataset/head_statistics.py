"""What attention heads do over all inputs of a model, by three measures, and how far these agree.

Switched off, a head moves the output (an experiment); its looks were credited with something
(attribution); and it looks at words, or at tokens that say nothing (attention itself).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import numpy as np

from reportgen.methods.attention import WEIGHTS
from reportgen.results.dataset.intervals import Estimate, mean
from reportgen.results.dataset.moments import Moments, RunningMoments
from reportgen.results.heads import head_effects
from reportgen.results.lean import LastArrays, in_order
from reportgen.results.model import JobResult
from reportgen.results.ranks import spearman
from reportgen.results.store import Store
from reportgen.results.stored_run import StoredRun

TOP = 3
"""Heads of an input that matter most to it; and inputs that are named of a head."""


class HeadMeasure(StrEnum):
    """What is measured of each head, by the column of ``Results.head_statistics``."""

    ABLATION = "effect"
    ATTRIBUTION = "attribution"
    ATTENTION = "on_words"


HeadPair = tuple[HeadMeasure, HeadMeasure]


@dataclass(frozen=True, eq=False)
class HeadsOfInput:
    """One input: how far the output falls without each head ``(L, H)``, in logits.

    ``attributed`` are the sizes of what its attention weights were credited with, added up;
    ``on_words`` the share of its attention, in [0, 1], that goes to words: to tokens that are
    neither special nor the first. ``None`` where that is not known. Of several outputs it is the
    predicted one, or the mean over all.
    """

    method: str
    effects: np.ndarray
    attributed: np.ndarray | None
    on_words: np.ndarray | None

    def ranked(self) -> dict[HeadMeasure, np.ndarray]:
        """Return what heads are put in order by."""
        found = {
            HeadMeasure.ABLATION: np.abs(self.effects),
            HeadMeasure.ATTRIBUTION: self.attributed,
            HeadMeasure.ATTENTION: self.on_words,
        }
        return {measure: values for measure, values in found.items() if values is not None}


@dataclass(frozen=True, eq=False)
class HeadStatistics:
    """The heads of one model over ``inputs``; all arrays ``(L, H)``.

    ``effects`` are signed, ``sizes`` are those of the effects without the sign, ``attributed`` and
    ``on_words`` as of one input, ``None`` where no input has them. ``top`` counts the inputs where
    a head is among the ``TOP`` that matter most when switched off, ``examples`` ``(TOP, L, H)`` are
    the places of the inputs where it matters most, -1 for none. ``correlations`` are Spearman's
    between two measures over the heads of an input, mean over inputs.
    """

    model: str
    method: str
    inputs: int
    effects: Moments
    sizes: Moments
    attributed: Moments | None
    on_words: Moments | None
    top: np.ndarray
    examples: np.ndarray
    correlations: Mapping[HeadPair, Estimate]

    def order(self) -> np.ndarray:
        """Return the heads (places in the raveled arrays), those that matter most first."""
        return np.argsort(-self.sizes.means, axis=None, kind="stable")


class HeadNumbers:
    """Gathers what heads do from one result of a model after another.

    No more is kept than a few numbers of each head, whatever the number of inputs.
    """

    def __init__(self, model: str) -> None:
        self.model, self._method = model, ""
        self._shape: tuple[int, ...] | None = None
        self._count = 0
        self._correlations: dict[HeadPair, list[float]] = {}

    def see(self, place: int, result: JobResult, store: Store) -> None:
        """Add the ``place``-th result of a run, if heads were switched off.

        Raises ``ResultsError`` where its arrays cannot be read.
        """
        found = heads_of(result, store)
        if found is None:
            return
        if self._shape is None:
            self._begin(found)
        if found.effects.shape != self._shape:
            return
        self._count += 1
        sizes = np.abs(found.effects)
        for moments, values in (
            (self._effects, found.effects),
            (self._sizes, sizes),
            (self._attributed, found.attributed),
            (self._on_words, found.on_words),
        ):
            if values is not None:
                moments.add(values)
        first = np.argsort(-sizes, axis=None, kind="stable")[:TOP]
        self._top.ravel()[first[sizes.ravel()[first] > 0]] += 1
        self._name(place, sizes)
        ranked = found.ranked()
        for pair in combinations(ranked, 2):
            value = spearman(*(ranked[measure].ravel() for measure in pair))
            if value is not None:
                self._correlations.setdefault(pair, []).append(value)

    def _begin(self, found: HeadsOfInput) -> None:
        shape = found.effects.shape
        self._shape, self._method = shape, found.method
        self._effects, self._sizes = RunningMoments(shape), RunningMoments(shape)
        self._attributed, self._on_words = RunningMoments(shape), RunningMoments(shape)
        self._top = np.zeros(shape, dtype=np.int64)
        self._largest = np.zeros((TOP, *shape), dtype=np.float32)
        self._examples = np.full((TOP, *shape), -1, dtype=np.int64)

    def _name(self, place: int, sizes: np.ndarray) -> None:
        """Keep the inputs where each head matters most, of equal ones the first."""
        largest = np.concatenate([self._largest, sizes[None].astype(np.float32)])
        places = np.concatenate([self._examples, np.full((1, *sizes.shape), place)])
        order = np.argsort(-largest, axis=0, kind="stable")[:TOP]
        self._largest = np.take_along_axis(largest, order, axis=0)
        kept = np.take_along_axis(places, order, axis=0)
        self._examples = np.where(self._largest > 0, kept, -1)

    def statistics(self) -> HeadStatistics | None:
        """Return what has been gathered; ``None`` where no head was switched off."""
        effects = self._effects.moments() if self._shape else None
        sizes = self._sizes.moments() if self._shape else None
        if effects is None or sizes is None:
            return None
        return HeadStatistics(
            model=self.model,
            method=self._method,
            inputs=self._count,
            effects=effects,
            sizes=sizes,
            attributed=self._attributed.moments(),
            on_words=self._on_words.moments(),
            top=self._top,
            examples=self._examples,
            correlations={pair: mean(found) for pair, found in self._correlations.items()},
        )


def observe_heads(run: StoredRun) -> Iterator[HeadStatistics]:
    """Yield what heads do in each model of a run whose heads were switched off.

    Its results are read once. Raises ``ResultsError`` where one cannot be read.
    """
    store = LastArrays(run.store)
    numbers: dict[str, HeadNumbers] = {}
    for place, (entry, result) in enumerate(in_order(run)):
        numbers.setdefault(entry.model, HeadNumbers(entry.model)).see(place, result, store)
    for found in numbers.values():
        if statistics := found.statistics():
            yield statistics


def heads_of(result: JobResult, store: Store) -> HeadsOfInput | None:
    """Return what heads do to the output of one result; ``None`` where none was switched off."""
    if result.status == "error":
        return None
    stored = store.array_names(result.job)

    def read(name: str) -> np.ndarray:
        return store.read_array(result.job, name)

    found = list(head_effects(result, stored, read))
    found = [one for one in found if one.method == found[0].method]
    label = result.prediction.label if result.prediction else ""
    found = [one for one in found if one.target == label] or found
    if not found:
        return None
    attributed = [one.attributed for one in found if one.attributed is not None]
    effects = mean_of([one.values for one in found])
    on_words = attention_on_words(result, read(WEIGHTS.name)) if WEIGHTS.name in stored else None
    return HeadsOfInput(
        found[0].method,
        effects,
        mean_of(attributed) if len(attributed) == len(found) else None,
        on_words if on_words is not None and on_words.shape == effects.shape else None,
    )


def mean_of(values: Sequence[np.ndarray]) -> np.ndarray:
    return np.asarray(np.mean(values, axis=0, dtype=np.float64))


def attention_on_words(result: JobResult, maps: np.ndarray) -> np.ndarray | None:
    """Return the share of each head's attention ``(L, H)`` on tokens that say something.

    That is on those that are neither special nor the first one, where heads look that have nothing
    to do; the mean over all tokens that look. ``None`` where there are no others.
    """
    says = np.array([i > 0 and not token.special for i, token in enumerate(result.tokens)])
    if not says.any() or maps.shape[-1] != says.size:
        return None
    return maps[..., says].sum(axis=-1, dtype=np.float64).mean(axis=-1)
