"""The view of many runs: what each found, and how each model fared over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reportgen.rendering.drawing.timeline import Timeline, timeline
from reportgen.rendering.wording.numbers import NBSP, count, fixed
from reportgen.rendering.wording.outcomes import MARKS, WORDS
from reportgen.rendering.wording.sentences import Verdict
from reportgen.rendering.wording.slices import name as slice_name
from reportgen.results.checks.evaluation import Status
from reportgen.results.summary import ModelSummary, RunSummary, Share, changed, judged


@dataclass(frozen=True)
class RunRow:
    """A run in the table of all: ``models`` with the first digits of their weights' hash."""

    link: str
    date: str
    title: str
    models: tuple[tuple[str, str], ...]
    inputs: int
    expected: Verdict | None
    converged: Verdict | None
    checks: Verdict | None


@dataclass(frozen=True)
class ModelRow:
    """A run in the table of one model; ``changed`` is against the run before that has it."""

    link: str
    date: str
    weights: str
    new_weights: bool
    expected: str
    changed: str
    converged: str
    checks: str


@dataclass(frozen=True)
class SliceHistory:
    """A slice of a model's inputs: what is right of it in the newest runs, the newest first."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class ModelHistory:
    """One model, by its id, over the runs that have it: charts where there are two, and rows.

    ``slices`` has a cell for each of the runs ``slice_dates``.
    """

    id: str
    facts: str
    charts: tuple[Timeline, ...]
    rows: tuple[ModelRow, ...]
    slice_dates: tuple[str, ...]
    slices: tuple[SliceHistory, ...]


@dataclass(frozen=True)
class History:
    """All runs, newest first, and the models of the newest run before those that are gone."""

    title: str
    facts: tuple[str, ...]
    lead: str
    runs: tuple[RunRow, ...]
    models: tuple[ModelHistory, ...]


SLICE_RUNS, SLICE_ROWS = 6, 20
"""Runs and slices in the table of a model's slices."""

Named = tuple[str, RunSummary]
"""A run with the name of its folder."""


def make_history(runs: Sequence[Named], title: str | None = None) -> History:
    """Build the view of ``runs``; without a ``title`` it has that of the newest run."""
    ordered = sorted(runs, key=lambda run: (run[1].created, run[0]))
    newest = ordered[-1][1]
    ids = dict.fromkeys(model.id for _, run in reversed(ordered) for model in run.models)
    models = tuple(model_history(name, ordered) for name in ids)
    first, last = (day(run.created) for run in (ordered[0][1], newest))
    return History(
        title=title or newest.title,
        facts=(
            count(len(runs), "run"),
            count(len(ids), "model"),
            first if first == last else f"{first} to {last}",
        ),
        lead=lead(ordered),
        runs=tuple(run_row(name, run) for name, run in reversed(ordered)),
        models=models,
    )


def lead(runs: Sequence[Named]) -> str:
    """Say what the newest run found, and what it says otherwise than the run before."""
    newest = runs[-1][1]
    parts = []
    checks = judged(newest.checks)
    if checks.whole:
        parts.append(f"{of(checks)} checks hold")
    expected = total(model.expected for model in newest.models)
    if expected.whole:
        parts.append(f"{of(expected)} predictions are as expected")
    since = [
        changed(before, model)
        for model in newest.models
        if (before := latest(model.id, runs[:-1])) is not None
    ]
    turned = total(since)
    if turned.whole:
        turns = f"{turned.part or 'none'} of {count(turned.whole, 'prediction')}"
        parts.append(f"{turns} changed since the run before")
    errors = sum(model.errors for model in newest.models)
    if errors:
        parts.append(f"{count(errors, 'input')} could not be explained")
    text = ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else "".join(parts)
    return f"In the newest run {text}." if text else "The newest run has nothing to judge it by."


def latest(model: str, runs: Sequence[Named]) -> ModelSummary | None:
    """Return what the newest of ``runs`` that has ``model`` says of it."""
    found = (m for _, run in reversed(runs) for m in run.models if m.id == model)
    return next(found, None)


def total(shares: Iterable[Share]) -> Share:
    found = tuple(shares)
    return Share(part=sum(s.part for s in found), whole=sum(s.whole for s in found))


