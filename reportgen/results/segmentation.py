"""Texts to words: every token that stands for text is in exactly one of them.

Words are told of the tokens' characters alone, so that results of any tokenizer, and of any
version, can be given the same ones.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reportgen.results.model import JobResult, Token, Word
from reportgen.spec.text_words import APART, pieces

SEPARATED = 5
"""The format since which results are stored with words apart from the punctuation around them."""


def without_special(tokens: Sequence[Token], texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts with ``APART`` for the special tokens that are written out in them."""
    found, read = dict(texts), dict.fromkeys(texts, 0)
    behind: list[Token | None] = [None] * len(tokens)  # the next token of a text
    for i in reversed(range(len(tokens) - 1)):
        behind[i] = tokens[i + 1] if tokens[i + 1].start is not None else behind[i + 1]
    before = None
    for token, after in zip(tokens, behind, strict=True):
        if token.segment is not None and token.end is not None:
            before, read[token.segment] = token, max(read[token.segment], token.end)
            continue
        for beside in filter(None, (before, after)):
            name = beside.segment or ""
            end = after.start if after is not None and after.segment == name else None
            at = texts[name].find(token.text, read[name], end)
            if token.text and at >= 0:
                read[name] = at + len(token.text)
                marks = APART * len(token.text)
                found[name] = found[name][:at] + marks + found[name][read[name] :]
                break
    return found


@dataclass
class Stretch:
    """Tokens ``[first, last)`` of pieces ``[low, high]``, which cover ``[start, end)``."""

    segment: str
    low: int
    high: int
    start: int
    end: int
    first: int
    last: int


def find_words(tokens: Sequence[Token], texts: Mapping[str, str]) -> tuple[Word, ...]:
    """Group tokens under the words of their texts; special tokens are in none.

    A token belongs to the piece of text that holds its first character, one of space to the word
    behind it. What one token covers together is one word, punctuation or not, and pieces without
    a token were not read. Words are in the order of their tokens, which lie side by side.
    """
    readable = without_special(tokens, texts)
    cuts = {name: list(pieces(text)) for name, text in readable.items()}
    starts = {name: [start for start, _ in found] for name, found in cuts.items()}
    ends = {name: [end for _, end in found] for name, found in cuts.items()}
    groups: list[Stretch] = []
    joins = False  # no special token is between
    for index, token in enumerate(tokens):
        name = token.segment
        if token.special or name is None or token.start is None or token.end is None:
            joins = False
            continue
        text, found = texts[name], cuts[name] or [(0, 0)]
        visible = token.start + len(text[token.start : token.end].rstrip())
        low = min(bisect_right(ends[name], token.start), len(found) - 1)
        high = max(low, bisect_left(starts[name], visible) - 1)
        before = groups[-1] if groups and groups[-1].segment == name else None
        if before and joins and low <= before.high:
            before.last = index + 1
            if high > before.high:
                before.high, before.end = high, max(before.end, found[high][1])
            continue
        start = found[low][0]
        if before and not joins and low <= before.high:  # each has its own side
            before.end = max(before.start, min(before.end, tokens[before.last - 1].end or 0))
            start = max(start, token.start)
        groups.append(Stretch(name, low, high, start, max(start, found[high][1]), index, index + 1))
        joins = True
    return tuple(
        Word(
            text=texts[group.segment][group.start : group.end],
            segment=group.segment,
            start=group.start,
            end=group.end,
            first=group.first,
            last=group.last,
        )
        for group in groups
    )


def assign(tokens: Sequence[Token], words: Sequence[Word]) -> tuple[Token, ...]:
    """Return the tokens with the number of the word that each is in."""
    numbers = {i: n for n, word in enumerate(words) for i in range(word.first, word.last)}
    return tuple(
        token if token.word == numbers.get(i) else token.model_copy(update={"word": numbers.get(i)})
        for i, token in enumerate(tokens)
    )


def separated(result: JobResult) -> JobResult:
    """Return a result with words as they are stored today, whichever version stored it."""
    if result.format >= SEPARATED or result.status == "error":
        return result
    words = find_words(result.tokens, result.texts)
    tokens = assign(result.tokens, words)
    return result.model_copy(update={"tokens": tokens, "words": words})
