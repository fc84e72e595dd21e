"""Removal games with made-up numbers, as the engine stores them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import fakes
from reportgen.methods.faithfulness import Faithfulness as Settings
from reportgen.results.removal import (
    Faithfulness,
    Removal,
    RemovalCurve,
    RemovalOutcome,
    SmallestUnits,
)

SHOWN = {"random": 0.3, "integrated_gradients": 0.7, "attention": 0.4}
"""Of each method how much of what removing words could show it shows."""


def measured(method: str, shown: float | None) -> Faithfulness:
    return Faithfulness(
        method=method,
        normalized_comprehensiveness=shown,
        normalized_sufficiency=None if shown is None else 1 - shown,
        aopc_comprehensiveness=0.25,
        aopc_sufficiency=0.125,
        comprehensiveness=0.5,
        sufficiency=0.0625,
        log_odds=-1.5,
        leave_one_out=0.75,
        monotonicity=0.875,
        infidelity=0.375,
    )


def removal(
    result,
    shown: Mapping[str, float | None] = SHOWN,
    *,
    operator: str = "mask",
    target: str | None = "POSITIVE",
    asked: Sequence[RemovalOutcome] = (),
    units: Sequence[tuple[int, int]] = (),
    **changes,
) -> Removal:
    """A game whose units are the words of ``result``, unless they are given."""
    units = tuple(units) or tuple((word.first, word.last) for word in result.words)
    n = len(units)
    turned = RemovalOutcome(
        removed=(n - 1,), turned=True, label="NEGATIVE", probability=0.62, output=0.38
    )
    kept = tuple(range(n - 1))
    alone = RemovalOutcome(
        removed=kept, turned=False, label="POSITIVE", probability=0.8, output=0.8
    )
    curve = tuple(0.9 - 0.5 * i / n for i in range(n + 1))
    values = {
        "target": target,
        "operator": operator,
        "granularity": "word",
        "units": units,
        "output": 0.9,
        "nothing": 0.4,
        "effects": tuple(0.1 * i for i in range(n)),
        "flip": SmallestUnits(units=(n - 1,), exact=True, ruled_out=0, outcome=turned),
        "sufficient": SmallestUnits(units=(n - 1,), exact=True, ruled_out=0, outcome=alone),
        "singles": (turned,),
        "asked": tuple(asked),
        "bounds": (0.1, 0.6),
        "exact": True,
        "curves": (
            RemovalCurve(order="integrated_gradients", values=curve),
            RemovalCurve(order="integrated_gradients", ascending=True, values=curve),
            RemovalCurve(order="random", values=curve, low=curve, high=curve),
        ),
        "measures": tuple(measured(method, value) for method, value in shown.items()),
        "evaluations": 100,
    }
    return Removal(**values | changes)


def with_removals(pair, *removals: Removal):
    """Give a finished result these games, or those of two operators."""
    header, arrays = pair
    found = removals or tuple(
        removal(header, operator=operator, target=target.name)
        for target in header.targets
        for operator in ("mask", "delete")
    )
    settings = header.settings | {Settings.name: Settings().model_dump(mode="json")}
    return header.model_copy(update={"removals": found, "settings": settings}), arrays


def measured_run(folder, *rows: Mapping[str, float | None], model: str = "fake", more=()):
    """Store a run of an input for each of ``rows``: what its methods show, by both operators."""
    jobs = [shown_input(i, shown, model) for i, shown in enumerate(rows)]
    return fakes.write_run(folder, [*jobs, *more])


def shown_input(position: int, shown: Mapping[str, float | None], model: str = "fake", **changes):
    """An input whose methods show so much, by both operators."""
    text = f"Not a bad film , number {position} ."
    job = fakes.job_id(model, position, sorted(shown.items()))
    header, arrays = fakes.classified(text, job, position=position, model=model, seed=position)
    games = (removal(header, shown, operator=name, **changes) for name in ("mask", "delete"))
    return with_removals((header, arrays), *games)
