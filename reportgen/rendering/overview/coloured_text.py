"""The text of an input in one line of the overview, its strongest words in colour."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from sys import intern

from reportgen.methods import Hue, scoring
from reportgen.rendering.drawing.palette import shade
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.input.highlighted_text import Piece, cut
from reportgen.rendering.input.marks import Marks, ShadedStretch
from reportgen.rendering.input.scale import end, outliers, sinks, touched
from reportgen.rendering.input.unreliable import note
from reportgen.rendering.predictions.presenters import presenter
from reportgen.rendering.wording.labels import cut as cut_short
from reportgen.rendering.wording.labels import heading_segment, heading_start
from reportgen.rendering.wording.sentences import apart
from reportgen.results.entities import own_word
from reportgen.results.model import JobResult
from reportgen.results.scores import by_word
from reportgen.results.store import Store

FAINTEST = 2
"""The first of the palette's steps that is coloured: a line of text is no place for the others."""


@dataclass(frozen=True)
class ColouredLine:
    """A text cut at its coloured words, and what the colours mean."""

    pieces: tuple[Piece, ...]
    meaning: str


def coloured_line(brief: Brief) -> ColouredLine | None:
    """Cut the input's heading at the words that are coloured; ``None`` where none could be."""
    if brief.line is None:
        return None
    return ColouredLine(pieces(brief.result.texts, brief.line.stretches), brief.line.meaning)


def mark_line(result: JobResult, store: Store) -> Marks | None:
    """Colour the input's heading by the first method that has scores for what the model says.

    ``None`` where there is no such method, or its scores are not to be relied on; other methods
    may have failed.
    """
    if result.status != "done":
        return None
    stored = set(store.array_names(result.job))
    target = explained(result)
    for method in scoring():
        array = method.score
        if array is not None and array.of(target) in stored:
            if note(result, method.name, target):
                return None
            scores = store.read_array(result.job, array.of(target))
            words = by_word(scores, result.words, adds_up=array.adds_up)
            _, words = apart(words, own_word(result, target))
            rows = words[None]
            off = outliers(rows, touched(result.words, sinks(result.tokens)))
            scale = end(rows, rows, off, off)
            shaded = partial(strong_shade, scale=scale, hue=array.hue)
            meaning = presenter(result).colour_meaning(method, target)
            return Marks(stretches(result, words.tolist(), shaded), intern(meaning))
    return None


def strong_shade(value: float, scale: float, hue: Hue) -> str:
    found = shade(value, scale, hue)
    return found if found and int(found[1:]) >= FAINTEST else ""


def explained(result: JobResult) -> str:
    """Name the target that is about what the model says, or the first."""
    names = [target.name for target in result.targets]
    label = result.prediction.label if result.prediction else ""
    return label if label in names else next(iter(names), "")


def shown(texts: Mapping[str, str]) -> tuple[str, str, int, int]:
    """Return the text whose part is the heading, to its end there, where it starts and is cut."""
    name = heading_segment(texts)
    whole = texts[name]
    start = heading_start(name, whole)
    text = whole[:start] + cut_short(whole[start:])
    # Where it is cut there is an ellipsis at the end.
    return name, text, start, len(text) if text == whole else len(text) - 1


def stretches(
    result: JobResult, scores: Sequence[float], shaded: Callable[[float], str]
) -> tuple[ShadedStretch, ...]:
    """Return the words of the heading whose shade is strong enough."""
    name, _, start, limit = shown(result.texts)
    return tuple(
        ShadedStretch(word.start, word.end, shade)
        for word, score in zip(result.words, scores, strict=True)
        if word.segment == name and start <= word.start and word.end <= limit
        if (shade := shaded(score))
    )


def pieces(texts: Mapping[str, str], chosen: Sequence[ShadedStretch]) -> tuple[Piece, ...]:
    """Cut the heading at the ``chosen`` words; no character is lost."""
    _, text, start, _ = shown(texts)
    numbered = [(one, float(number)) for number, one in enumerate(chosen)]
    found = cut(text, numbered, lambda gap, word, i: Piece(gap, word, chosen[int(i)].shade))
    end = max((one.end for one in chosen), default=0)
    first, *others = (*found, Piece(text[end:], "", ""))
    return (replace(first, gap=f"…{first.gap[start:]}") if start else first, *others)
