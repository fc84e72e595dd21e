"""What a run found, judged by its own checks: a sentence, verdicts, and where to look first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reportgen.rendering.input.brief import Brief
from reportgen.rendering.overview.checks import Checks
from reportgen.rendering.overview.columns import Column
from reportgen.rendering.overview.predictions_table import CODES, Disagreements
from reportgen.rendering.wording.entities import JUDGED, span_scores
from reportgen.rendering.wording.labels import CUT
from reportgen.rendering.wording.numbers import count, number
from reportgen.rendering.wording.sentences import REASONS, Verdict
from reportgen.rendering.wording.unfinished import SO_FAR
from reportgen.results.entities import SpanCounts
from reportgen.results.model import JobResult, Manifest
from reportgen.results.review import ReviewReason

EXACT = {"float64": 1e-3, "float32": 1e-3}
"""Largest numeric error, by precision, that passes for rounding; ``HALF`` for all others."""

HALF = 0.05

MEASURES = {"float32_logits"}
"""Numbers among an engine's checks that measure the chosen precision and judge nothing."""


@dataclass(frozen=True)
class Filters:
    """What inputs can be searched and filtered by; counts are of inputs, not of answers.

    ``reasons`` are (code, words, count); ``labels`` and ``models`` are empty where there is
    nothing to choose. ``cut`` is set where only the beginning of some texts can be searched.
    ``columns`` are what is known of the inputs beside their texts.
    """

    total: int
    any: int
    reasons: tuple[tuple[str, str, int], ...]
    labels: tuple[str, ...]
    models: tuple[str, ...]
    cut: int | None
    columns: tuple[Column, ...] = ()

    @property
    def column_values(self) -> tuple[tuple[str, ...], ...]:
        """The values of each column, whose places are the codes of the rows."""
        return tuple(column.values for column in self.columns)


@dataclass(frozen=True)
class ReviewItem:
    """An input worth a look: the section with the gravest reason, and all reasons in words."""

    brief: Brief
    why: str


def review_items(briefs: tuple[Brief, ...]) -> tuple[ReviewItem, ...]:
    """List the inputs worth a look, the gravest first, then those with more reasons."""
    order = list(ReviewReason)
    several = len({brief.model for brief in briefs}) > 1
    inputs: dict[int, list[Brief]] = {}
    for brief in briefs:
        if brief.reasons:
            inputs.setdefault(brief.position, []).append(brief)

    def gravity(brief: Brief) -> tuple[int, int]:
        return order.index(brief.reasons[0]), -len(brief.reasons)

    found = [
        ReviewItem(min(group, key=gravity), written_reasons(group, several))
        for group in inputs.values()
    ]
    return tuple(sorted(found, key=lambda item: (*gravity(item.brief), item.brief.position)))


def written_reasons(briefs: list[Brief], several: bool) -> str:
    """Write the reasons to look at one input, with the models they are about."""
    groups: dict[tuple[str, ...], list[ReviewReason]] = {}
    for reason in ReviewReason:
        models = tuple(brief.model for brief in briefs if reason in brief.reasons)
        if models:
            about = models if several and reason is not ReviewReason.MODELS_DISAGREE else ()
            groups.setdefault(about, []).append(reason)
    return "; ".join(
        ", ".join(REASONS[reason] for reason in held)
        + (f" ({', '.join(models)})" if models else "")
        for models, held in groups.items()
    )


def filters(briefs: tuple[Brief, ...], columns: tuple[Column, ...] = ()) -> Filters:
    at = {reason: {c.position for c in briefs if reason in c.reasons} for reason in ReviewReason}
    single = [
        brief.result.prediction.label
        for brief in briefs
        if brief.result.prediction and exclusive(brief.result)
    ]
    labels, models = sorted(set(single)), tuple(dict.fromkeys(brief.model for brief in briefs))
    return Filters(
        total=len({brief.position for brief in briefs}),
        any=len(set().union(*at.values())),
        reasons=tuple(
            (CODES[reason], REASONS[reason], len(inputs)) for reason, inputs in at.items() if inputs
        ),
        labels=tuple(labels) if len(labels) > 1 else (),
        models=models if len(models) > 1 else (),
        cut=CUT if any(len(brief.heading) > CUT for brief in briefs) else None,
        columns=columns,
    )


