"""What a scan of a data set found, in sentences, and what it looked for."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reportgen.methods import score_of
from reportgen.rendering.wording.labels import listed, visible
from reportgen.rendering.wording.numbers import NBSP, count, fixed, signed
from reportgen.results.dataset.candidates import LABEL, LENGTH, WORD, Condition
from reportgen.results.dataset.findings import Finding, FindingKind, Tried
from reportgen.results.dataset.intervals import Estimate
from reportgen.results.dataset.permutation import PERMUTATIONS

CHANGES = {
    "case": "Changes of upper and lower case",
    "punctuation": "Changes of punctuation",
    "typos": "Typing errors",
    "padding": "Padding, which is no part of the text,",
}
"""What is done to inputs, as a sentence begins."""

SEVERAL = {
    "case": ", all lower or all upper",
    "typos": ", in at least one of the texts that were tried of each",
}
"""How an input counts of which several variants are tried."""


@dataclass(frozen=True)
class Texts:
    """How texts of a run are written in a sentence: a ``word``, and a ``name`` of a value."""

    word: Callable[[str], str]
    name: Callable[[str], str]


PAGE = Texts(word=lambda text: f"“{visible(text)}”", name=visible)


def told(found: Finding, method: str, texts: Texts = PAGE) -> str:
    """Say what was found, with its number and interval; ``method`` made the words' scores."""
    return SENTENCES[found.kind](found, method, texts)


def named(found: Finding) -> str:
    """Name what a finding is about: ``weak: word not``, ``weak: length 5 or fewer, source a``."""
    both = [found.about] if found.also is None else [found.about, found.also]
    about = ", ".join(f"{by} {visible(value)}" for by, value in sorted(both, key=position))
    return f"{NAMES[found.kind]}: {about}"


def weak_slice(found: Finding, method: str, texts: Texts) -> str:
    """Say on how many inputs of a group the model is wrong, and on how many others."""
    assert found.against is not None
    both = [found.about] if found.also is None else [found.about, found.also]
    groups = " and ".join(group(condition, texts) for condition in sorted(both, key=position))
    wrong = Estimate(
        1 - found.estimate.value,
        1 - found.estimate.high,
        1 - found.estimate.low,
        found.estimate.count,
    )
    return (
        f"Wrong on {share(wrong)} of the {count(wrong.count, 'input')} {groups}, against "
        f"{percents(1 - found.against.value)}{NBSP}% of the {count(found.against.count, 'other')}."
    )


def attribution(found: Finding, method: str, texts: Texts) -> str:
    """Say what a word contributes to a prediction where it is wrong, and where it is right."""
    assert found.against is not None
    where = (
        "the prediction" if found.also is None else f"the prediction {texts.name(found.also[1])}"
    )
    right, unit = found.against, score_of(method).unit
    return (
        f"Where {where} is wrong, the word {texts.word(found.about[1])} contributes "
        f"{signed(found.estimate.value)}{f' {unit}' if unit else ''} {between(found.estimate)}to "
        f"it on average over {count(found.estimate.count, 'input')}; where it is right, "
        f"{signed(right.value)} {between(right)}over {right.count:,}."
    )


def sensitive(found: Finding, method: str, texts: Texts) -> str:
    """Say how many predictions a small change turns."""
    what = CHANGES.get(found.about[1], f"Changes ({texts.name(found.about[1])})")
    return (
        f"{what} turn{'s' if found.about[1] == 'padding' else ''} the prediction of "
        f"{share(found.estimate)} of {count(found.estimate.count, 'input')}"
        f"{SEVERAL.get(found.about[1], '')}."
    )


def uninformative(found: Finding, method: str, texts: Texts) -> str:
    """Say that a word weighs much and decides little."""
    return (
        f"The word {texts.word(found.about[1])} weighs much in the explanations, but taking it "
        f"away turns the prediction of only {share(found.estimate)} of the "
        f"{count(found.estimate.count, 'input')} that have it."
    )


SENTENCES: dict[FindingKind, Callable[[Finding, str, Texts], str]] = {
    FindingKind.WEAK_SLICE: weak_slice,
    FindingKind.UNINFORMATIVE_WORD: uninformative,
    FindingKind.SENSITIVE: sensitive,
    FindingKind.ATTRIBUTION_DIFFERS: attribution,
}


