"""Where in its texts an input's rationale lies: words and phrases found, spans checked."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from pydantic import ConfigDict, TypeAdapter, ValidationError

from reportgen.spec.chat import ROLES, texts_of
from reportgen.spec.messages import nearest, suggest, translate
from reportgen.spec.problem import Problem, quoted
from reportgen.spec.rationale import (
    MOST_ENTRIES,
    Rationale,
    RationaleEntry,
    RationaleSpan,
    Spans,
)
from reportgen.spec.source import SpecSource

MOST_PLACES = 100_000
"""Places in an input at which words of its rationale are looked for."""

BESIDE = ("question", "continuation", "target_text")
"""Texts in which a rationale lies only where it names them: the reasons are in those beside."""

TEXTS = {"text": "the text", "text_pair": "the second text"}
"""What texts are called in messages that do not go by their key."""

COUNTED = "characters are counted from 0, and the end is the first one after the span"

WHOLE = "words are found whole, in any letter case; a part of one is given as [start, end]"

WRITTEN = 'a list as JSON: ["gripping", "a delight"], or spans: [[0, 8]]'

WORD = re.compile(r"\w+(?:['’-]\w+)*")

_RATIONALE: TypeAdapter[list[RationaleEntry]] = TypeAdapter(
    Rationale, config=ConfigDict(strict=True)
)


def find_rationale(
    entries: Sequence[RationaleEntry], fields: Mapping[str, str]
) -> tuple[Spans, list[Problem]]:
    """Return the spans that a rationale covers, and all that is wrong with its entries.

    ``fields`` are the input's own. The problems' paths are the positions of the entries.
    """
    if not entries:
        return {}, []
    texts = texts_of(fields)
    own = {name: folded(text) for name, text in texts.items() if name not in BESIDE}
    found: dict[str, list[tuple[int, int]]] = {}
    problems: list[Problem] = []
    left = MOST_PLACES
    for position, entry in enumerate(entries):
        if not isinstance(entry, str):
            span = entry if isinstance(entry, RationaleSpan) else _span(entry, own)
            if wrong := _wrong(position, span, texts):
                problems.append(wrong)
            else:
                found.setdefault(span.segment, []).append((span.start, span.end))
            continue
        before = sum(map(len, found.values()))
        for name, text in own.items():
            tried = list(islice(_tried(entry, text), left))
            left -= len(tried)
            found.setdefault(name, []).extend(filter(None, tried))
        if left <= 0:
            message = f"words of a rationale may stand at {MOST_PLACES:,} places and more"
            return {}, [*problems, Problem((position,), message, "give the spans that are meant")]
        if sum(map(len, found.values())) == before:
            problems.append(_missing(position, entry, [texts[name] for name in own]))
    return {name: merged(spans) for name, spans in found.items() if spans}, problems


def _span(entry: Sequence[int], own: Mapping[str, Any]) -> RationaleSpan:
    """Name the text that a span is of where it names none: the last message, else the first."""
    chat = any(name.partition(" ")[0] in ROLES for name in own)
    return RationaleSpan(segment=list(own)[-1 if chat else 0], start=entry[0], end=entry[1])


def read_cell(value: Any) -> list[RationaleEntry]:
    """Return the entries of a cell: JSON text in csv, there and elsewhere a list.

    Raises ``CellError`` for what is no rationale.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise CellError(f"expected a rationale, found {quoted(value)}", WRITTEN) from None
    if isinstance(value, list) and len(value) > MOST_ENTRIES:
        raise CellError(f"expected at most {MOST_ENTRIES:,} entries, found {len(value):,}", "")
    try:
        return _RATIONALE.validate_python(value)
    except ValidationError as error:
        first = translate(error, SpecSource(value))[0]
        places = [part for part in first.path if isinstance(part, int)]
        which = f"entry {places[0] + 1}: " if places else ""
        raise CellError(which + first.message, first.advice or WRITTEN) from None


@dataclass
class CellError(Exception):
    """A cell of a data file is no rationale."""

    message: str
    hint: str


def occurrences(phrase: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield where a phrase stands as whole words: characters ``[start, end)``, none left out.

    Letter case, the form of accents (NFC or NFD) and the kind of space between words are set
    aside; what ends in a letter or digit is not found before another.
    """
    return filter(None, _tried(phrase, folded(text)))


def _tried(phrase: str, text: Folded) -> Iterator[tuple[int, int] | None]:
    """Yield every place where a phrase may stand, ``None`` where it does not, or within words."""
    parts = [folded(part).text for part in phrase.split()]
    if not parts:
        return
    found = text.text
    if not all(part in found for part in parts):
        return
    wanted, first = re.compile(r"\s+".join(map(re.escape, parts))), -1
    # Not re's own search, which is slower; and the next may begin within this one.
    while (first := found.find(parts[0], first + 1)) >= 0:
        match = wanted.match(found, first)
        if match is None:
            yield None
            continue
        last = match.end()
        ends = (found[first - 1 : first] + found[first], found[last - 1] + found[last : last + 1])
        within = any(len(pair) == 2 and all(map(in_word, pair)) for pair in ends)
        yield None if within else (text.starts[first], text.ends[last - 1])


def in_word(character: str) -> bool:
    """Tell whether a character goes on with the word beside it."""
    return character.isalnum() or character == "_" or unicodedata.category(character)[0] == "M"


class Folded(NamedTuple):
    """A text to compare by, and where each of its characters starts and ends in the original."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]


def folded(text: str) -> Folded:
    """Set letter case and the form of accents aside; a letter has its accents with it."""
    if text.isascii():
        return Folded(text.lower(), range(len(text)), range(1, len(text) + 1))
    found: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    end = 0
    while end < len(text):
        start, end = end, end + 1
        while end < len(text) and unicodedata.category(text[end])[0] == "M":
            end += 1
        piece = unicodedata.normalize(
            "NFC", unicodedata.normalize("NFC", text[start:end]).casefold()
        )
        found.append(piece)
        starts += [start] * len(piece)
        ends += [end] * len(piece)
    return Folded("".join(found), starts, ends)


def merged(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return spans in order, those that overlap or touch as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)


def _missing(position: int, phrase: str, texts: list[str]) -> Problem:
    called = "the text" if len(texts) == 1 else "the texts"
    return Problem(
        (position,),
        f"{quoted(phrase)} is not in {called} of the input",
        partial(_nearest, phrase, texts),
    )


def _nearest(phrase: str, texts: list[str]) -> str:
    """Name the stretch of as many words that is most like a phrase."""
    more = max(0, len(phrase.split()) - 1)
    stretches = (
        text[first.start() : last.end()]
        for text in texts
        for first, last in zip(
            WORD.finditer(text), islice(WORD.finditer(text), more, None), strict=False
        )
    )
    return nearest(phrase, stretches) or WHOLE


def _wrong(position: int, span: RationaleSpan, texts: Mapping[str, str]) -> Problem | None:
    """Say what is wrong with a span, if anything is."""
    path, written = (position,), f"{span.start}..{span.end}"
    text = texts.get(span.segment)
    called = TEXTS.get(span.segment, f"the {span.segment}")
    if text is None:
        message = f"the input has no text {quoted(span.segment)}"
        return Problem(path, message, partial(suggest, span.segment, texts, "its texts"))
    if span.start >= span.end:
        return Problem(path, f"expected a span of characters, found {written}", COUNTED)
    if span.end > len(text):
        message = f"the span is {written} but {called} has {len(text):,} characters"
        return Problem(path, message, COUNTED)
    if text[span.start : span.end].isspace():
        return Problem(path, f"{written} of {called} is no word but space", COUNTED)
    return None
