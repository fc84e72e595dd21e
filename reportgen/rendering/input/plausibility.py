"""What people marked as the reason beside the words with the highest scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.methods import known
from reportgen.rendering.drawing.palette import STEPS, shade
from reportgen.rendering.drawing.tables import Table
from reportgen.rendering.input.highlighted_text import Piece, cut, segment_title
from reportgen.rendering.wording.labels import output, title
from reportgen.rendering.wording.rationales import (
    CHANCE,
    doubts,
    found,
    marks,
    measure,
    unsettled,
)
from reportgen.results.model import JobResult
from reportgen.results.plausibility import MarkedWords, Plausibility, Rationale, marked_words

TOP = 4
"""The shade of the top words."""


@dataclass(frozen=True)
class MarkedText:
    """One text with a rationale, cut at its words; ``rest`` was not read."""

    title: str
    words: tuple[Piece, ...]
    rest: str


@dataclass(frozen=True)
class PlausibilityView:
    """How far explanations point at what people marked.

    ``table`` has a row for each method, the mean over ``outputs`` where there are several, which
    ``each`` has one by one. Both are ``None`` where nothing could be judged.
    """

    texts: tuple[MarkedText, ...]
    marks: str
    found: str = ""
    doubts: tuple[str, ...] = ()
    words: int = 0
    top: int = 0
    outputs: int = 0
    table: Table | None = None
    each: Table | None = None


def plausibility_view(
    result: JobResult, rationale: Rationale, judged: Sequence[Plausibility]
) -> PlausibilityView | None:
    """Show marked and top words in the text, and a table of methods; ``None`` without marks."""
    words = marked_words(result, rationale)
    if not len(words.places):
        return None
    first = judged[0] if judged else None
    view = PlausibilityView(
        texts=texts(result, words, first), marks=marks(words), doubts=doubts(result, words.unread)
    )
    if first is None:
        return view
    outputs = dict.fromkeys(one.target for one in judged)
    return PlausibilityView(
        **vars(view)
        | {
            "found": found(first, result.words, title(first.method), output(result, first.target)),
            "words": len(words.places),
            "top": words.count,
            "outputs": len(outputs),
            "table": method_table(result, words, judged),
            "each": each_table(result, judged) if len(outputs) > 1 else None,
        }
    )


def texts(
    result: JobResult, words: MarkedWords, first: Plausibility | None
) -> tuple[MarkedText, ...]:
    """Underline what is marked, and shade the words with the highest scores of one method."""
    classes = {}
    for number, place in enumerate(words.places.tolist()):
        names = ["people"] if words.marked[number] else []
        if first is not None and first.top[number]:
            score = known(first.method).score or known(first.method).rows
            size = TOP if first.scores[number] >= 0 else -TOP
            names.append(shade(size, STEPS, score.hue if score else "norm"))
        classes[place] = " ".join(names)
    found = []
    for name in dict.fromkeys(result.words[place].segment for place in classes):
        own = [(result.words[i], float(i)) for i in classes if result.words[i].segment == name]
        text, end = result.texts[name], max(word.end for word, _ in own)
        pieces = cut(text[:end], own, lambda gap, text, i: Piece(gap, text, classes[int(i)]))
        several = len(result.texts) > 1
        found.append(MarkedText(segment_title(name) if several else "", pieces, text[end:].strip()))
    return tuple(found)


def method_table(result: JobResult, words: MarkedWords, judged: Sequence[Plausibility]) -> Table:
    """A row for each method: the mean over its outputs; the last is what chance comes to."""
    by_method: dict[str, list[Plausibility]] = {}
    for one in judged:
        by_method.setdefault(one.method, []).append(one)
    rows = [
        (
            title(method) + (" (not converged)" if unsettled(result, method) else ""),
            *map(measure, np.mean([one.measures for one in of], axis=0)),
        )
        for method, of in by_method.items()
    ]
    chance = measure(words.chance)
    return Table(COLUMNS, (*rows, (CHANCE, chance, chance, "–")))


def each_table(result: JobResult, judged: Sequence[Plausibility]) -> Table:
    """A row for each output and method, one output after the other."""
    by_output: dict[str, list[Plausibility]] = {}
    for one in judged:
        by_output.setdefault(one.target, []).append(one)
    return Table(
        ("output", *COLUMNS),
        tuple(
            (output(result, name), title(one.method), *map(measure, one.measures))
            for name, of in by_output.items()
            for one in of
        ),
    )


COLUMNS = ("method", "AUPRC", "F1", "IOU")