NAMES = {
    FindingKind.WEAK_SLICE: "weak",
    FindingKind.UNINFORMATIVE_WORD: "decides nothing",
    FindingKind.SENSITIVE: "sensitive",
    FindingKind.ATTRIBUTION_DIFFERS: "contributes otherwise where wrong",
}
"""What each kind of finding is called in a name."""


def position(condition: Condition) -> int:
    """Where a condition is read most easily in a sentence: lengths, labels, words, columns."""
    order = (LENGTH, LABEL, WORD)
    return order.index(condition[0]) if condition[0] in order else len(order)


def group(condition: Condition, texts: Texts) -> str:
    """Name inputs by what they have: ``with the word “not”``, ``of 5 words or fewer``."""
    by, value = condition
    if by == WORD:
        return f"with the word {texts.word(value)}"
    if by == LABEL:
        return f"expected to be {texts.name(value)}"
    if by == LENGTH:
        number, *bound = value.split(" ", 1)
        if bound and bound[0].startswith("or"):
            return f"of {number} words {bound[0]}"
        return f"of {value} words" if bound or number != "1" else "of 1 word"
    return f"where {texts.name(by)} is {texts.word(value)}"


def percents(value: float) -> str:
    """Write a share without its sign: whole, or with a decimal below 10 %."""
    return fixed(100 * value, 0 if value >= 0.1 else 1)


def share(found: Estimate) -> str:
    """Write a share with its interval: ``41 % (34 to 48 %)``."""
    low, high = percents(found.low), percents(found.high)
    return f"{percents(found.value)}{NBSP}% ({low} to {high}{NBSP}%)"


def between(found: Estimate) -> str:
    """Write the interval of a mean, and a space; nothing where there is none."""
    if math.isnan(found.low):
        return ""
    return f"({signed(found.low)} to {signed(found.high)}) "


def headline(findings: Sequence[Finding]) -> str:
    """Say how much stands out."""
    if not findings:
        return "Nothing stands out."
    if len(findings) == 1:
        return "One thing stands out that nobody asked about."
    return f"{len(findings)} things stand out that nobody asked about, the surest first."


LOOKED = {
    FindingKind.WEAK_SLICE: (
        "words, values of columns, lengths and labels, and pairs of them, for groups of inputs on "
        "which the model is wrong more often"
    ),
    FindingKind.ATTRIBUTION_DIFFERS: "words, for other contributions where it is wrong",
    FindingKind.SENSITIVE: "kinds of small changes, for predictions that turn",
    FindingKind.UNINFORMATIVE_WORD: "words that weigh much, for predictions that stay without them",
}
"""What was looked at, and for what."""

MISSING = {
    FindingKind.WEAK_SLICE: "where it is wrong more often",
    FindingKind.ATTRIBUTION_DIFFERS: "whether words contribute otherwise where it is wrong",
    FindingKind.SENSITIVE: "what small changes do",
    FindingKind.UNINFORMATIVE_WORD: "which words decide nothing",
}


def looked_for(tried: Sequence[Tried]) -> str:
    """Say what was compared, over how many inputs, and what a finding by chance is bound to."""
    known = [one for one in tried if one.candidates]
    parts = [
        f"{one.candidates:,} {LOOKED[one.kind]} ({count(one.inputs, 'input')})" for one in known
    ]
    missing = [MISSING[one.kind] for one in tried if not one.candidates]
    found = []
    if parts:
        found.append(f"Compared were {'; '.join(parts)}.")
        each = "any finding" if len(known) == 1 else "any finding of one of these kinds"
        found.append(
            f"The chance that {each} is a coincidence is at most 5{NBSP}%, all that was compared "
            f"taken together."
        )
        if any(one.kind in SHUFFLED for one in known):
            found.append(
                f"To know that, the search was repeated {PERMUTATIONS:,} times with right and "
                "wrong shuffled."
            )
    if missing:
        found.append(f"Too few inputs are right or wrong, or explained, to tell {listed(missing)}.")
    return " ".join(found)


SHUFFLED = (FindingKind.WEAK_SLICE, FindingKind.ATTRIBUTION_DIFFERS)
"""What is tested by permuting outcomes."""
