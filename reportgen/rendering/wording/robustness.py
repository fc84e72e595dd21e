"""What small changes of inputs do, as sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reportgen.rendering.wording.labels import listed
from reportgen.rendering.wording.numbers import NBSP, count, fixed, percent
from reportgen.results.dataset.intervals import Estimate
from reportgen.results.dataset.perturbations import (
    HEAVY,
    LEAST,
    MARGIN,
    ChangeSensitivity,
    WordWithout,
)
from reportgen.results.kinds import PredictionKind
from reportgen.results.perturbation import Perturbation, PerturbationKind

CASES = ("lower case", "upper case")

KINDS: Mapping[PerturbationKind, str] = {
    "case": "lower or upper case",
    "punctuation": "punctuation left out",
    "typos": "typos",
    "padding": "padding",
}

REASONS = {
    "same": "the text is the same",
    "unread": "nothing is left that the model can read",
    "no room": "the model reads nothing longer",
}
"""Why a variant was not predicted."""


def variant_name(one: Perturbation, before: int) -> str:
    """Name a variant; ``before`` is how many of its kind come before it."""
    if one.kind == "word":
        return f"without “{one.word}”"
    return CASES[before % len(CASES)] if one.kind == "case" else KINDS[one.kind]


def of_input(variants: Sequence[Perturbation]) -> str:
    """Say how many variants of an input turn its prediction, and which."""
    read = [one for one in variants if one.label is not None]
    told = [one for one in read if one.changed is not None]
    if not told:
        return (
            f"{count(len(read), 'variant')} of this input {'was' if len(read) == 1 else 'were'} "
            "read. Nothing is chosen here that could turn: what changes is the output."
        )
    turned = [one for one in told if one.changed]
    if not turned:
        return f"None of {count(len(told), 'variant')} of this input turns the prediction."
    of_text = len([one for one in told if one.kind != "word"])
    text = len([one for one in turned if one.kind != "word"])
    words = [one for one in turned if one.kind == "word"]
    parts = []
    if of_text:
        parts.append(f"{text} of {count(of_text, 'change')} of its letters, marks and padding")
    if of_words := len(told) - of_text:
        parts.append(f"the loss of {len(words)} of {count(of_words, 'word')}")
    turns = "turn" if len(parts) > 1 or text > 1 else "turns"
    said = f"{listed(parts)} {turns} the prediction."
    return said[0].upper() + said[1:]


def about_change(kind: PredictionKind) -> str:
    """Say what the change of a variant is, and where a prediction of this kind turns."""
    what = "The change is that of the probability of what was predicted for the input itself"
    if kind.tags:
        what += (
            ", mean over the words that are left; a prediction turns where one of these is "
            "named otherwise"
        )
    elif kind.points:
        what += ": of that answer, whose context stays as it is"
    elif kind.written:
        what += ", per token of the text"
    return f"Each variant was read as an input of its own. {what}."


def over_inputs(found: Sequence[ChangeSensitivity]) -> str:
    """Say which small changes turn predictions, the most of them first."""
    known = [one for one in found if one.changed is not None]
    turning = sorted(
        (one for one in known if one.changed and one.changed.value > 0),
        key=lambda one: -(one.changed.value if one.changed else 0),
    )
    steady = [KINDS[one.kind] for one in known if one not in turning]
    said = [
        f"{KINDS[one.kind]} {'turn ' if i == 0 else ''}{percent(one.changed.value)} of "
        f"{count(one.changed.count, 'prediction') if i == 0 else f'{one.changed.count:,}'}"
        for i, one in enumerate(turning)
        if one.changed
    ]
    sentences = [listed(said)] if said else []
    if steady:
        sentences.append(f"{listed(steady)} {'turn' if len(steady) > 1 else 'turns'} none")
    return " ".join(f"{text[0].upper()}{text[1:]}." for text in sentences)


def interval(estimate: Estimate | None, *, sign: bool = False) -> str:
    """Write a share in percent with its interval; ``sign``: a difference, in points."""
    if estimate is None:
        return ""
    value, low, high = (100 * x for x in (estimate.value, estimate.low, estimate.high))
    plus = "+" if sign and round(value, 1) > 0 else ""
    unit = "" if sign else f"{NBSP}%"
    return f"{plus}{fixed(value, 1)}{unit} [{fixed(low, 1)}, {fixed(high, 1)}]"


def about_words(found: Sequence[WordWithout]) -> str:
    """Say which words weigh much and decide little, or that none is known to."""
    heavy = [one for one in found if one.heavy]
    named = [f"“{one.word}”" for one in heavy if one.uninformative]
    stand = f"{count(len(found), 'word')} of at least {LEAST} inputs"
    weigh = (
        f"{len(heavy)} of {stand} {'weighs' if len(heavy) == 1 else 'weigh'} much in explanations"
    )
    if named:
        holds = "decides" if len(named) == 1 else "decide"
        return f"{weigh}; {listed(named)} {holds} next to nothing."
    return f"{weigh}; of none is it certain that it decides next to nothing."


RULE = (
    f"A word weighs much with {HEAVY} times the attribution of an average word of its text. It "
    f"decides next to nothing where removing it everywhere turns certainly fewer than "
    f"{percent(MARGIN)} of the predictions (exact binomial test, corrected for all heavy words), "
    f"and the interval of the change of accuracy holds 0 and nothing beyond {percent(MARGIN)}."
)
