"""Over all inputs: which words push an output, and how far methods agree."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest

import numpy as np

from reportgen.methods import leading, score_of
from reportgen.rendering.drawing.tables import Heat, Table
from reportgen.rendering.input.agreement import pair_means
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.input.score_rows import RESCALED
from reportgen.rendering.wording.labels import title, visible
from reportgen.rendering.wording.numbers import correlation, number, signed
from reportgen.results.entities import SpanCounts, count_spans
from reportgen.results.model import JobResult
from reportgen.results.named_numbers import NamedNumbers
from reportgen.results.review import ReviewReason
from reportgen.results.scores import SIGNED, adds_up, by_word, normalization, normalize
from reportgen.results.store import Store
from reportgen.results.words import named, targets_explained

MANY = 10
"""Inputs from which on something is said about all of them."""

TOWARDS, AGAINST = 10, 5
"""Words named for and against an output."""

OUTPUTS = 4
"""Outputs of a model whose words are listed: those explained most often."""


@dataclass(frozen=True)
class WordScore:
    """A word's mean score and the number of inputs it occurs in; ``share`` is in [-1, 1]."""

    word: str
    share: float
    value: str
    inputs: int


@dataclass(frozen=True)
class WordEffects:
    """The words that push one output of a model most, over the inputs where it was explained.

    ``unit`` is that of the scores, ``least`` the number of inputs a listed word occurs in at
    least, ``largest`` the number at the end of the bars.
    """

    model: str
    method: str
    output: str
    unit: str
    inputs: int
    least: int
    largest: str
    words: tuple[WordScore, ...]


@dataclass(frozen=True)
class Consensus:
    """Mean rank correlation of every two methods over a model's inputs, and how it spreads.

    ``least`` are the briefs whose methods agree least with the leading one (``main``), with the
    mean.
    """

    model: str
    main: str
    inputs: int
    heat: Heat
    statistics: Table
    least: tuple[tuple[Brief, str], ...]


@dataclass(frozen=True)
class Corpus:
    """What holds over all inputs of a model; empty where there are too few of them.

    ``unconverged`` counts the inputs whose explanations are left out of the words' means.
    """

    word_effects: tuple[WordEffects, ...]
    consensus: tuple[Consensus, ...]
    unconverged: int

    def __bool__(self) -> bool:
        return bool(self.word_effects or self.consensus)


class ModelNumbers:
    """What is kept of all inputs of one model for what is said of them together.

    ``words`` has the mean score of each word of an input, by output, method and scale; ``alike``
    how far every two methods agree, of the briefs ``numbers``; ``entities`` counts by kind.
    """

    def __init__(self) -> None:
        self.words: dict[tuple[str, str, str], NamedNumbers[str]] = {}
        self.alike: NamedNumbers[Pair] = NamedNumbers()
        self.numbers = array("I")
        self.entities: dict[str, SpanCounts] = {}

    def see(self, number: int, result: JobResult, brief: Brief, store: Store) -> None:
        """Add the ``number``-th result of a run; explanations that did not converge do not count.

        Raises ``ResultsError`` where its arrays cannot be read.
        """
        for kind, counted in count_spans((result,)).items():
            self.entities[kind] = self.entities.get(kind, SpanCounts()) + counted
        if alike := input_agreement(result):
            self.alike.add(alike.items())
            self.numbers.append(number)
        method = signed_method(result)
        if not method or result.status == "error" or ReviewReason.NOT_CONVERGED in brief.reasons:
            return
        how = normalization(result.settings, method)
        for target in targets_explained(store, result, method):
            row = normalize(store.read_array(result.job, f"{method}/{target}"), how)
            found = self.words.setdefault((target, method, how), NamedNumbers())
            found.add(word_means(result, row, method).items())


def corpus(briefs: tuple[Brief, ...], models: Mapping[str, ModelNumbers]) -> Corpus:
    """Say what holds over all inputs of each model."""
    consensus = (agreement(model, found, briefs) for model, found in models.items())
    return Corpus(
        word_effects=tuple(
            effects for model, found in models.items() for effects in word_effects(model, found)
        ),
        consensus=tuple(found for found in consensus if found),
        unconverged=sum(ReviewReason.NOT_CONVERGED in brief.reasons for brief in briefs),
    )


