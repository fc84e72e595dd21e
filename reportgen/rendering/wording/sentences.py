"""Sentences made from the numbers: what a reader is told before any picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reportgen.methods import LEADING, Hue, Method, leading, preferred
from reportgen.rendering.wording.advice import advice
from reportgen.rendering.wording.labels import listed, quoted, row_of, title
from reportgen.rendering.wording.numbers import correlation, count, number, percent, signed
from reportgen.results.model import Convergence, JobResult, Word
from reportgen.results.review import ReviewReason
from reportgen.results.scores import rows_read

WEAK_AGREEMENT = 0.3
"""Mean rank correlation under which the page says that methods disagree."""


@dataclass(frozen=True)
class TopContributions:
    """The words that moved one output most, with their scores written out.

    Sizes say only where a method (``by``) puts most: ``towards`` are their largest, in ``hue``.
    ``unreliable``: the scores did not converge. ``own`` is the share of the word that the output
    itself labels, which is no news and not among the others.
    """

    target: str
    lead: str
    towards: tuple[tuple[str, str], ...]
    against: tuple[tuple[str, str], ...]
    by: str = ""
    hue: Hue = "signed"
    unreliable: bool = False
    own: str = ""


def signed_contributions(
    target: str,
    lead: str,
    words: tuple[Word, ...],
    scores: np.ndarray,
    own: int | None = None,
) -> TopContributions:
    """Name up to three words for and two against; those under a tenth of the largest are noise.

    ``own`` is the word that the output is the label of: its share is told apart.
    """
    share, scores = apart(scores, own)
    floor = 0.1 * float(np.abs(scores).max(initial=0))
    order = np.argsort(-np.abs(scores), kind="stable")
    strong = [i for i in order if abs(scores[i]) >= floor and scores[i] != 0]

    def name(indices: list[int]) -> tuple[tuple[str, str], ...]:
        return tuple((quoted(words[i].text), signed(scores[i])) for i in indices)

    return TopContributions(
        target=target,
        lead=lead,
        towards=name([i for i in strong if scores[i] > 0][:3]),
        against=name([i for i in strong if scores[i] < 0][:2]),
        own=share,
    )


def apart(scores: np.ndarray, own: int | None) -> tuple[str, np.ndarray]:
    """Take the word that an output labels out of its scores; return its share of them, and these.

    The share is of the sum of the sizes of all words.
    """
    whole = float(np.abs(scores).sum())
    if own is None or not whole:
        return "", scores
    rest = scores.copy()
    rest[own] = 0
    return percent(float(scores[own]) / whole), rest


def largest_contributions(
    target: str,
    lead: str,
    words: tuple[Word, ...],
    scores: np.ndarray,
    by: str,
    hue: Hue,
    own: int | None = None,
) -> TopContributions:
    """Name up to three words with the largest sizes; ``own`` as in ``signed_contributions``."""
    share, scores = apart(scores, own)
    order = np.argsort(-scores, kind="stable")[:3]
    named = tuple((quoted(words[i].text), number(float(scores[i]))) for i in order if scores[i])
    return TopContributions(target, lead, named, (), by, hue, own=share)


def contrast(difference: float | None) -> str:
    """Say what the difference of two outputs is, and how large where it is the only one."""
    here = "" if difference is None else f", here {signed(difference)} logits"
    return (
        "This is a contrast: what is explained is how far the score of the first lies above that "
        f"of the second{here}. A positive number speaks for the first, a negative one for the "
        "second; what pushes both alike does not count."
    )


BASELINES = {
    "pad": "the same input with every word replaced by the padding token",
    "mask": "the same input with every word replaced by the mask token",
    "mean": "the same input with every word vector set to the mean of the word embeddings",
    "full_stop": "the same input with every word replaced by a full stop",
    "zero": "the same input with every word vector set to zero",
}


def recorded(result: JobResult, names: Sequence[str]) -> str:
    """Say of methods that record the prediction what their numbers are; none say nothing."""
    if not names:
        return ""
    text = listed(list(names))
    one = len(names) == 1 and not text.endswith("s")
    were, they_are, do = ("was", "it is", "does") if one else ("were", "they are", "do")
    return (
        f"{text[0].upper()}{text[1:]} {were} recorded while the model made this prediction; "
        f"{they_are} not computed for one output and {do} not say which way a word pushed. "
        f"Of {'its' if one else 'their'} maps, {rows_used(result)} is shown."
    )


def not_kept(methods: Sequence[str]) -> str:
    """Say that what would be drawn of ``methods`` was not stored."""
    return (
        f"Maps were not kept (keep: scores): those of {listed(list(methods))}. "
        "Scores of words and tokens are the same."
    )


def rows_used(result: JobResult) -> str:
    """Name the rows of maps that know no output which are its scores of tokens."""
    read = rows_read(result.targets)
    if len(read) > 1 and None not in read:
        return "for each output the row of the token that it is read from"
    (read_at,) = read if len(read) == 1 else (None,)
    if read_at is None:
        return "the mean over all rows"
    if len(read_at) == len(result.tokens):
        return "the mean over all rows, since the output is read from all tokens,"
    if len(read_at) > 1:
        return "the mean over the rows that the output is read from"
    return f"the {row_of(result, read_at)}, from which the output is read,"


def method(settings: dict[str, Any], known: Method = LEADING) -> str:
    """Say in plain words what a path method did with these settings; older ones have fewer."""
    if not settings:
        return ""
    baseline = settings.get("baseline", "auto")
    if isinstance(baseline, str):
        start = BASELINES.get(baseline, "a baseline that says nothing")
    else:
        start = f"the text “{baseline.get('text', '')}”"
    if settings.get("sequential"):
        return (
            f"The tokens were faded in one at a time, from what each is in {start}, while all "
            f"others stayed as they are ({known.short_title}, sequential). If nothing is lost, "
            "each score is what the output changes by on that token’s own path, and the scores "
            "add up to nothing together; the gap is the largest miss of a token, as a share of the "
            "largest change."
        )
    scaled = SCALED.get(settings.get("normalize", "none"), "")
    laid = "" if known.parts else LAID.get(settings.get("interpolate", "words"), "")
    notebook = NOTEBOOK if settings.get("notebook_compatible") else ""
    whole = "the scores add" if known.complete else "what flows through each layer adds"
    return (
        f"The words were faded in, from {start}, to the real input, and {known.path} "
        f"({known.short_title}). If nothing is lost, {whole} up to the change of the output; the "
        f"gap is the share that is missing.{laid}{scaled}{notebook}"
    )


SCALED = {
    "none": "",
    "sum": " Scores are shown as shares of that change.",
    "l2": " Scores are shown scaled to unit length.",
}

LAID = {
    "words": " Only the word embeddings change on the way; positions and segments stay.",
    "embeddings": " The output of the whole embedding layer (words, positions and segments) "
    "changes on the way.",
}

NOTEBOOK = (
    " Computed as in Captum’s BERT-SQuAD notebooks, their known defects included "
    "(notebook_compatible): compare these numbers with the published ones only."
)


@dataclass(frozen=True)
class Verdict:
    """A judgement with a word and a sign: ``kind`` is good, warn or bad."""

    kind: str
    text: str


def correctness(result: JobResult) -> Verdict | None:
    if result.prediction is None or result.prediction.correct is None:
        return None
    return Verdict("good", "right") if result.prediction.correct else Verdict("bad", "wrong")


def convergence(result: JobResult, shown: str) -> tuple[Verdict, ...]:
    """Say how complete the scores of ``shown`` are: their sum against the change of the output.

    Of the other methods those are named that did not converge. Where ``shown`` integrates nothing
    the first one that does takes its place.
    """
    methods: dict[str, list[Convergence]] = {}
    for row in result.convergence:
        methods.setdefault(row.method, []).append(row)
    if not methods:
        return ()
    known = [method.name for method in preferred() if method.name in methods]
    first = shown if shown in methods else next(iter(known), next(iter(methods)))
    rows = methods.pop(first)
    found = []
    if all(row.converged for row in rows):
        text = f"The {carried(rows)} add up to the output’s change within {percent(gap(rows))}"
        if result.settings.get(first, {}).get("sequential"):
            text = f"Each score is its token’s own change of the output within {percent(gap(rows))}"
        found.append(Verdict("good", f"{text} ({points(rows)} on the path)"))
    else:
        text = f"Did not converge: {missed(rows)}"
        help_by = next(advice(result, first, [row for row in rows if not row.converged]), "")
        may_help = f"; what may help: {help_by}" if help_by else ""
        found.append(Verdict("bad", f"{text}. Do not rely on these colours{may_help}"))
    others: dict[str, list[str]] = {}
    for name, rows in methods.items():
        if not all(row.converged for row in rows):
            others.setdefault(missed(rows), []).append(title(name))
    for text, names in others.items():
        found.append(Verdict("bad", f"Of other methods, {listed(names)} did not converge: {text}"))
    return tuple(found)


def missed(rows: Sequence[Convergence]) -> str:
    """Say which criterion the rows of one method failed by."""
    failed = [row for row in rows if not row.converged]
    over = [row for row in failed if not row.unresolved]
    if over:
        allowed = percent(over[0].tolerance)
        text = f"the {carried(rows)} miss the change of the output by {percent(gap(over))}"
        return f"{text} after {points(over)} (allowed: {allowed})"
    return (
        f"the output jumps on the path where {points(failed)} could not resolve it, so errors may "
        f"cancel out, though the {carried(rows)} add up within {percent(gap(failed))}"
    )


def carried(rows: Sequence[Convergence]) -> str:
    """Name what adds up to the change: a method's scores, or each layer by itself."""
    return "layers" if any(row.layer_gaps for row in rows) else "scores"


