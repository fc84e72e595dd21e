"""Two runs, or two models of one run: what says otherwise, and for other reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reportgen.errors import ResultsError
from reportgen.results.checks import GRAVITY, Outcome, judge
from reportgen.results.differences import Difference, differences_between, settings_differences
from reportgen.results.matching import Matched, Side, content, match, pair_models
from reportgen.results.model import JobResult
from reportgen.results.tables import Results
from reportgen.results.words import COMPARED, Explanation, Shift, bare, shift, targets_explained
from reportgen.spec.checks import ModelAgreement

FLOOR = 0.02
"""Share of the attribution below which no reader would see a difference: never a change."""


@dataclass(frozen=True)
class InputChange:
    """One input, read by both sides.

    ``shifts`` compares what is explained, output by output; it is empty where ``not_compared``
    says why. ``flipped``: the prediction is another one, letter case aside.
    """

    before: JobResult
    after: JobResult
    flipped: bool
    shifts: tuple[Shift, ...]
    not_compared: str = ""

    @property
    def share_moved(self) -> float:
        """The largest share that moved among the explained outputs."""
        return max((shift.share_moved for shift in self.shifts), default=0.0)

    @property
    def threshold(self) -> float:
        """The share from which on the explanation counts as changed."""
        return max((max(FLOOR, shift.noise) for shift in self.shifts), default=FLOOR)

    @property
    def drifted(self) -> bool:
        """Tell whether any explanation changed by more than the method's own noise."""
        return any(shift.share_moved > max(FLOOR, shift.noise) for shift in self.shifts)

    @property
    def changed(self) -> bool:
        return self.flipped or self.drifted

    @property
    def correlation(self) -> float | None:
        """The lowest rank correlation among the explained outputs."""
        found = [s.correlation for s in self.shifts if s.correlation is not None]
        return min(found, default=None)


@dataclass(frozen=True)
class WordTotal:
    """A word over all compared inputs: the mean size of its share before and after.

    ``inputs`` counts those it stands in; ``total`` is the sum over them of how much its share
    changed, by which words are ranked.
    """

    word: str
    before: float
    after: float
    inputs: int
    total: float


@dataclass(frozen=True)
class ModelComparison:
    """What one model says against what another says, or the same one in another run.

    ``changes`` holds every input that both read: flipped predictions first, then the largest
    shifts. ``new`` and ``gone`` are inputs of one side only. ``method`` is what explanations are
    compared by, ``None`` where both sides have none in common.
    """

    before: Side
    after: Side
    method: str | None
    changes: tuple[InputChange, ...]
    new: tuple[JobResult, ...]
    gone: tuple[JobResult, ...]
    differences: tuple[Difference, ...]
    words: tuple[WordTotal, ...]

    @property
    def flips(self) -> tuple[InputChange, ...]:
        return tuple(change for change in self.changes if change.flipped)

    @property
    def drifts(self) -> tuple[InputChange, ...]:
        return tuple(change for change in self.changes if change.drifted)


@dataclass(frozen=True)
class TurnedCheck:
    """A check that came out otherwise; ``None`` where a run does not have it."""

    before: Outcome | None
    after: Outcome | None


@dataclass(frozen=True)
class RunComparison:
    """Two runs: their models pair by pair, what only one has, and the checks that turned.

    ``checks`` are those of the head run, ``turned`` those among them, or among the base run's,
    whose status is not the same.
    """

    base: Results
    head: Results
    models: tuple[ModelComparison, ...]
    new_models: tuple[str, ...]
    gone_models: tuple[str, ...]
    checks: tuple[Outcome, ...]
    turned: tuple[TurnedCheck, ...]

    @property
    def flips(self) -> tuple[InputChange, ...]:
        return tuple(change for model in self.models for change in model.flips)

    @property
    def drifts(self) -> tuple[InputChange, ...]:
        return tuple(change for model in self.models for change in model.drifts)


def compare(base: Results, head: Results, *, method: str | None = None) -> RunComparison:
    """Compare two runs; models are paired by id, or as the only one of each run.

    ``method`` names what explanations are compared by; by default the first of ``COMPARED``
    that both runs have. Raises ``ResultsError`` where the runs have no model in common.
    """
    pairs, new, gone = pair_models(base, head)
    if not pairs:
        raise ResultsError(
            "the two runs have no model in common: "
            f"base has {', '.join(gone)}, head has {', '.join(new)}",
            where=str(head.store.folder),
            hint="give the models the same id in both specs",
        )
    called = {before.model: after.model for before, after in pairs}
    checks = judge(head, base)
    return RunComparison(
        base=base,
        head=head,
        models=tuple(compare_models(*pair, method=method) for pair in pairs),
        new_models=new,
        gone_models=gone,
        checks=checks,
        turned=tuple(turned(base, head, checks, called)),
    )


