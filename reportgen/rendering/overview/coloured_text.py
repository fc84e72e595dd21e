"""The text of an input in one line of the overview, its strongest words in colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from reportgen.methods import Hue, scoring
from reportgen.rendering.drawing.palette import shade
from reportgen.rendering.input.brief import Brief
from reportgen.rendering.input.highlighted_text import Piece, cut
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


def coloured_line(brief: Brief, store: Store) -> ColouredLine | None:
    """Colour the input's heading by the first method that has scores for what the model says.

    ``None`` where there is no such method, or its scores are not to be relied on; other methods
    may have failed.
    """
    result = brief.result
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
            return ColouredLine(pieces(result, words.tolist(), shaded), meaning)
    return None


def strong_shade(value: float, scale: float, hue: Hue) -> str:
    found = shade(value, scale, hue)
    return found if found and int(found[1:]) >= FAINTEST else ""


def explained(result: JobResult) -> str:
    """Name the target that is about what the model says, or the first."""
    names = [target.name for target in result.targets]
    label = result.prediction.label if result.prediction else ""
    return label if label in names else next(iter(names), "")


def pieces(
    result: JobResult, scores: Sequence[float], shaded: Callable[[float], str]
) -> tuple[Piece, ...]:
    """Cut the heading at the words whose shade is strong enough; no character is lost."""
    name = heading_segment(result.texts)
    whole = result.texts[name]
    start = heading_start(name, whole)
    text = whole[:start] + cut_short(whole[start:])
    limit = len(text) if text == whole else len(text) - 1  # there is an ellipsis at the end
    chosen = [
        (word, score)
        for word, score in zip(result.words, scores, strict=True)
        if word.segment == name and start <= word.start and word.end <= limit and shaded(score)
    ]
    found = cut(text, chosen, lambda gap, word, score: Piece(gap, word, shaded(score)))
    end = max((word.end for word, _ in chosen), default=0)
    first, *others = (*found, Piece(text[end:], "", ""))
    return (replace(first, gap=f"…{first.gap[start:]}") if start else first, *others)
