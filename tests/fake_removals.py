"""Made-up removal games: an output that is a smooth function of which units are left."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np

from reportgen.results.model import JobResult
from reportgen.results.removal import (
    Faithfulness,
    Removal,
    RemovalCurve,
    RemovalOutcome,
    SmallestUnits,
)

METHODS = ("integrated_gradients", "attention_relevance")

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)


def with_removals(
    pair,
    weights=None,
    *,
    targets: tuple[str | None, ...] | None = None,
    operators=("mask", "delete"),
    granularity: str = "word",
    other: str = "NEGATIVE",
    bias: float = 0.0,
    seed: int = 0,
    probable: bool = True,
    methods: tuple[str, ...] = METHODS,
):
    """Give a finished result the removal games of ``targets``, all of its outputs by default.

    v of a set is the logistic function of ``bias`` plus the ``weights`` (n,) of the units left;
    below a half the answer is ``other``.
    """
    header, arrays = pair
    units = stretches(header, granularity)
    rng = np.random.default_rng(seed)
    if weights is None:
        weights = rng.normal(0.3, 1.0, len(units))
    named = tuple(t.name for t in header.targets) if targets is None else targets
    removals = tuple(
        game(
            header,
            np.array(weights, float) * (1.0 if operator == operators[0] else 0.8),
            target=target,
            operator=operator,
            granularity=granularity,
            units=units,
            other=other,
            bias=bias,
            probable=probable,
            methods=methods,
            seed=seed,
        )
        for target in named
        for operator in operators
    )
    return header.model_copy(update={"removals": removals}), arrays


def stretches(header: JobResult, granularity: str) -> tuple[tuple[int, int], ...]:
    """Return the units: words, or sentences of a context, as stretches of tokens."""
    if granularity == "word":
        return tuple((word.first, word.last) for word in header.words)
    found, first = [], None
    for word in header.words:
        if word.segment == "question":
            continue
        first = word.first if first is None else first
        if word.text[-1] in ".!?":
            found.append((first, word.last))
            first = None
    return (*found, *([(first, header.words[-1].last)] if first is not None else []))


def game(
    header: JobResult,
    weights: np.ndarray,
    *,
    target: str | None,
    operator: str,
    granularity: str,
    units: tuple[tuple[int, int], ...],
    other: str,
    bias: float,
    probable: bool,
    methods: tuple[str, ...],
    seed: int,
) -> Removal:
    n = len(units)
    rng = np.random.default_rng(seed + 1)

    def logit(removed) -> float:
        return float(bias + weights[[i for i in range(n) if i not in set(removed)]].sum())

    def value(removed) -> float:
        return 1 / (1 + np.exp(-logit(removed))) if probable else logit(removed)

    def outcome(removed) -> RemovalOutcome:
        v = value(removed)
        label = header.prediction.label if v >= 0.5 or not probable else other
        return RemovalOutcome(
            removed=tuple(removed),
            turned=label != header.prediction.label,
            label=label,
            probability=max(v, 1 - v) if probable else None,
            output=v,
        )

    order = {
        "best": np.argsort(-weights, kind="stable"),
        "worst": np.argsort(weights, kind="stable"),
    }
    scores = {name: weights + rng.normal(0, 1.0, n) for name in methods}
    order |= {name: np.argsort(-found, kind="stable") for name, found in scores.items()}
    curves = {name: curve(value, units) for name, units in order.items()}
    drawn = np.array([curve(value, rng.permutation(n)) for _ in range(20)])
    low, high = aopc(curves["worst"]), aopc(curves["best"])
    up = {name: curve(value, order[name][::-1]) for name in methods}
    measures = [
        measure(name, value, order[name], curves[name], up[name], (low, high), rng)
        for name in methods
    ]
    mean = drawn.mean(0)
    measures.append(measure("random", value, rng.permutation(n), mean, mean, (low, high), rng))
    effects = [logit(()) - logit((i,)) for i in range(n)]
    if target is None:
        effects = [float(np.log(value(())) - np.log(value((i,)))) for i in range(n)]
    return Removal(
        target=target,
        operator=operator,
        granularity=granularity,
        units=units,
        probable=probable,
        output=value(()),
        nothing=value(range(n)),
        effects=tuple(effects),
        flip=smallest(value, n, outcome, keep=False) if probable else None,
        sufficient=smallest(value, n, outcome, keep=True) if probable else None,
        singles=tuple(outcome((i,)) for i in range(n) if probable and value((i,)) < 0.5),
        bounds=(low, high),
        exact=n <= 12,
        curves=(
            *(RemovalCurve(order=name, values=tuple(curves[name])) for name in curves),
            *(RemovalCurve(order=name, ascending=True, values=tuple(up[name])) for name in methods),
            RemovalCurve(
                order="random",
                values=tuple(mean),
                low=tuple(drawn.min(0)),
                high=tuple(drawn.max(0)),
            ),
        ),
        measures=tuple(measures),
        evaluations=123 + n,
    )


def curve(value: Callable, units) -> np.ndarray:
    return np.array([value(tuple(units[:k])) for k in range(len(units) + 1)])


def aopc(values: np.ndarray) -> float:
    return float((values[0] - values[1:-1]).sum() / (len(values) - 1))


def measure(name, value, order, down, up, bounds, rng) -> Faithfulness:
    n, (low, high) = len(order), bounds
    first, last = aopc(down), aopc(up)
    lengths = [int(np.ceil(share * n)) for share in SHARES]
    inverse = list(order)

    def scaled(found: float) -> float | None:
        return (found - low) / (high - low) if high > low else None

    return Faithfulness(
        method=name,
        normalized_comprehensiveness=scaled(first),
        normalized_sufficiency=scaled(last),
        aopc_comprehensiveness=first,
        aopc_sufficiency=last,
        comprehensiveness=float(np.mean([down[0] - value(tuple(inverse[:k])) for k in lengths])),
        sufficiency=float(np.mean([down[0] - value(tuple(inverse[k:])) for k in lengths])),
        log_odds=float(rng.normal(-1, 0.3)),
        leave_one_out=float(rng.uniform(-1, 1)) if name != "random" else None,
        monotonicity=float(rng.uniform(0, 1)),
        infidelity=float(rng.uniform(0, 1)),
    )


def smallest(value: Callable, n: int, outcome: Callable, *, keep: bool) -> SmallestUnits:
    """Try all sets of up to three units; of one size the one that does most."""
    for size in range(min(n, 3) + 1):
        sets = list(combinations(range(n), size))
        removed = {s: tuple(i for i in range(n) if i not in s) if keep else s for s in sets}
        best = (max if keep else min)(sets, key=lambda s: value(removed[s]))
        if (value(removed[best]) >= 0.5) == keep:
            return SmallestUnits(
                units=best, exact=True, ruled_out=size - 1, outcome=outcome(removed[best])
            )
    return SmallestUnits(units=None, exact=n <= 3, ruled_out=min(n, 3))
