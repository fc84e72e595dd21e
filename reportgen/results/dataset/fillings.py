"""What moves the output of a template: which slot, how far, and which value against which."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np

from reportgen.results.dataset.intervals import Estimate, benjamini_hochberg, mean
from reportgen.results.dataset.observations import Observations
from reportgen.results.dataset.slots import Templates
from reportgen.results.kinds import KINDS

FEW = 5
"""Matched fillings from which on a difference of two values has an interval."""

LISTED = 10
"""Pairs of values that are told, those with the clearest evidence."""

EXACT = 12
"""Differences up to which every way to turn their signs is tried; of more as many at random."""

CELLS = 4_000_000
"""Numbers that are held at once while signs are turned."""


@dataclass(frozen=True)
class Slot:
    """One slot: its values in their order, and the mean output with each ``(k,)``.

    ``explained`` is the part of the output's variance that lies between its values (the
    correlation ratio, eta squared), NaN where the output does not vary. ``share`` is the mean part
    of the attribution that lies on its words, NaN where there is no attribution.
    """

    name: str
    values: tuple[str, ...]
    means: np.ndarray
    explained: float
    share: float


@dataclass(frozen=True)
class ValuePair:
    """Two values of a slot over the fillings that differ in nothing else.

    ``difference`` is the mean output with the first less that with the second, NaN its interval
    where there are few. ``p`` is that of the sign test by permutation, ``q`` corrected for all
    pairs of the template; NaN of few. ``clearest`` are the rows of the pair that differs most in
    this direction.
    """

    slot: str
    first: str
    second: str
    difference: Estimate
    p: float
    q: float
    clearest: tuple[int, int]


@dataclass(frozen=True)
class Fillings:
    """The fillings of a template that one model has predicted, in the order of the run.

    ``rows`` are those of the observations ``(m,)``, ``codes`` the value of each slot ``(m, s)``,
    ``output`` what is compared ``(m,)``: the probability of ``label``, or where that is empty how
    sure the model is of what it predicts; of a regression its number. ``shares`` is the part of
    the attribution on the words of all slots ``(m,)``. ``pairs`` are the clearest of all that were
    ``compared``, the clearest first. ``usual`` is what is predicted most often, ``others`` the
    fillings where it is something else; where what is expected depends on the filling ``usual`` is
    empty, and ``others`` are wrong.
    """

    model: str
    entry: int
    label: str
    numeric: bool
    rows: np.ndarray
    slots: tuple[Slot, ...]
    codes: np.ndarray
    output: np.ndarray
    shares: np.ndarray
    pairs: tuple[ValuePair, ...]
    compared: int
    usual: str
    others: np.ndarray

    @property
    def by_effect(self) -> tuple[int, ...]:
        """The places of the slots, the one that moves the output most first."""
        explained = [-1.0 if math.isnan(one.explained) else one.explained for one in self.slots]
        return tuple(sorted(range(len(self.slots)), key=lambda place: -explained[place]))


def fillings(found: Observations, templates: Templates) -> tuple[Fillings, ...]:
    """Return the templates of which a model has an output for two fillings or more."""
    made = (of_template(found, entry, tuple(one.fill)) for entry, one in templates.items())
    return tuple(one for one in made if one is not None)


def of_template(found: Observations, entry: int, slots: tuple[str, ...]) -> Fillings | None:
    here = np.flatnonzero(found.entries[found.filled.rows] == entry)
    if not here.size:
        return None
    rows = found.filled.rows[here]
    label, output = output_of(found, rows, here)
    known = np.isfinite(output)
    if known.sum() < 2:
        return None
    here, rows, output = here[known], rows[known], output[known]
    codes, values = [], []
    for slot in slots:  # values in the order of the fillings, which is that of the spec
        column = found.columns[slot]
        order = list(dict.fromkeys(column.codes[rows].tolist()))
        codes.append([order.index(code) for code in column.codes[rows].tolist()])
        values.append(tuple(column.values[code] for code in order))
    coded = np.array(codes, dtype=np.int64).T
    shares = np.stack([found.filled.shares[slot][here] for slot in slots])
    predicted = found.predicted.codes[rows]
    counts = np.bincount(predicted)
    usual = int(predicted[np.argmax(counts[predicted])])
    expected = found.expected.codes[rows]
    depends = len(set(expected[expected >= 0].tolist())) > 1
    pairs, compared = clearest_pairs(slots, values, coded, output)
    return Fillings(
        model=found.model,
        entry=entry,
        label=label,
        numeric=KINDS[found.kind].numeric,
        rows=rows,
        slots=tuple(
            make_slot(name, values[place], coded[:, place], output, shares[place])
            for place, name in enumerate(slots)
        ),
        codes=coded,
        output=output,
        shares=total_share(shares),
        pairs=pairs,
        compared=compared,
        usual="" if depends else found.predicted.values[usual],
        others=np.flatnonzero(found.correct[rows] == 0 if depends else predicted != usual),
    )


def output_of(found: Observations, rows: np.ndarray, here: np.ndarray) -> tuple[str, np.ndarray]:
    """Return what is compared, and of which label: the one that all expect, or the usual one."""
    kind = KINDS[found.kind]
    if not kind.classes or not found.filled.outputs:
        return "", found.confidence[rows]
    outputs = {name: values[here] for name, values in found.filled.outputs.items()}
    if kind.numeric:
        return next((name, values) for name, values in outputs.items())
    expected = {found.expected.values[code] for code in found.expected.codes[rows] if code >= 0}
    expected &= outputs.keys()
    predicted = found.predicted.codes[rows]
    usual = found.predicted.values[int(predicted[np.argmax(np.bincount(predicted)[predicted])])]
    if len(expected) == 1:
        (label,) = expected
    elif usual in outputs:
        label = usual
    else:  # several labels together: the one that is likeliest on the whole
        label = max(outputs, key=lambda name: float(np.nan_to_num(outputs[name]).sum()))
    return label, outputs[label]


def make_slot(
    name: str, values: tuple[str, ...], codes: np.ndarray, output: np.ndarray, shares: np.ndarray
) -> Slot:
    counts = np.bincount(codes, minlength=len(values))
    means = np.bincount(codes, weights=output, minlength=len(values)) / counts
    whole = float(((output - output.mean()) ** 2).sum())
    between = float((counts * (means - output.mean()) ** 2).sum())
    varies = output.max() > output.min()
    known = shares[np.isfinite(shares)]
    return Slot(
        name=name,
        values=values,
        means=means,
        explained=min(1.0, between / whole) if varies else math.nan,
        share=float(known.mean()) if known.size else math.nan,
    )


def total_share(shares: np.ndarray) -> np.ndarray:
    """Add up the slots' parts ``(s, m)``; NaN where none is known. A word may lie in two slots."""
    known = np.isfinite(shares).any(axis=0)
    return np.where(known, np.minimum(1.0, np.nan_to_num(shares).sum(axis=0)), math.nan)