def run_row(name: str, run: RunSummary) -> RunRow:
    return RunRow(
        link=f"runs/{name}/index.html",
        date=minute(run.created),
        title=run.title,
        models=tuple((model.id, short(model.weights_sha256)) for model in run.models),
        inputs=run.inputs,
        expected=verdict(total(model.expected for model in run.models), "warn"),
        converged=verdict(total(model.converged for model in run.models), "bad"),
        checks=checks_verdict(run.checks),
    )


def model_history(model: str, runs: Sequence[Named]) -> ModelHistory:
    """Follow one model through ``runs``, oldest first."""
    seen = [(name, run, m) for name, run in runs for m in run.models if m.id == model]
    before = (None, *(m for _, _, m in seen))
    changes = [
        changed(then, now) if then else Share()
        for then, (_, _, now) in zip(before, seen, strict=False)
    ]
    dates = [day(run.created) for _, run, _ in seen]
    if dates[0] == dates[-1]:
        dates = [minute(run.created)[11:] for _, run, _ in seen]
    hold = [judged(m.checks) for _, _, m in seen]
    charts = (
        timeline(
            "Checks that hold",
            "share of the checks about this model that could be judged",
            dates,
            [share.value for share in hold],
        ),
        timeline(
            "Predictions as expected",
            "share of the inputs with an expectation (accuracy)",
            dates,
            [m.expected.value for _, _, m in seen],
        ),
        timeline(
            "Predictions kept",
            "share of the inputs of the run before with the same prediction",
            dates,
            [None if share.value is None else 1 - share.value for share in changes],
        ),
    )
    rows = tuple(
        ModelRow(
            link=f"runs/{name}/index.html",
            date=minute(run.created),
            weights=short(m.weights_sha256),
            new_weights=then is not None and then.weights_sha256 != m.weights_sha256,
            expected=of(m.expected),
            changed=of(change),
            converged=of(m.converged),
            checks=of(held),
        )
        for (name, run, m), then, change, held in zip(seen, before, changes, hold, strict=False)
    )
    weights = len({m.weights_sha256 for _, _, m in seen})
    newest = [(minute(run.created), m) for _, run, m in seen[::-1][:SLICE_RUNS]]
    return ModelHistory(
        id=model,
        facts=f"{seen[-1][2].task}, {count(len(seen), 'run')}, {count(weights, 'set')} of weights",
        charts=tuple(chart for chart in charts if chart is not None),
        rows=rows[::-1],
        slice_dates=tuple(date for date, _ in newest),
        slices=slice_history([m for _, m in newest]),
    )


def slice_history(newest: Sequence[ModelSummary]) -> tuple[SliceHistory, ...]:
    """Follow the slices of the newest run back through the runs before it."""
    held = [{(one.by, one.value): one.expected for one in m.slices} for m in newest]
    return tuple(
        SliceHistory(
            name=slice_name(*key),
            cells=tuple(accuracy(of_run.get(key, Share())) for of_run in held),
        )
        for key in list(held[0])[:SLICE_ROWS]
    )


def accuracy(share: Share) -> str:
    """Write ``81.5 % of 200``; a dash of nothing."""
    if share.value is None:
        return "–"
    return f"{fixed(100 * share.value, 1)}{NBSP}% of {share.whole:,}"


def of(share: Share) -> str:
    return f"{share.part:,} of {share.whole:,}" if share.whole else "–"


def verdict(share: Share, otherwise: str) -> Verdict | None:
    if not share.whole:
        return None
    return Verdict("good" if share.part == share.whole else otherwise, of(share))


def checks_verdict(checks: dict[Status, int]) -> Verdict | None:
    """Say how many checks hold and, in words, what the others came to."""
    held = judged(checks)
    others = [f"{checks[s]:,} {WORDS[s]}" for s in MARKS if s != "passed" and checks.get(s)]
    if not checks:
        return None
    broken = any(checks.get(status) for status in ("error", "failed"))
    kind = "bad" if broken else "good" if held.whole == held.part > 0 else "warn"
    hold = f"{of(held)} hold" if held.whole else ""
    return Verdict(kind, ", ".join(filter(None, (hold, *others))))


def minute(created: str) -> str:
    """Write a time in UTC to the minute."""
    return f"{created[:16].replace('T', ' ')} UTC"


def day(created: str) -> str:
    return created[:10]


def short(sha256: str) -> str:
    return sha256[:8]
