"""The words of a text, told by its characters alone, and how words are compared."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator

SIGNS = frozenset("#%&@/\\-‐‑‰§·＃％＆＠／＼－")
"""Punctuation, by Unicode, that belongs to the word it stands at: ``#tag``, ``5%``, ``-3``."""

LINE_BREAK = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")

APART = "\uffff"
"""Stands for a character of a special token; no text has it."""

ABBREVIATION = re.compile(r"(?:[^\W\d_]\.){2,}")
"""``U.S.``, ``e.g.``: the last full stop is part of the word."""


def is_punctuation(text: str, at: int) -> bool:
    """Tell whether a character is a mark that words are separated from; ``--`` is a dash."""
    if text[at] == "-":
        return "-" in (text[at - 1 : at], text[at + 1 : at + 2])
    return text[at] not in SIGNS and unicodedata.category(text[at]).startswith("P")


def core(text: str) -> tuple[int, int]:
    """Return where a text without whitespace begins and ends, punctuation around it left out.

    Of punctuation alone nothing is left.
    """
    start, end = 0, len(text)
    while start < end and is_punctuation(text, start):
        start += 1
    while end > start and is_punctuation(text, end - 1):
        end -= 1
    return start, end + bool(ABBREVIATION.fullmatch(text[start : end + 1]))


def pieces(text: str) -> Iterator[tuple[int, int]]:
    """Cut a text into words, the punctuation around them, line breaks, and space at its end.

    The space between two words is in no piece, nor is what is ``APART``.
    """
    # An id that no token belongs to is written with a space: <id 151700>.
    for match in re.finditer(rf"(?:<id \d+>|[^\s{APART}])+|\s+", text):
        first, last = match.span()
        if match.group().isspace():
            if text[last : last + 1] in ("", APART) or LINE_BREAK.search(match.group()):
                yield first, last
            continue
        start, end = core(match.group())
        if start == end:
            yield first, last
            continue
        cuts = (first, first + start, first + end, last)
        yield from ((cuts[i], cuts[i + 1]) for i in range(3) if cuts[i] < cuts[i + 1])


def bare(word: str) -> str:
    """Take punctuation off a word's ends and its letter case: ``"Great!"`` is ``great``.

    Words of results have it only where one token is both; those that a check names may. Of
    punctuation alone nothing is left; see :func:`named`.
    """
    word = unicodedata.normalize("NFC", word)
    start, end = core(word)
    return word[start:end].casefold()


@functools.lru_cache(maxsize=1 << 16)
def named(word: str) -> str:
    """Return what a word is called beside others: bare, or as it is where only punctuation."""
    return bare(word) or word
