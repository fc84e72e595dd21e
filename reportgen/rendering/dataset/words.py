"""Which words decide: what each word does to each output over all inputs of a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reportgen.methods import score_of
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.input.score_rows import RESCALED
from reportgen.rendering.wording import words as wording
from reportgen.rendering.wording.labels import title, visible
from reportgen.rendering.wording.numbers import number, signed
from reportgen.results.dataset.moments import MANY
from reportgen.results.dataset.observations import Observations
from reportgen.results.dataset.word_statistics import (
    EXAMPLES,
    SignChange,
    WordStatistics,
    expected_means,
    sign_changes,
    word_statistics,
)
from reportgen.results.review import ReviewReason

if TYPE_CHECKING:
    from reportgen.rendering.dataset.sections import DatasetFacts

TOWARDS, AGAINST = 10, 5
"""Words named for and against an output."""

OUTPUTS = 4
"""Outputs of a model whose words are listed: those explained most often."""

TOLD = 2
"""Outputs that the sentence names."""

LISTED = 200
"""Words of a model in tables, of all its outputs together."""

CHANGES = 8
"""Words of an output whose change of sign is told."""


@dataclass(frozen=True)
class WordScore:
    """A word's mean score with its interval, and the number of inputs it occurs in.

    ``share`` is in [-1, 1]; ``ends`` are those of the interval on the same scale, ``None`` where it
    has none. ``examples`` are inputs where the word's score is largest.
    """

    word: str
    share: float
    ends: tuple[float, float] | None
    value: str
    interval: str
    inputs: int
    positive: str
    expected: tuple[str, ...]
    examples: tuple[Brief, ...]


@dataclass(frozen=True)
class ChangedWord:
    """A word whose sign changes, in words, and inputs on both sides."""

    word: str
    sides: str
    towards: tuple[Brief, ...]
    against: tuple[Brief, ...]


@dataclass(frozen=True)
class WordEffects:
    """The words that push one output of a model most, over the inputs where it was explained.

    ``unit`` is that of the scores, ``least`` the number of inputs a listed word occurs in at
    least, ``largest`` the number at the end of the bars. ``words`` are those that do so most
    clearly, towards it and then against it; ``listed`` are more of them, the clearest first, of
    ``known`` in all; ``labels`` are those that are expected of inputs. ``changes`` are those whose
    sign changes, of ``changing``; ``clear`` is what a score is at least that is clear of 0.
    """

    model: str
    method: str
    output: str
    unit: str
    inputs: int
    least: int
    largest: str
    words: tuple[WordScore, ...]
    known: int
    listed: tuple[WordScore, ...]
    labels: tuple[str, ...]
    changes: tuple[ChangedWord, ...]
    changing: int
    clear: str


@dataclass(frozen=True)
class DecidingWords:
    """The words of one model, and the sentence that says what was found.

    ``unconverged`` counts the inputs whose explanations are left out.
    """

    model: str
    sentence: str
    method: str
    unconverged: int
    outputs: tuple[WordEffects, ...]


@dataclass(frozen=True)
class WordsView:
    """The words of every model; ``several`` models, which are then named."""

    several: bool
    models: tuple[DecidingWords, ...]

    def of(self, model: str) -> tuple[WordEffects, ...]:
        """Return the outputs of one model."""
        return tuple(one for found in self.models if found.model == model for one in found.outputs)


def words_view(facts: DatasetFacts) -> WordsView | None:
    """Show the words of each model that enough inputs explain; ``None`` where there is none."""
    made = (deciding_words(found, facts.briefs) for found in facts.observed.values())
    models = tuple(one for one in made if one)
    return WordsView(len(facts.manifest.models) > 1, models) if models else None


def deciding_words(found: Observations, briefs: Sequence[Brief]) -> DecidingWords | None:
    many = [words for words in word_statistics(found) if words.inputs >= MANY][:OUTPUTS]
    many = [words for words in many if words.moments.means[words.by_evidence()].any()]
    if not many:
        return None
    inputs = [briefs[place] for place in found.places.tolist()]
    outputs, clear, changing = [], [], set()
    for words in many:
        changes = sign_changes(words)
        changing |= {one.word for one in changes}
        outputs.append(word_effects(found, words, changes, inputs, LISTED // len(many)))
        clear.append(clearest(words))
    return DecidingWords(
        model=found.model,
        sentence=wording.clearest(clear[:TOLD], outputs[0].unit, len(changing)),
        method=outputs[0].method,
        unconverged=sum(ReviewReason.NOT_CONVERGED in brief.reasons for brief in inputs),
        outputs=tuple(outputs),
    )


def clearest(words: WordStatistics) -> wording.ClearWord:
    for word in words.by_evidence().tolist():
        one = words.moments.estimate(word)
        if one.value > 0 and words.clear[word] > 0:
            return wording.ClearWord(words.output.output, words.vocabulary[word], one)
    return wording.ClearWord(words.output.output, None)


def word_effects(
    found: Observations,
    words: WordStatistics,
    changes: Sequence[SignChange],
    inputs: Sequence[Brief],
    most: int,
) -> WordEffects:
    order = words.by_evidence()
    chosen, scale = barred(words, order)
    expected = expected_means(found, words)

    def row(word: int) -> WordScore:
        one = words.moments.estimate(word)
        share, low, high = (
            min(1.0, max(-1.0, value / scale)) for value in (one.value, one.low, one.high)
        )
        examples = words.examples(word, 1 if one.value > 0 else -1)
        return WordScore(
            word=visible(words.vocabulary[word]),
            share=share,
            ends=(low, high) if one.low == one.low else None,
            value=signed(one.value),
            interval=wording.interval(one),
            inputs=one.count,
            positive=wording.share(float(words.positive[word])),
            expected=tuple(wording.with_count(of.estimate(word)) for of in expected.values()),
            examples=few(examples, inputs),
        )

    method, how = words.output.method, words.output.how
    return WordEffects(
        model=found.model,
        method=title(method),
        output=words.output.output,
        unit=RESCALED.get(how, score_of(method).unit),
        inputs=words.inputs,
        least=words.least,
        largest=number(scale),
        words=tuple(map(row, chosen)),
        known=len(order),
        listed=tuple(map(row, order[:most].tolist())) if len(order) > len(chosen) else (),
        labels=tuple(expected),
        changes=tuple(changed(one, words.output.output, inputs) for one in changes[:CHANGES]),
        changing=len(changes),
        clear=number(words.typical),
    )


def barred(words: WordStatistics, order: np.ndarray) -> tuple[list[int], float]:
    """Choose the words that are drawn, and where bars end.

    They are the clearest on either side; on the page the largest means come first. Bars end where
    the widest interval does, but no farther than twice the largest mean.
    """
    means = words.moments.means
    chosen = [
        int(word)
        for sign, most in ((1, TOWARDS), (-1, AGAINST))
        for word in order[sign * means[order] > 0][:most]
    ]
    chosen.sort(key=lambda word: (-means[word], words.vocabulary[word]))
    held = [words.moments.estimate(word) for word in chosen]
    largest = max(abs(one.value) for one in held)
    ends = (abs(end) for one in held for end in (one.value, one.low, one.high) if end == end)
    return chosen, min(2 * largest, max(ends))


def changed(one: SignChange, output: str, inputs: Sequence[Brief]) -> ChangedWord:
    return ChangedWord(
        visible(one.word),
        wording.sides(output, len(one.towards), len(one.against), one.count, one.means),
        few(one.towards, inputs),
        few(one.against, inputs),
    )


def few(rows: np.ndarray, inputs: Sequence[Brief]) -> tuple[Brief, ...]:
    return tuple(inputs[row] for row in rows[:EXAMPLES].tolist())