def exclusive(result: JobResult) -> bool:
    return result.prediction_kind is not None and result.prediction_kind.exclusive


@dataclass(frozen=True)
class Counts:
    """How many of the run's checks passed; ``apart``: results whose tokens move one at a time."""

    judged: int
    right: int
    checked: int
    converged: int
    errors: int
    partly: int
    truncated: int
    compared: int
    disagreeing: int
    apart: int = 0


def tally(briefs: tuple[Brief, ...], disagree: Disagreements) -> Counts:
    correct = [c.result.prediction.correct for c in briefs if c.result.prediction]
    judged = [value for value in correct if value is not None]
    checked = [converged for brief in briefs for converged in brief.converged]
    return Counts(
        judged=len(judged),
        right=sum(judged),
        checked=len(checked),
        converged=sum(checked),
        errors=sum(brief.result.status == "error" for brief in briefs),
        partly=sum(bool(brief.result.failed) for brief in briefs),
        truncated=len({brief.position for brief in briefs if brief.result.truncation}),
        compared=len(disagree),
        disagreeing=sum(disagree.values()),
        apart=sum(any(s.get("sequential") for s in b.result.settings.values()) for b in briefs),
    )


def summary(manifest: Manifest, briefs: tuple[Brief, ...], counts: Counts, checks: Checks) -> str:
    """Say what was audited and what came out, in a few plain words."""
    inputs = count(len({brief.position for brief in briefs}), "input")
    so_far = "" if manifest.planned is None else f" {SO_FAR}"
    answered = f"{count(models_read(manifest, briefs), 'model')} read {inputs}{so_far}"
    if not counts.judged:
        sentence = f"{answered}; nothing was said about what to expect, so no answer is judged."
    elif counts.right == counts.judged:
        each = "the one prediction" if counts.judged == 1 else f"all {counts.judged:,} predictions"
        sentence = f"{answered}: {each} that could be judged came out as expected."
    else:
        wrong = counts.judged - counts.right
        sentence = (
            f"{answered}: {wrong:,} of {count(counts.judged, 'prediction')} "
            f"{'is' if wrong == 1 else 'are'} wrong."
        )
    return " ".join((sentence, *kept(checks, so_far), *reliance(counts)))


def models_read(manifest: Manifest, briefs: tuple[Brief, ...]) -> int:
    """Count the models of a run; of one that has not ended those that have read something."""
    if manifest.planned is None:
        return len(manifest.models)
    return len({brief.model for brief in briefs})


def kept(checks: Checks, so_far: str = "") -> tuple[str, ...]:
    """Say how many of the spec's checks failed."""
    judged = checks.total - checks.skipped
    if not judged:
        return ()
    if checks.broken:
        return (f"{checks.broken:,} of {count(judged, 'check')} failed{so_far}.",)
    if checks.warned:
        return (f"No check failed{so_far}, but {checks.warned:,} of {judged:,} gave a warning.",)
    if judged == 1:
        return (f"The one check holds{so_far}.",)
    return (f"All {judged:,} checks hold{so_far}.",)


def reliance(counts: Counts) -> tuple[str, ...]:
    """Say whether the explanations can be relied on."""
    missed = counts.checked - counts.converged
    if not counts.checked:
        return ()
    if not missed and counts.apart:
        return ("Every explanation converged.",)
    if not missed:
        return ("Every explanation adds up to the change of its output (converged).",)
    return (
        f"{missed:,} of {count(counts.checked, 'explanation')} did not converge: "
        f"do not rely on {'its' if missed == 1 else 'their'} colours.",
    )


