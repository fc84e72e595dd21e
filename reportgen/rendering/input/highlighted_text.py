"""Texts with coloured words: what a reader sees of one score per token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.methods import Hue, known
from reportgen.rendering.drawing.palette import ramp, shade
from reportgen.rendering.input.marks import ShadedStretch
from reportgen.rendering.input.scale import touched
from reportgen.rendering.input.score_rows import FEW, Group
from reportgen.rendering.wording.labels import SEGMENT_TITLES, listed, quoted, visible
from reportgen.rendering.wording.numbers import number, signed
from reportgen.results.model import JobResult, Token, Word


def segment_title(name: str) -> str:
    """Name a text as a heading; those of a chat go by their role."""
    return SEGMENT_TITLES.get(name, name[:1].upper() + name[1:])


@dataclass(frozen=True)
class Piece:
    """A coloured stretch of text: ``gap`` is the plain text before it."""

    gap: str
    text: str
    shade: str


@dataclass(frozen=True)
class Segment:
    """One text, cut into words and into tokens; ``rest`` was not read.

    ``written`` texts are the model's own, the others fields of the input.
    """

    title: str
    written: bool
    words: tuple[Piece, ...]
    tokens: tuple[Piece, ...]
    rest: str


@dataclass(frozen=True)
class ScoreLegend:
    """A colour scale with numbers: the shades from low to high, and what they stand for."""

    shades: tuple[str, ...]
    low: str
    high: str
    unit: str


@dataclass(frozen=True)
class HighlightedText:
    """One method's view of the text; ``unreliable`` says why not to rely on it, if so."""

    title: str
    explanation: str
    hue: Hue
    segments: tuple[Segment, ...]
    specials: tuple[Piece, ...]
    legend: ScoreLegend
    unreliable: str


def highlighted_texts(result: JobResult, methods: Sequence[Group]) -> tuple[HighlightedText, ...]:
    """One text for each of the first outputs, then one for each method that knows no output.

    Texts of the other methods, and of other rows of maps, are coloured by the script; where a
    result has only such, they stand on the page.
    """
    scores = [group for group in methods if not group.beside]
    chosen = [group for group in scores if known(group.method).in_text] or scores
    return tuple(
        highlighted_text(result, group, i)
        for group in chosen
        for i in range(min(len(group.rows), FEW if known(group.method).score else 1))
    )


def highlighted_text(result: JobResult, group: Group, row: int) -> HighlightedText:
    """Colour the input's text by one row of scores; what is off the scale is marked and told."""
    scored_words = list(zip(result.words, group.words[row].tolist(), strict=True))
    scored_tokens = list(zip(result.tokens, group.table[row].tolist(), strict=True))

    end = group.scale(row)
    limit = end if group.off(row) else np.inf

    def piece(gap: str, text: str, score: float) -> Piece:
        mark = " off" if abs(score) > limit else ""
        return Piece(gap, text, shade(score, end, group.hue) + mark)

    specials = tuple(
        piece("", visible(token.text), score) for token, score in scored_tokens if token.special
    )
    title, about = (
        group.rows[row].title,
        "; ".join(filter(None, (group.about, off(group, result, row)))),
    )
    scale = legend(end, group.hue, group.unit)
    segments = make_segments(result, scored_words, scored_tokens, piece)
    return HighlightedText(title, about, group.hue, segments, specials, scale, group.doubts[row])


def off(group: Group, result: JobResult, row: int) -> str:
    """Say which words, and special tokens, are off the scale of a row, with their scores."""
    out = touched(result.words, group.off(row))
    scores = {quoted(result.words[i].text): group.words[row, i] for i in out}
    scores |= {
        result.tokens[i].text: group.table[row, i]
        for i in group.off(row)
        if result.tokens[i].special
    }
    told = [f"{text} {group.write(float(score))}" for text, score in scores.items() if score]
    return f"off the scale (▲): {listed(told)}" if told else ""


def make_segments(
    result: JobResult,
    scored_words: Sequence[tuple[Word, float]],
    scored_tokens: Sequence[tuple[Token, float]],
    piece: Callable[[str, str, float], Piece],
) -> tuple[Segment, ...]:
    """Cut every text that was read at its words, and at its tokens where these have scores."""
    segments = []
    names = dict.fromkeys(token.segment for token in result.tokens if token.segment)
    for name in names:
        written = name in result.generated
        field = result.texts[name]
        words = [pair for pair in scored_words if pair[0].segment == name]
        tokens = [pair for pair in scored_tokens if pair[0].segment == name]
        end = max((token.end or 0 for token in result.tokens if token.segment == name), default=0)
        segments.append(
            Segment(
                title=segment_title(name) if len(names) > 1 or written else "",
                written=written,
                words=cut(field[:end], words, piece),
                tokens=cut(field[:end], tokens, piece),
                rest=field[end:].strip(),
            )
        )
    return tuple(segments)


def cut(
    field: str,
    parts: list[tuple[Token, float]] | list[tuple[Word, float]] | list[tuple[ShadedStretch, float]],
    piece: Callable[[str, str, float], Piece],
) -> tuple[Piece, ...]:
    """Cut ``field`` at the offsets of ``parts``, so that no character is lost or moved.

    Byte-level tokenizers give several tokens the same characters; those after the first are
    shown as a dot that carries their score. Whitespace that has a score can be seen.
    """
    pieces, position = [], 0
    for part, score in parts:
        start, end = max(part.start or 0, position), min(part.end or 0, len(field))
        text = field[start:end] if end > start else "·"
        if text.isspace():
            text = visible(text) + "\n" * len(text.splitlines())
        pieces.append(piece(field[position:start], text, float(score)))
        position = max(position, end)
    return tuple(pieces)


def legend(scale: float, hue: Hue, unit: str) -> ScoreLegend:
    shades = tuple(ramp(hue)[::-2][::-1])  # every other one, with both ends
    if hue == "signed":
        return ScoreLegend(shades, signed(-scale), signed(scale), unit)
    return ScoreLegend(shades, "0", number(scale), unit)