def word_effects(model: str, found: ModelNumbers) -> list[WordEffects]:
    """List the words of a model's outputs."""
    many = [(key, scores) for key, scores in found.words.items() if len(scores) >= MANY]
    many.sort(key=lambda pair: -len(pair[1]))
    listed = []
    for (output, method, how), scores in many[:OUTPUTS]:
        least = max(2, len(scores) // 100)
        by_word = {w: values for w, values in scores.by_name().items() if len(values) >= least}
        means = {word: float(np.mean(values)) for word, values in by_word.items()}
        counts = {word: len(values) for word, values in by_word.items()}
        if any(means.values()):
            unit = RESCALED.get(how, score_of(method).unit)
            about = {"model": model, "method": title(method), "output": output, "unit": unit}
            listed.append(rank(about, len(scores), least, means, counts))
    return listed


def signed_method(result: JobResult) -> str:
    """Return the first method of a result with signed scores of words; nothing without one."""
    return leading([name for name in result.computed if name in SIGNED])


def word_means(result: JobResult, scores: np.ndarray, method: str) -> dict[str, float]:
    """Mean score of each word of one input over the places where it stands."""
    found: dict[str, list[float]] = {}
    values = by_word(scores, result.words, adds_up=adds_up(method))
    for word, score in zip(result.words, values.tolist(), strict=True):
        found.setdefault(named(word.text), []).append(score)
    return {
        word: values[0] if len(values) == 1 else float(np.mean(values))
        for word, values in found.items()
    }


def rank(
    about: dict[str, str],
    inputs: int,
    least: int,
    means: dict[str, float],
    counts: dict[str, int],
) -> WordEffects:
    order = sorted(means, key=lambda word: (-means[word], word))
    towards = [word for word in order if means[word] > 0][:TOWARDS]
    against = [word for word in order if means[word] < 0][-AGAINST:]
    scale = max(abs(means[word]) for word in towards + against)
    return WordEffects(
        **about,
        inputs=inputs,
        least=least,
        largest=number(scale),
        words=tuple(
            WordScore(visible(word), means[word] / scale, signed(means[word]), counts[word])
            for word in towards + against
        ),
    )


Pair = tuple[str, str]


def input_agreement(result: JobResult) -> dict[Pair, float]:
    """Mean Spearman's rho of every two methods on one input, over layers and outputs."""
    found: dict[Pair, list[float]] = {}
    for row in result.agreement:
        if row.measure == "spearman" and row.value is not None:
            first, second = sorted((row.method_a, row.method_b))
            found.setdefault((first, second), []).append(row.value)
    return {pair: float(np.mean(values)) for pair, values in found.items()}


def agreement(model: str, found: ModelNumbers, briefs: Sequence[Brief]) -> Consensus | None:
    """Compare the methods over all inputs of a model; pairs on few inputs are left out."""
    by_pair = found.alike.by_name()
    leader = leading({name for pair in by_pair for name in pair})
    values = {p: numbers.tolist() for p, numbers in by_pair.items() if len(numbers) >= MANY}
    if not values:
        return None
    with_main: list[tuple[float, int, int]] = []
    for place, alike in zip(found.numbers, found.alike.each(), strict=True):
        main = [value for pair, value in alike if leader in pair]
        if main:
            with_main.append((float(np.mean(main)), briefs[place].position, place))
    return Consensus(
        model=model,
        main=title(leader),
        inputs=max(len(found) for found in values.values()),
        heat=pair_means({frozenset(pair): found for pair, found in values.items()}, correlation),
        statistics=agreement_statistics(values),
        least=tuple(
            (briefs[place], correlation(value)) for value, _, place in nsmallest(3, with_main)
        ),
    )


def agreement_statistics(values: dict[Pair, list[float]]) -> Table:
    order = sorted(values, key=lambda pair: -float(np.mean(values[pair])))
    return Table(
        ("methods", "inputs", "mean", "standard deviation", "lowest", "highest"),
        tuple(
            (
                f"{title(pair[0])} and {title(pair[1])}",
                f"{len(values[pair]):,}",
                correlation(float(np.mean(values[pair]))),
                number(float(np.std(values[pair]))),
                correlation(min(values[pair])),
                correlation(max(values[pair])),
            )
            for pair in order
        ),
    )
