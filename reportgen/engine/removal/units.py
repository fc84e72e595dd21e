"""What is removed as one: words, tokens or sentences of an encoded input."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from reportgen.engine.tokens import Encoding, characters
from reportgen.errors import InputError
from reportgen.methods import Granularity
from reportgen.results.segmentation import core

MOST_WORDS = 40
"""Words up to which ``granularity: auto`` removes words, beyond it sentences."""

SENTENCE = re.compile(r"\S.*?(?:[.!?…]+[\"'”’)\]]*(?=\s)|[。！？]|\n\s*\n|\Z)", re.DOTALL)
"""Text up to a mark that ends a sentence and is followed by space, or up to an empty line."""

Units = tuple[tuple[int, int], ...]
"""Stretches of tokens ``[first, last)``, in order; none overlap."""


def find_units(
    encoding: Encoding, granularity: Granularity | str, segments: Sequence[str]
) -> tuple[Granularity, Units]:
    """Return the units of ``segments``, and what they are where that was ``auto``.

    Special tokens are never part of one, and punctuation is none by itself, except in texts of
    nothing else: it stays where words are removed. Raises ``InputError`` where ``sentence``
    is asked for and there is only one.
    """
    words = word_units(encoding, segments)
    if granularity == "token":
        wanted = set(segments)
        return "token", tuple(
            (i, i + 1) for i in encoding.content.tolist() if encoding.tokens[i].segment in wanted
        )
    if granularity == "word" or (granularity == "auto" and len(words) <= MOST_WORDS):
        return "word", words
    sentences = sentence_units(encoding, segments)
    if len(sentences) > 1:
        return "sentence", sentences
    if granularity == "auto":
        return "word", words
    raise InputError(
        "granularity: sentence needs a text of several sentences, and this is one",
        hint="set granularity: word, or auto",
    )


def word_units(encoding: Encoding, segments: Sequence[str]) -> Units:
    """Return the words of ``segments`` as units; marks of punctuation where there is no word."""
    inside = [word for word in encoding.words if word.segment in segments and word.text.strip()]
    lexical = [word for word in inside if len(set(core(word.text))) > 1]
    return tuple((word.first, word.last) for word in lexical or inside)


def sentence_units(encoding: Encoding, segments: Sequence[str]) -> Units:
    return tuple(
        unit
        for segment in segments
        if segment in encoding.segments
        for unit in sentences_of(encoding, segment)
    )


def sentences_of(encoding: Encoding, segment: str) -> Iterator[tuple[int, int]]:
    """Yield the tokens of each sentence of a segment; each token is in the one it begins in."""
    ends = [match.end() for match in SENTENCE.finditer(encoding.segments[segment])]
    positions = [i for i, token in enumerate(encoding.tokens) if token.segment == segment]
    starts = np.array([characters(encoding.tokens[i])[0] for i in positions])
    numbers = np.searchsorted(ends, starts, side="right")
    for number in np.unique(numbers):
        (inside,) = np.nonzero(numbers == number)
        yield positions[inside[0]], positions[inside[-1]] + 1