def gap(rows: Sequence[Convergence]) -> float:
    return max(row.gap for row in rows)


def points(rows: Sequence[Convergence]) -> str:
    return count(max(row.steps for row in rows), "point")


def mean_agreement(result: JobResult, main: str, other: str) -> float | None:
    """Mean over layers and outputs of Spearman's rho of two methods."""
    values = [
        row.value
        for row in result.agreement
        if row.measure == "spearman"
        and {row.method_a, row.method_b} == {main, other}
        and row.value is not None
    ]
    return float(np.mean(values)) if values else None


def agreement(result: JobResult) -> Verdict | None:
    """Say whether methods that know no output would have pointed at the same words."""
    main = leading({name for row in result.agreement for name in (row.method_a, row.method_b)})
    blind = [m for m in preferred() if m.by_layer and not m.by_layer.per_target and m.name != main]
    found = {m.short_title: mean_agreement(result, main, m.name) for m in blind}
    known = {name: value for name, value in found.items() if value is not None}
    if not known:
        return None
    text = ", ".join(f"{name} {correlation(value)}" for name, value in known.items())
    if max(known.values()) < WEAK_AGREEMENT:
        return Verdict("warn", f"Other methods rank the words differently (correlation): {text}")
    return Verdict("good", f"Rank correlation with {text}")


REASONS: dict[ReviewReason, str] = {
    ReviewReason.NOT_EXPLAINED: "could not be explained",
    ReviewReason.METHOD_FAILED: "a method failed",
    ReviewReason.CHECK_FAILED: "check failed",
    ReviewReason.NOT_CONVERGED: "not converged",
    ReviewReason.WRONG: "wrong",
    ReviewReason.MODELS_DISAGREE: "models disagree",
    ReviewReason.TRUNCATED: "truncated",
    ReviewReason.LOW_CONFIDENCE: "low confidence",
}
"""Reasons to look at an input, in words."""
