"""What a model says without units of its input, and how far explanations foretell that.

The engine plays the removal game (:mod:`reportgen.engine.removal`) and stores in these records
what it found. A unit is named by its index into ``Removal.units``.
"""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.methods.settings import Granularity, Operator
from reportgen.results.record import Record

GAP = "▢"
"""Stands for what was removed, in a text as it was read."""

RANDOM = "random"
"""What the measures and the curve of drawn orders are called."""


class RemovalOutcome(Record):
    """What the model predicts where the units ``removed`` are gone.

    ``turned``: it is not what is predicted of the whole input. ``probability`` is that of
    ``label``; ``output`` is v, that of the explained output. Of a text of several tokens ``label``
    is one of them, the least sure: that of the output named ``at``.
    """

    removed: tuple[int, ...]
    turned: bool
    label: str
    probability: float | None = None
    output: float
    at: str | None = None


class SmallestUnits(Record):
    """The fewest units that change the prediction when removed, or keep it up when left alone.

    ``units`` is ``None`` where no set was found. ``exact``: no smaller set does it, none at all
    if there are no ``units``; otherwise all sets of up to ``ruled_out`` units were tried and
    failed (-1: not even the empty one). ``outcome`` is what the model says then.
    """

    units: tuple[int, ...] | None
    exact: bool
    ruled_out: int
    outcome: RemovalOutcome | None = None


class RemovalCurve(Record):
    """The output v after 0, 1, … n units were removed in an order: ``values`` (n + 1,).

    ``order`` is the name of the method whose scores make it, or ``best``, ``worst``: those that
    were found; ``random``: the mean of several drawn orders, with their lowest and highest value
    (``low``, ``high``). ``ascending``: the least important first.
    """

    order: str
    ascending: bool = False
    values: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


class Faithfulness(Record):
    """How far the scores of one method foretell what removing units does to one output.

    ``method`` is ``random`` for the mean over random orders. v({}) is the output of the whole.

    - ``comprehensiveness``, ``sufficiency``: v({}) less v without the most important (of only the
      most important) 1, 5, 10, 20 and 50 % of the units, rounded up; the mean of these five
      (DeYoung et al. 2020).
    - ``aopc_comprehensiveness``, ``aopc_sufficiency``: 1/n sum over k = 1 .. n - 1 of v({}) less v
      without the k most (least) important.
    - ``normalized_comprehensiveness``, ``normalized_sufficiency``: the same, from the worst order
      of removal (0) to the best (1) (Edin et al. 2025). The first is good where high, the second
      where low.
    - ``log_odds``: the log of v without the most important 20 %, less that of v({}) (Shrikumar et
      al. 2017, as used by Enguehard 2023).
    - ``leave_one_out``: Spearman's rank correlation with the change of the logit when a unit is
      removed alone.
    - ``monotonicity``: the share of steps at which v does not fall while units are added, the
      least important first (Arya et al. 2019).
    - ``infidelity``: squared error of the scores' sums over removed sets, times the best factor, as
      a forecast of the logit's change; relative to forecasting no change, so in [0, 1]. Over the
      sets of random orders (Yeh et al. 2019).

    ``None``: not defined here.
    """

    method: str
    normalized_comprehensiveness: float | None
    normalized_sufficiency: float | None
    aopc_comprehensiveness: float
    aopc_sufficiency: float
    comprehensiveness: float
    sufficiency: float
    log_odds: float | None = None
    leave_one_out: float | None = None
    monotonicity: float | None = None
    infidelity: float | None = None


class Removal(Record):
    """The removal game of one output of one input, with one operator.

    ``target`` is the explained output, ``None`` for a whole answer of several tokens, whose v is
    the product of their probabilities. ``units`` are stretches of tokens ``[first, last)``; all
    other tokens stay. v is a probability (``probable``), or the output itself where there is none
    (regression). ``output`` is v({}), ``nothing`` v without any unit.

    ``effects`` (n,) are the changes of the logit (of a whole answer: of log v) when a unit is
    removed alone, positive where the unit supports the output; ``shapley`` (n,) the Shapley values
    of the same, where they were asked for. ``flip``, ``sufficient`` and ``singles``, the units
    without which alone the prediction turns, are empty where it cannot turn (regression), or where
    the target is not what is predicted. ``asked`` are sets that checks name. ``bounds`` are
    the AOPC of the worst and the best order, ``exact`` or else the most extreme found; ``curves``
    and ``measures`` those of each method. ``evaluations``: sets that were given to the model.
    """

    target: str | None
    operator: Operator
    granularity: Granularity
    units: tuple[tuple[int, int], ...]
    probable: bool = True
    output: float
    nothing: float
    effects: tuple[float, ...]
    shapley: tuple[float, ...] = ()
    flip: SmallestUnits | None = None
    sufficient: SmallestUnits | None = None
    singles: tuple[RemovalOutcome, ...] = ()
    asked: tuple[RemovalOutcome, ...] = ()
    bounds: tuple[float, float] | None = None
    exact: bool = False
    curves: tuple[RemovalCurve, ...] = ()
    measures: tuple[Faithfulness, ...] = ()
    evaluations: int = 0


def first_played(removals: Sequence[Removal]) -> list[Removal]:
    """Return the game of each output that was played first: with the operator that leads."""
    found: dict[str | None, Removal] = {}
    for removal in removals:
        found.setdefault(removal.target, removal)
    return list(found.values())


def measure_of(removal: Removal, method: str) -> Faithfulness | None:
    """Return how faithful the scores of ``method`` are; ``None`` where that was not measured."""
    return next((found for found in removal.measures if found.method == method), None)
