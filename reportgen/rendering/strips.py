"""Texts with coloured words: what a reader sees of one score per token."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from reportgen.rendering.grid import FEW
from reportgen.rendering.numbers import number, signed
from reportgen.rendering.palette import Hue, ramp, shade
from reportgen.rendering.sentences import push_lead
from reportgen.results.model import JobResult, Token, Word
from reportgen.results.scores import by_word

SEGMENT_TITLES = {
    "text": "Text",
    "text_pair": "Second text",
    "question": "Question",
    "context": "Context",
    "prompt": "Prompt",
    "continuation": "Continuation",
    "source": "Source",
    "target_text": "Target",
}


@dataclass(frozen=True)
class Piece:
    """A coloured stretch of text: ``gap`` is the plain text before it."""

    gap: str
    text: str
    shade: str
    title: str


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
class Legend:
    """A colour scale with numbers: the shades from low to high, and what they stand for."""

    shades: tuple[str, ...]
    low: str
    high: str
    unit: str


@dataclass(frozen=True)
class Strip:
    """One method's view of the text."""

    title: str
    explanation: str
    hue: Hue
    segments: tuple[Segment, ...]
    specials: tuple[Piece, ...]
    legend: Legend


RECEIVED: tuple[tuple[str, str, Hue, str], ...] = (
    (
        "attention",
        "Attention received",
        "attention",
        "where the tokens looked, mean over layers, heads and queries",
    ),
    (
        "vector_norms",
        "Vector norm received",
        "norm",
        "what those looks carried: attention times the size of the value, mean over layers",
    ),
)
"""The maps that make a strip: method, title, hue, explanation."""


def make_strips(
    result: JobResult, scores: dict[str, np.ndarray], received: dict[str, np.ndarray], unit: str
) -> tuple[Strip, ...]:
    """One strip for each of the first outputs (on one scale), then one for each map."""
    found = []
    shown = dict(list(scores.items())[:FEW])
    scale = word_scale(result, shown.values())
    for name, row in shown.items():
        found.append(
            make_strip(
                result,
                row,
                scale,
                "signed",
                title=push_lead(result, name),
                explanation="red pushed the score up, blue pushed it down (integrated gradients)",
                unit=unit,
            )
        )
    for name, title, hue, explanation in RECEIVED:
        if name in received:
            row = received[name].mean(axis=0)
            found.append(
                make_strip(
                    result,
                    row,
                    word_scale(result, [row]),
                    hue,
                    title=title,
                    explanation=explanation,
                    unit="",
                )
            )
    return tuple(found)


def word_scale(result: JobResult, rows: Iterable[np.ndarray]) -> float:
    """The largest absolute score of a word or a token: the end of the colour scale."""
    return max(
        (
            float(np.abs(values).max(initial=0))
            for row in rows
            for values in (row, by_word(row, result.words))
        ),
        default=0.0,
    )


def make_strip(
    result: JobResult,
    scores: np.ndarray,
    scale: float,
    hue: Hue,
    *,
    title: str,
    explanation: str,
    unit: str,
) -> Strip:
    """Colour the input's text by token scores ``(n,)`` on a scale that ends at ``scale``."""
    write = signed if hue == "signed" else number
    scored_words = list(zip(result.words, by_word(scores, result.words), strict=True))
    scored_tokens = list(zip(result.tokens, scores, strict=True))

    def piece(gap: str, text: str, score: float) -> Piece:
        label = f"{text.strip() or text}: {write(score)} {unit}".rstrip()
        return Piece(gap, text, shade(score, scale, hue), label)

    segments = []
    names = dict.fromkeys(token.segment for token in result.tokens if token.segment)
    for name in names:
        written = name in result.generated
        field = result.generated[name] if written else result.fields[name]
        words = [pair for pair in scored_words if pair[0].segment == name]
        tokens = [pair for pair in scored_tokens if pair[0].segment == name]
        end = max((token.end or 0 for token, _ in tokens), default=0)
        segments.append(
            Segment(
                title=SEGMENT_TITLES.get(name, name) if len(names) > 1 or written else "",
                written=written,
                words=cut(field[:end], words, piece),
                tokens=cut(field[:end], tokens, piece),
                rest=field[end:].strip(),
            )
        )
    specials = tuple(
        piece("", token.text, score) for token, score in scored_tokens if token.special
    )
    return Strip(title, explanation, hue, tuple(segments), specials, legend(scale, hue, unit))


def cut(
    field: str,
    parts: list[tuple[Token, float]] | list[tuple[Word, float]],
    piece: Callable[[str, str, float], Piece],
) -> tuple[Piece, ...]:
    """Cut ``field`` at the offsets of ``parts``, so that no character is lost or moved.

    Byte-level tokenizers give several tokens the same characters; those after the first are
    shown as a dot that carries their score.
    """
    pieces, position = [], 0
    for part, score in parts:
        start, end = max(part.start or 0, position), min(part.end or 0, len(field))
        text = field[start:end] if end > start else "·"
        pieces.append(piece(field[position:start], text, float(score)))
        position = max(position, end)
    return tuple(pieces)


def legend(scale: float, hue: Hue, unit: str) -> Legend:
    if hue == "signed":
        return Legend(tuple(ramp(hue)), signed(-scale), signed(scale), unit)
    return Legend(tuple(ramp(hue)), "0", number(scale), unit)