def compare_models(before: Side, after: Side, *, method: str | None = None) -> ModelComparison:
    """Compare what two models, or one model in two runs, say about the same inputs."""
    matched = match(before, after)
    differences = tuple(differences_between(before, after, matched))
    chosen = method or method_in_common(before, after, matched)
    changes = [compare_input(before, after, *pair, chosen) for pair in matched.pairs]
    changes.sort(key=lambda change: (not change.flipped, -change.share_moved))
    return ModelComparison(
        before=before,
        after=after,
        method=chosen,
        changes=tuple(changes),
        new=matched.new,
        gone=matched.gone,
        differences=differences,
        words=total(changes),
    )


def compare_input(
    before: Side, after: Side, first: JobResult, second: JobResult, method: str | None
) -> InputChange:
    flipped = said(first) != said(second)

    def unexplained(reason: str) -> InputChange:
        return InputChange(first, second, flipped, (), reason)

    failed = [result for result in (first, second) if result.status == "error"]
    if failed:
        return unexplained("one side could not be explained")
    if method is None:
        return unexplained("no method with one score per word is on both sides")
    different = [d.what for d in settings_differences(first, second, method) if d.decisive]
    if different:
        return unexplained(f"{method} ran with other settings: {', '.join(different)}")
    names = [
        targets_explained(side.results.store, result, method)
        for side, result in ((before, first), (after, second))
    ]
    if not all(names):
        return unexplained(f"{method} is not on both sides")
    common = [(name, name) for name in names[0] if name in names[1]]
    # Where none is the same, the first of each: what mattered for what is said, there and here.
    pairs = common or [(names[0][0], names[1][0])]
    shifts = tuple(
        shift(
            Explanation(before.results.store, first, method, here),
            Explanation(after.results.store, second, method, there),
        )
        for here, there in pairs
    )
    return InputChange(first, second, flipped, shifts)


def said(result: JobResult) -> str | None:
    return result.prediction.label.strip().casefold() if result.prediction else None


def method_in_common(before: Side, after: Side, matched: Matched) -> str | None:
    """Return the first method that explains an input on both sides."""
    for method in COMPARED:
        for first, second in matched.pairs:
            if (
                {first.status, second.status} == {"done"}
                and targets_explained(before.results.store, first, method)
                and targets_explained(after.results.store, second, method)
            ):
                return method
    return None


def total(changes: Sequence[InputChange]) -> tuple[WordTotal, ...]:
    """Add up how much the share of each word changed, over inputs and explained outputs."""
    found: dict[str, list[tuple[float, float, float]]] = {}
    for change in changes:
        here: dict[str, list[tuple[float, float, float]]] = {}
        for one in change.shifts:
            for word in one.words:
                sizes = abs(word.before or 0.0), abs(word.after or 0.0)
                here.setdefault(bare(word.text), []).append((*sizes, abs(word.change)))
        for name, rows in here.items():
            if name:
                sums = [sum(column) / len(change.shifts) for column in zip(*rows, strict=True)]
                found.setdefault(name, []).append((sums[0], sums[1], sums[2]))
    totals = [
        WordTotal(
            word=name,
            before=sum(row[0] for row in rows) / len(rows),
            after=sum(row[1] for row in rows) / len(rows),
            inputs=len(rows),
            total=sum(row[2] for row in rows),
        )
        for name, rows in found.items()
    ]
    return tuple(sorted(totals, key=lambda word: (-word.total, word.word)))


def turned(
    base: Results, head: Results, checks: Sequence[Outcome], called: Mapping[str, str]
) -> Iterator[TurnedCheck]:
    """Pair the checks of two runs; ``called`` maps the base run's models to the head run's.

    Left out are checks that stay as they are, new ones that break nothing, those that are gone
    with their inputs, and inputs that could not be explained before either.
    """
    before, after = gravest(judge(base), called), gravest(checks, {})
    inputs = {content(result) for _, result in head.headers}
    failing = {content(result) for _, result in base.headers if result.error}
    for name, one in after.items():
        then = before.pop(name, None)
        new = one.status in ("failed", "warning") or (
            one.status == "error" and failing.isdisjoint(one.content)
        )
        if (then is None and new) or (then is not None and then.status != one.status):
            yield TurnedCheck(then, one)
    for one in before.values():
        if inputs.issuperset(one.content) and one.status != "skipped":
            yield TurnedCheck(one, None)


def gravest(outcomes: Sequence[Outcome], called: Mapping[str, str]) -> dict[Any, Outcome]:
    """Keep the gravest outcome of each check of the same models and inputs."""
    found: dict[Any, Outcome] = {}
    for one in outcomes:
        models = tuple(called.get(model, model) for model in one.models)
        # The inputs of an outcome about all inputs are those that broke it.
        about = () if one.check == ModelAgreement.name else (models, *one.content)
        name = (one.check, one.rule, *about)
        if name not in found or GRAVITY.index(one.status) < GRAVITY.index(found[name].status):
            found[name] = one
    return found
