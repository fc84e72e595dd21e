"""How often a model is right over a data set: by label, by entity, of answers and of tokens."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from reportgen.results.dataset.calibration import Calibration, calibration
from reportgen.results.dataset.intervals import Estimate, proportion, ratio
from reportgen.results.dataset.measures import LOG_LOSS, TOKEN_F1, TOKENS
from reportgen.results.dataset.moments import MANY
from reportgen.results.dataset.observations import Codes, Observations
from reportgen.results.dataset.resampling import cells_interval
from reportgen.results.kinds import KINDS


@dataclass(frozen=True)
class LabelPerformance:
    """How well one label is told, or entities of one kind.

    ``expected``, ``predicted`` and ``right`` (both) are counts. A precision or recall of nothing
    is 0, as scikit-learn and seqeval have it by default, without an interval.
    """

    label: str
    expected: int
    predicted: int
    right: int
    precision: Estimate
    recall: Estimate
    f1: Estimate


@dataclass(frozen=True)
class Confused:
    """The inputs of one expected label and one predicted, by their places: the surest first."""

    expected: str
    predicted: str
    places: np.ndarray


@dataclass(frozen=True)
class Confusion:
    """How often each expected label got each predicted one; only those that there are."""

    expected: tuple[str, ...]
    predicted: tuple[str, ...]
    cells: tuple[Confused, ...]


@dataclass(frozen=True)
class Performance:
    """What can be said of one model, over ``judged`` inputs of which something is expected.

    ``accuracy`` is the share that is right: of answers the exact match, of texts with tags those
    without a mistake. ``labels`` are in the order of their names, and ``macro`` is the mean of
    their F1. ``entities`` are the same by kind, ``all_entities`` of all kinds together (micro
    average). ``token_f1`` is of answers, ``perplexity`` per token over ``tokens`` tokens.
    """

    model: str
    judged: int
    right: int
    accuracy: Estimate | None = None
    labels: tuple[LabelPerformance, ...] = ()
    macro: Estimate | None = None
    confusion: Confusion | None = None
    entities: tuple[LabelPerformance, ...] = ()
    all_entities: LabelPerformance | None = None
    token_f1: Estimate | None = None
    perplexity: Estimate | None = None
    tokens: int = 0
    calibration: Calibration | None = None


def performance(found: Observations, seed: int = 0) -> Performance | None:
    """Say how often a model is right; ``None`` where fewer than ``MANY`` inputs tell anything."""
    judged = ~np.isnan(found.correct)
    amount, right = int(judged.sum()), int(np.nansum(found.correct))
    many = amount >= MANY
    labelled = many and KINDS[found.kind].exclusive
    told = Performance(
        model=found.model,
        judged=amount,
        right=right,
        accuracy=proportion(right, amount) if many else None,
        labels=label_performance(found) if labelled else (),
        macro=macro_f1(found, seed) if labelled else None,
        confusion=confusion(found) if labelled else None,
        entities=entity_performance(found) if many else (),
        all_entities=all_entities(found) if many else None,
        token_f1=mean_token_f1(found),
        perplexity=perplexity(found),
        tokens=int(np.nansum(found.measures.get(TOKENS, np.nan))),
        calibration=calibration(found, MANY, seed),
    )
    said = (told.accuracy, told.all_entities, told.token_f1, told.perplexity, told.calibration)
    return told if any(one is not None for one in said) else None


def pair_counts(found: Observations) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the labels of judged inputs, sorted, and how often each got each one ``(k, k)``.

    Rows are expected labels, columns predicted ones, as scikit-learn has them.
    """
    judged = (found.expected.codes >= 0) & ~np.isnan(found.correct)
    expected, predicted = found.expected.codes[judged], found.predicted.codes[judged]
    seen = {found.expected.values[code] for code in np.unique(expected)}
    labels = tuple(sorted(seen | {found.predicted.values[code] for code in np.unique(predicted)}))
    size = len(labels)
    rows, columns = places_of(found.expected, labels), places_of(found.predicted, labels)
    flat = rows[expected] * size + columns[predicted]
    return labels, np.bincount(flat, minlength=size * size).reshape(size, size)


def places_of(column: Codes, labels: tuple[str, ...]) -> np.ndarray:
    """Return the place among ``labels`` of each value of a column; that of others means nothing."""
    place = {label: i for i, label in enumerate(labels)}
    return np.array([place.get(value, 0) for value in column.values], dtype=np.int64)


def label_performance(found: Observations) -> tuple[LabelPerformance, ...]:
    """Judge each label that is expected or predicted.

    The intervals are Wilson's: precision is a share of the inputs with that label predicted,
    recall of those with it expected, and F1 is increasing in the share that is right of the
    inputs with either (the Jaccard index J): F1 = 2 J / (1 + J).
    """
    labels, counts = pair_counts(found)
    return tuple(
        of_counts(label, int(expected), int(predicted), int(right))
        for label, expected, predicted, right in zip(
            labels, counts.sum(axis=1), counts.sum(axis=0), counts.diagonal(), strict=True
        )
    )


