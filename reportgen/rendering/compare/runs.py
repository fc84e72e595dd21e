"""The page that compares two runs: what changed, where, and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.rendering.anchors import make_slugs
from reportgen.rendering.compare import summary
from reportgen.rendering.compare.changes import (
    Answer,
    ChangeCard,
    ChangeLine,
    answer,
    change_card,
    change_line,
    hue_of,
)
from reportgen.rendering.compare.faithfulness import FaithfulnessView, faithfulness_view
from reportgen.rendering.compare.slices import SlicesView, slices_view
from reportgen.rendering.compare.word_shares import Shares, word_shares
from reportgen.rendering.wording import outcomes
from reportgen.rendering.wording.labels import cut, heading, title
from reportgen.rendering.wording.numbers import count, moment, percent
from reportgen.rendering.wording.sentences import Verdict
from reportgen.rendering.wording.unfinished import marked_title
from reportgen.results.checks.evaluation import GRAVITY, Outcome
from reportgen.results.compare import runs
from reportgen.results.compare.changes import FLOOR
from reportgen.results.compare.runs import ModelComparison, RunComparison
from reportgen.results.compare.settings import Difference, Effect
from reportgen.results.model import JobResult, Manifest

CARDS = 30
"""Changed inputs of a model whose texts are shown; all others are lines of a table."""

LINES = 200
"""Lines of a table at most; the others are in ``runs.json``."""

CHECKS = 60
"""Outcomes of checks that turned, at most."""

SHORT_HASH = 12


@dataclass(frozen=True)
class Alone:
    """An input that only one run has."""

    number: str
    text: str
    says: Answer


@dataclass(frozen=True)
class Lines:
    """Inputs in a table, of which ``more`` are left out."""

    lines: tuple[ChangeLine, ...]
    more: int


@dataclass(frozen=True)
class ModelView:
    """One model in both runs: its words, its changed predictions, inputs one by one, and the rest.

    ``signed``: the method tells which way a word pushed. ``flips`` are the changed predictions,
    ``cards`` the most changed inputs with their texts, and ``others`` all that have no card.
    """

    anchor: str
    name: str
    lead: str
    method: str
    signed: bool
    shares: Shares
    slices: SlicesView | None
    faithfulness: FaithfulnessView | None
    flips: Lines
    cards: tuple[ChangeCard, ...]
    changed: int
    others: Lines
    new: tuple[Alone, ...]
    gone: tuple[Alone, ...]
    more_new: int
    more_gone: int


@dataclass(frozen=True)
class TurnedLine:
    """One outcome that is another one: (kind, status, what was found) before and after."""

    about: str
    before: tuple[str, str, str]
    after: tuple[str, str, str]


@dataclass(frozen=True)
class TurnedGroup:
    """What one check expected, and where it came out otherwise."""

    check: str
    expected: str
    lines: tuple[TurnedLine, ...]


@dataclass(frozen=True)
class Turned:
    """Checks that came out otherwise: those that turned red, then green; and all others."""

    judged: tuple[TurnedGroup, ...]
    others: tuple[TurnedGroup, ...]
    more: int


@dataclass(frozen=True)
class DifferenceLine:
    """Something else that is not the same, with what follows from it for the comparison."""

    what: str
    before: str
    after: str
    effect: str
    decisive: bool


@dataclass(frozen=True)
class Comparison:
    """Everything the page shows; ``manifest`` is that of the head run."""

    manifest: Manifest
    base: Manifest
    title: str
    facts: tuple[str, ...]
    lead: str
    verdicts: tuple[Verdict, ...]
    turned: Turned
    models: tuple[ModelView, ...]
    new_models: tuple[str, ...]
    gone_models: tuple[str, ...]
    differences: tuple[DifferenceLine, ...]
    floor: str


def make_comparison(comparison: RunComparison) -> Comparison:
    """Build the view of two runs; reads the scores of the most changed inputs."""
    base, head = comparison.base.manifest, comparison.head.manifest
    slugs = make_slugs(tuple(model.after.model for model in comparison.models))
    return Comparison(
        manifest=head,
        base=base,
        title=marked_title(head)
        if base.title == head.title
        else f"{marked_title(base)} → {marked_title(head)}",
        facts=(
            f"before: {marked_title(base)}, {moment(base.created)}",
            f"after: {marked_title(head)}, {moment(head.created)}",
            f"{count(len(comparison.changes), 'input')} in both",
        ),
        lead=summary.lead(comparison),
        verdicts=summary.verdicts(comparison),
        turned=turned(comparison.turned),
        models=tuple(
            model_view(model, slugs[model.after.model], several=len(comparison.models) > 1)
            for model in comparison.models
        ),
        new_models=comparison.new_models,
        gone_models=comparison.gone_models,
        differences=difference_lines(comparison.models),
        floor=percent(FLOOR),
    )


def model_view(model: ModelComparison, slug: str, *, several: bool) -> ModelView:
    anchors = {id(change): f"{slug}-{i + 1}" for i, change in enumerate(model.changes)}
    moved = [change for change in model.changes if change.changed]
    shown = {id(change) for change in moved[:CARDS]}
    flips = [change for change in moved if change.flipped or change.broke]
    return ModelView(
        anchor=slug,
        name=summary.name(model),
        lead=summary.model_lead(model) if several else "",
        method=title(model.method) if model.method else "",
        signed=model.method is not None and hue_of(model.method) == "signed",
        shares=word_shares(model.words),
        slices=slices_view(model),
        faithfulness=faithfulness_view(model),
        flips=lines([(c, anchors[id(c)] if id(c) in shown else "") for c in flips]),
        cards=tuple(
            change_card(c, model.before, model.after, ("Before", "After"), anchors[id(c)])
            for c in moved[:CARDS]
        ),
        changed=len(moved),
        others=lines([(c, "") for c in model.changes if id(c) not in shown]),
        new=tuple(map(alone, model.new[:LINES])),
        gone=tuple(map(alone, model.gone[:LINES])),
        more_new=max(0, len(model.new) - LINES),
        more_gone=max(0, len(model.gone) - LINES),
    )


def lines(changes: Sequence[tuple]) -> Lines:
    return Lines(
        tuple(change_line(change, anchor) for change, anchor in changes[:LINES]),
        max(0, len(changes) - LINES),
    )


def alone(result: JobResult) -> Alone:
    text = cut(heading(result.fields)) or "(empty)"
    return Alone(f"#{result.input + 1}", text, answer(result))


def turned(checks: Sequence[runs.TurnedCheck]) -> Turned:
    ranked = sorted(checks, key=gravity)
    shown = ranked[:CHECKS]
    return Turned(
        judged=by_check([one for one in shown if one.red or one.green]),
        others=by_check([one for one in shown if not (one.red or one.green)]),
        more=len(ranked) - len(shown),
    )


def gravity(one: runs.TurnedCheck) -> tuple[bool, bool, int]:
    """Sort red first, then green, then by the gravest status of either side."""
    statuses = [side.status for side in (one.before, one.after) if side is not None]
    return not one.red, not one.green, min(GRAVITY.index(status) for status in statuses)


def by_check(checks: Sequence[runs.TurnedCheck]) -> tuple[TurnedGroup, ...]:
    """Gather outcomes of which the same was expected."""
    found: dict[tuple[str, str], list[TurnedLine]] = {}
    for one in checks:
        either = one.after or one.before
        assert either is not None, "a check that turned is in one of the runs"
        found.setdefault((outcomes.title(either), outcomes.expected(either)), []).append(
            TurnedLine(
                about=outcomes.about(either),
                before=status(one.before, "not in this run"),
                after=status(one.after, "gone"),
            )
        )
    return tuple(TurnedGroup(*name, tuple(lines)) for name, lines in found.items())


def status(one: Outcome | None, absent: str) -> tuple[str, str, str]:
    """Return the kind, the status with its sign, and what was found."""
    if one is None:
        return "", absent, ""
    return (
        outcomes.KINDS[one.status],
        f"{outcomes.MARKS[one.status]} {one.status}",
        outcomes.found(one),
    )


def difference_lines(models: Sequence[ModelComparison]) -> tuple[DifferenceLine, ...]:
    """List what else differs, the decisive first; what only some models differ in names them."""
    found: dict[Difference, list[ModelComparison]] = {}
    for model in models:
        for one in model.differences:
            found.setdefault(one, []).append(model)
    ranked = sorted(found, key=lambda one: not one.decisive)
    return tuple(
        DifferenceLine(
            what=named(one, [summary.name(m) for m in found[one]] if len(models) > 1 else []),
            before=shortened(one, one.before),
            after=shortened(one, one.after),
            effect=effect(one, found[one]),
            decisive=one.decisive,
        )
        for one in ranked
    )


def named(one: Difference, models: Sequence[str]) -> str:
    what = one.what.replace("_", " ")
    if one.is_hash:
        what = f"{what.removesuffix(' sha256')} (SHA-256)"
    return f"{what}, {', '.join(models)}" if models else what


def shortened(one: Difference, value: str) -> str:
    """Cut hashes, of which a few digits tell; the JSON has them whole."""
    cut_short = one.is_hash and len(value) > SHORT_HASH
    return f"{value[:SHORT_HASH]}…" if cut_short else value or "–"


EFFECTS = {
    Effect.NONE: "",
    Effect.WEIGHTS: "another model",
    Effect.ACCURACY: "how exact scores are, which the threshold allows for",
    Effect.SCALE: "how scores are scaled; shares are the same",
}
"""What is said of differences that leave explanations to be compared."""


def effect(one: Difference, models: Sequence[ModelComparison]) -> str:
    """Say what a difference means for the comparison."""
    if one.effect is not Effect.MEANING:
        return EFFECTS[one.effect]
    if any(model.method == one.method for model in models):
        return "scores mean something else: explanations are not compared"
    return f"scores of {title(one.method)} mean something else; they are not compared here"
