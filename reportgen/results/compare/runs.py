"""Two runs, or two models of one run: what says otherwise, and for other reasons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reportgen.errors import ResultsError
from reportgen.results.checks.evaluation import GRAVITY, Outcome, evaluate_checks
from reportgen.results.compare.changes import (
    InputChange,
    WordTotal,
    WordTotals,
    compare_input,
    rank,
)
from reportgen.results.compare.faithfulness import (
    FaithfulnessChange,
    TurningWords,
    faithfulness_changes,
    turning_words,
)
from reportgen.results.compare.settings import Difference, differences_between
from reportgen.results.compare.slices import SliceChange, slice_changes
from reportgen.results.matching import Side, content, match, pair_models
from reportgen.results.model import JobResult
from reportgen.results.tables import Results
from reportgen.results.words import COMPARED, targets_explained
from reportgen.spec.checks import ModelAgreementCheck


@dataclass(frozen=True)
class ModelComparison:
    """What one model says against what another says, or the same one in another run.

    ``changes`` holds every input that both read: flipped predictions first, then inputs that
    only one side could explain, then the largest shifts. ``new`` and ``gone`` are inputs of one
    side only. ``method`` is what explanations are compared by, ``None`` where both sides have
    none in common. ``slices`` are about accuracy, over all inputs and by slice.
    """

    before: Side
    after: Side
    method: str | None
    changes: tuple[InputChange, ...]
    new: tuple[JobResult, ...]
    gone: tuple[JobResult, ...]
    differences: tuple[Difference, ...]
    words: tuple[WordTotal, ...]
    faithfulness: tuple[FaithfulnessChange, ...] = ()
    turning_words: tuple[TurningWords, ...] = ()
    slices: tuple[SliceChange, ...] = ()


@dataclass(frozen=True)
class TurnedCheck:
    """A check that came out otherwise; ``None`` where a run does not have it."""

    before: Outcome | None
    after: Outcome | None

    @property
    def red(self) -> bool:
        """Tell whether the run breaks by it now, and did not before."""
        return breaks(self.after) and not breaks(self.before)

    @property
    def green(self) -> bool:
        """Tell whether the run broke by it before, and passes it now."""
        return breaks(self.before) and self.after is not None and self.after.status == "passed"


def breaks(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.breaks


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
    def changes(self) -> tuple[InputChange, ...]:
        """Every input that both runs read, model by model."""
        return tuple(change for model in self.models for change in model.changes)


def compare(base: Results, head: Results, *, method: str | None = None) -> RunComparison:
    """Compare two runs; models are paired by id, or as the only one of each run.

    ``method`` names what explanations are compared by; by default the first of ``COMPARED``
    that both runs have. Raises ``ResultsError`` where the runs have no model in common, or not
    both have ``method``.
    """
    if method is not None:
        require(method, base, head)
    pairs, new, gone = pair_models(base, head)
    if not pairs:
        raise ResultsError(
            "the two runs have no model in common: "
            f"base has {', '.join(gone)}, head has {', '.join(new)}",
            where=head.store.name,
            hint="give the models the same id in both specs",
        )
    called = {before.model: after.model for before, after in pairs}
    checks = evaluate_checks(head, base)
    return RunComparison(
        base=base,
        head=head,
        models=tuple(compare_models(*pair, method=method) for pair in pairs),
        new_models=new,
        gone_models=gone,
        checks=checks,
        turned=tuple(turned(base, head, checks, called)),
    )


def require(method: str, *runs: Results) -> None:
    """Raise ``ResultsError`` unless all ``runs`` have ``method``, with one score per word."""
    held = [{name for _, result in run.entries for name in result.settings} for run in runs]
    usable = [name for name in COMPARED if all(name in names for names in held)]
    if method not in COMPARED:
        message = f"words cannot be compared by {method!r}, which has no score per word"
        where = ""
    elif method in usable:
        return
    else:
        lacking = [run for run, names in zip(runs, held, strict=True) if method not in names]
        message, where = f"this run has no {method}", lacking[0].store.name
    has = f"both runs have {', '.join(usable)}" if usable else "the runs have none in common"
    raise ResultsError(
        message, where=where, hint=f"{has}; reportgen can compare by {', '.join(COMPARED)}"
    )


def compare_models(before: Side, after: Side, *, method: str | None = None) -> ModelComparison:
    """Compare what two models, or one model in two runs, say about the same inputs."""
    matched = match(before, after)
    differences = tuple(differences_between(before, after, matched))
    chosen = method or method_in_common(before, after, matched.pairs)
    changes = [compare_input(before, after, *pair, chosen) for pair in matched.pairs]
    changes.sort(key=rank)
    words = WordTotals()
    for change in changes:
        words.see(change)
    return ModelComparison(
        before=before,
        after=after,
        method=chosen,
        changes=tuple(changes),
        new=matched.new,
        gone=matched.gone,
        differences=differences,
        words=words.totals(),
        faithfulness=faithfulness_changes(matched.pairs),
        turning_words=turning_words(matched.pairs),
        slices=slice_changes(after, changes),
    )


def method_in_common(
    before: Side, after: Side, pairs: Iterable[tuple[JobResult, JobResult]]
) -> str | None:
    """Return the first method that explains an input on both sides."""
    best = len(COMPARED)
    for first, second in pairs:
        if {first.status, second.status} == {"done"}:
            for place, method in enumerate(COMPARED[:best]):
                if targets_explained(before.results.store, first, method) and targets_explained(
                    after.results.store, second, method
                ):
                    best = place
                    break
        if best == 0:
            break
    return COMPARED[best] if best < len(COMPARED) else None


def turned(
    base: Results, head: Results, checks: Sequence[Outcome], called: Mapping[str, str]
) -> Iterator[TurnedCheck]:
    """Pair the checks of two runs; ``called`` maps the base run's models to the head run's.

    Left out are checks that stay as they are, new ones that break nothing, those that are gone
    with their inputs, and inputs that could not be explained before either.
    """
    before, after = gather(evaluate_checks(base), called), gather(checks, {})
    inputs = {content(result) for _, result in head.entries}
    failing = {content(result) for _, result in base.entries if result.error}
    current = {(one.check, one.rule) for one in checks}
    for name, now in after.items():
        for then, one in paired(before.pop(name, []), now):
            new = one.status in ("failed", "warning") or (
                one.status == "error" and failing.isdisjoint(one.content)
            )
            if (then is None and new) or (then is not None and then.status != one.status):
                yield TurnedCheck(then, one)
    for one in (one for left in before.values() for one in left):
        nowhere = not one.inputs and (one.check, one.rule) in current  # it has found inputs now
        if inputs.issuperset(one.content) and one.status != "skipped" and not nowhere:
            yield TurnedCheck(one, None)


def gather(outcomes: Sequence[Outcome], called: Mapping[str, str]) -> dict[Any, list[Outcome]]:
    """Gather the outcomes of each check about the same models and inputs."""
    found: dict[Any, list[Outcome]] = {}
    for one in outcomes:
        models = tuple(called.get(model, model) for model in one.models)
        # The inputs of an outcome about all inputs are those that broke it.
        whole = one.check == ModelAgreementCheck.name and one.status != "error"
        about = () if whole else (models, *one.content)
        found.setdefault((one.check, one.rule, *about), []).append(one)
    return found


def paired(
    before: Sequence[Outcome], after: Sequence[Outcome]
) -> Iterator[tuple[Outcome | None, Outcome]]:
    """Pair outcomes about the same inputs by their part; of equal ones the first with the first.

    An input that could not be judged has one outcome, whatever the check has otherwise: there
    the gravest stands for all.
    """
    if before and after and any(not one.part for one in (*before, *after)):
        first, second = (
            min(side, key=lambda one: GRAVITY.index(one.status)) for side in (before, after)
        )
        yield first, second
        return
    waiting: dict[str, list[Outcome]] = {}
    for one in before:
        waiting.setdefault(one.part, []).append(one)
    for one in after:
        same = waiting.get(one.part)
        yield same.pop(0) if same else None, one