def verdicts(
    briefs: tuple[Brief, ...],
    manifest: Manifest,
    counts: Counts,
    checks: Checks,
    entities: Mapping[str, SpanCounts],
    tested: Sequence[Verdict],
) -> tuple[Verdict, ...]:
    """What the run can judge by itself, in a few words each; what passed is counted too.

    ``entities`` are those of each tagger, ``tested`` says what the engine's self-tests found.
    """
    found = check_verdicts(checks, "" if manifest.planned is None else f" {SO_FAR}")
    if counts.judged:
        text = f"{counts.right:,} of {count(counts.judged, 'prediction')} as expected"
        found.append(Verdict("good" if counts.right == counts.judged else "warn", text))
    found += entity_verdicts(briefs, entities)
    if counts.checked:
        text = f"{counts.converged:,} of {count(counts.checked, 'explanation')} converged"
        found.append(Verdict("good" if counts.converged == counts.checked else "bad", text))
    if counts.errors:
        found.append(Verdict("bad", f"{count(counts.errors, 'input')} could not be explained"))
    if counts.partly:
        text = f"{count(counts.partly, 'input')} could not be explained by every method"
        found.append(Verdict("bad", text))
    if counts.disagreeing:
        text = f"models disagree on {counts.disagreeing:,} of {count(counts.compared, 'input')}"
        found.append(Verdict("warn", text))
    elif counts.compared:
        found.append(Verdict("good", f"models agree on {count(counts.compared, 'shared input')}"))
    if counts.truncated:
        text = f"{count(counts.truncated, 'input')} cut to what the model can read"
        found.append(Verdict("warn", text))
    found += tested
    return tuple(found)


def entity_verdicts(briefs: tuple[Brief, ...], entities: Mapping[str, SpanCounts]) -> list[Verdict]:
    """Say how well the entities of each tagger match those expected, and what has no text."""
    scores = {model: one for model, one in entities.items() if one.predicted or one.expected}
    found = []
    for model, counts in scores.items():
        of = f" of {model}" if len(scores) > 1 else ""
        kind = "good" if counts.f1 == 1 else "warn"
        found.append(Verdict(kind, f"entities{of}: {span_scores(counts)}, {JUDGED}"))
    special = {b.position for b in briefs if b.result.prediction and b.result.prediction.specials}
    if special:
        text = f"special tokens are labelled as entities in {count(len(special), 'input')}"
        found.append(Verdict("warn", text))
    return found


def check_verdicts(checks: Checks, so_far: str = "") -> list[Verdict]:
    """Count the spec's checks that hold among those that could be judged."""
    judged = checks.total - checks.skipped
    found = []
    if judged:
        kind = "bad" if checks.broken else "warn" if checks.warned else "good"
        verb = "holds" if checks.held == 1 or judged == 1 else "hold"
        text = f"{checks.held:,} of {count(judged, 'check')} {verb}{so_far}"
        found.append(Verdict(kind, text))
    if checks.skipped:
        found.append(Verdict("warn", f"{count(checks.skipped, 'check')} not judged"))
    return found


class SelfTests:
    """Judges the engine's numeric checks of itself by what rounding can explain."""

    def __init__(self, manifest: Manifest) -> None:
        self._limits = {info.id: EXACT.get(info.dtype, HALF) for info in manifest.models}
        self._failed: Counter[str] = Counter()
        self._passed, self._worst = 0, 0.0

    def see(self, result: JobResult) -> None:
        for name, value in result.self_tests.items():
            if name in MEASURES:
                continue
            if value <= self._limits[result.model]:
                self._passed += 1
            else:
                self._failed[name] += 1
                self._worst = max(self._worst, value)

    def verdicts(self) -> list[Verdict]:
        failed = self._failed.total()
        if failed:
            text = f"{failed:,} of {count(self._passed + failed, 'numeric self-test')} off by up to"
            names = ", ".join(self._failed)
            return [Verdict("bad", f"{text} {number(self._worst)} ({names})")]
        if self._passed:
            return [Verdict("good", f"{count(self._passed, 'numeric self-test')} passed")]
        return []