@dataclass(frozen=True)
class _Candidate:
    """Two values of a slot, the fillings ``(n,)`` that are matched, and their difference."""

    place: int
    codes: tuple[int, int]
    here: np.ndarray
    there: np.ndarray
    mean: float
    p: float


def clearest_pairs(
    slots: tuple[str, ...], values: list[tuple[str, ...]], codes: np.ndarray, output: np.ndarray
) -> tuple[tuple[ValuePair, ...], int]:
    """Return the pairs of values with the clearest evidence, and how many were compared."""
    found = [
        one
        for place in range(len(slots))
        for one in candidates(place, len(values[place]), codes, output)
    ]
    tested = [i for i, one in enumerate(found) if math.isfinite(one.p)]
    qs = np.full(len(found), math.nan)
    if tested:
        qs[tested] = benjamini_hochberg([found[i].p for i in tested])
    order = sorted(
        range(len(found)),
        key=lambda i: (1.0 if math.isnan(found[i].p) else found[i].p, -abs(found[i].mean), i),
    )
    made = []
    for i in order[:LISTED]:
        one = found[i]
        each = output[one.here] - output[one.there]
        estimate = mean(each)
        if len(each) < FEW:
            estimate = replace(estimate, low=math.nan, high=math.nan)
        far = int(np.argmax(each if estimate.value >= 0 else -each))
        first, second = (values[one.place][code] for code in one.codes)
        clearest = int(one.here[far]), int(one.there[far])
        slot = slots[one.place]
        made.append(ValuePair(slot, first, second, estimate, one.p, float(qs[i]), clearest))
    return tuple(made), len(found)


def candidates(
    place: int, values: int, codes: np.ndarray, output: np.ndarray
) -> Iterator[_Candidate]:
    """Yield every two values of a slot with their matched fillings; those without any are none."""
    table = matched(codes, place, values)
    by_amount: dict[int, list[tuple[tuple[int, int], np.ndarray, np.ndarray]]] = {}
    for a, b in combinations(range(values), 2):
        both = (table[a] >= 0) & (table[b] >= 0)
        if both.any():
            pair = (a, b), table[a][both], table[b][both]
            by_amount.setdefault(int(both.sum()), []).append(pair)
    for amount, pairs in by_amount.items():
        each = np.stack([output[here] - output[there] for _, here, there in pairs])
        tested = sign_test(each) if amount >= FEW else np.full(len(pairs), math.nan)
        for pair, average, p in zip(
            pairs, each.mean(axis=1).tolist(), tested.tolist(), strict=True
        ):
            yield _Candidate(place, *pair, average, p)


def matched(codes: np.ndarray, place: int, values: int) -> np.ndarray:
    """Return the filling of each value ``(k, r)`` with each filling of all other slots, or -1."""
    others = np.delete(codes, place, axis=1)
    _, rest = np.unique(others, axis=0, return_inverse=True)
    rest = rest.reshape(-1)
    table = np.full((values, int(rest.max()) + 1), -1, dtype=np.int64)
    table[codes[:, place], rest] = np.arange(len(codes))
    return table


def sign_test(differences: np.ndarray) -> np.ndarray:
    """Return for each row of differences ``(k, n)`` how often turned signs give as large a mean.

    Were the two values alike, each difference could as well have the other sign. All ways to turn
    them are tried, of more than 12 as many at random, beside the one that was seen.
    """
    pairs, amount = differences.shape
    if amount <= EXACT:
        signs = np.array(list(product((1.0, -1.0), repeat=amount)))
    else:
        drawn = np.random.default_rng(0).integers(0, 2, size=(2**EXACT - 1, amount))
        signs = np.vstack([np.ones(amount), 1.0 - 2.0 * drawn])
    seen = np.abs(differences.sum(axis=1))
    at_once = max(1, CELLS // len(signs))
    found = np.empty(pairs)
    for first in range(0, pairs, at_once):
        block = slice(first, first + at_once)
        turned = np.abs(differences[block] @ signs.T)
        found[block] = (turned >= seen[block, None] * (1 - 1e-9) - 1e-15).mean(axis=1)
    return found