def of_counts(label: str, expected: int, predicted: int, right: int) -> LabelPerformance:
    either = share(right, expected + predicted - right)
    value, low, high = (2 * one / (1 + one) for one in (either.value, either.low, either.high))
    return LabelPerformance(
        label,
        expected,
        predicted,
        right,
        precision=share(right, predicted),
        recall=share(right, expected),
        f1=Estimate(value, low, high, either.count),
    )


def share(part: int, whole: int) -> Estimate:
    return proportion(part, whole) if whole else Estimate(0.0, math.nan, math.nan, 0)


def macro_f1(found: Observations, seed: int = 0) -> Estimate:
    """Return the mean F1 of the labels that are expected or predicted, as scikit-learn.

    Its interval is by bootstrap over inputs. A label that draws leave out counts as 0 there, as
    one that is never right.
    """
    _, counts = pair_counts(found)
    size = len(counts)

    def mean_f1(drawn: np.ndarray) -> np.ndarray:
        cells = drawn.reshape(-1, size, size)
        both = cells.sum(axis=1) + cells.sum(axis=2)
        right = np.diagonal(cells, axis1=1, axis2=2)
        return (2 * right / np.maximum(both, 1)).mean(axis=1)

    value = float(mean_f1(counts[None])[0])
    low, high = cells_interval(counts.ravel(), mean_f1, seed)
    return Estimate(value, low, high, int(counts.sum()))


def confusion(found: Observations) -> Confusion:
    """Find the inputs of each expected and predicted label."""
    labels, counts = pair_counts(found)
    judged = np.flatnonzero((found.expected.codes >= 0) & ~np.isnan(found.correct))
    surest = judged[np.argsort(-np.nan_to_num(found.confidence[judged]), kind="stable")]
    size = len(labels)
    flat = (
        places_of(found.expected, labels)[found.expected.codes[surest]] * size
        + places_of(found.predicted, labels)[found.predicted.codes[surest]]
    )
    order = np.argsort(flat, kind="stable")
    parts = np.split(surest[order], np.cumsum(counts.ravel())[:-1])
    return Confusion(
        tuple(label for label, row in zip(labels, counts, strict=True) if row.any()),
        tuple(label for label, column in zip(labels, counts.T, strict=True) if column.any()),
        tuple(
            Confused(labels[i // size], labels[i % size], found.places[part])
            for i, part in enumerate(parts)
            if part.size
        ),
    )


def entity_performance(found: Observations) -> tuple[LabelPerformance, ...]:
    """Judge the entities of each kind by whole spans, as seqeval does."""
    return tuple(of_entities(kind, counts) for kind, counts in found.entities.items())


def all_entities(found: Observations) -> LabelPerformance | None:
    """Judge the entities of all kinds together (micro average)."""
    if not found.entities:
        return None
    return of_entities("", np.sum(list(found.entities.values()), axis=0))


def of_entities(kind: str, counts: np.ndarray) -> LabelPerformance:
    """Judge entities by their counts in each text ``(n, 3)``: entities of one text go together."""
    predicted, expected, right = counts.T
    return LabelPerformance(
        kind,
        int(expected.sum()),
        int(predicted.sum()),
        int(right.sum()),
        precision=ratio_or_nothing(right, predicted),
        recall=ratio_or_nothing(right, expected),
        f1=ratio_or_nothing(2 * right, predicted + expected),
    )


def ratio_or_nothing(part: np.ndarray, whole: np.ndarray) -> Estimate:
    return ratio(part, whole) if whole.any() else Estimate(0.0, math.nan, math.nan, 0)


def mean_token_f1(found: Observations) -> Estimate | None:
    """Return the mean F1 of the words of answers (SQuAD v1.1)."""
    return over_inputs(found, TOKEN_F1, lambda values, _: ratio(values, np.ones(values.size)))


def perplexity(found: Observations) -> Estimate | None:
    """Return the perplexity per token: exp of the mean loss over the tokens of all inputs.

    The interval is that of the mean loss, of whole inputs, through the same function.
    """

    def pooled(losses: np.ndarray, known: np.ndarray) -> Estimate:
        loss = ratio(losses, found.measures[TOKENS][known])
        value, low, high = (math.exp(one) for one in (loss.value, loss.low, loss.high))
        return Estimate(value, low, high, loss.count)

    return over_inputs(found, LOG_LOSS, pooled)


def over_inputs(
    found: Observations, name: str, told: Callable[[np.ndarray, np.ndarray], Estimate]
) -> Estimate | None:
    """Say something of a measure where enough inputs have it."""
    values = found.measures.get(name)
    if values is None:
        return None
    known = ~np.isnan(values)
    return told(values[known], known) if known.sum() >= MANY else None
