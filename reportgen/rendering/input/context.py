"""A text with its sentences shaded by what the output becomes without them."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.rendering.drawing.palette import shade
from reportgen.rendering.input.facts import first_games, output_name
from reportgen.rendering.input.highlighted_text import ScoreLegend, legend, segment_title
from reportgen.rendering.wording import removals
from reportgen.rendering.wording.numbers import signed
from reportgen.rendering.wording.units import Sentence, read_end, span
from reportgen.results.model import JobResult
from reportgen.results.removal import Removal


@dataclass(frozen=True)
class ShadedSentence:
    """One sentence with its place, from 1, and score; ``gap`` is the text before it."""

    gap: str
    number: int
    text: str
    score: str
    shade: str


@dataclass(frozen=True)
class ShadedText:
    """One text, cut into sentences; ``after`` is behind the last, ``rest`` was not read."""

    title: str
    sentences: tuple[ShadedSentence, ...]
    after: str
    rest: str


@dataclass(frozen=True)
class Context:
    """The texts, what their shades mean, and what the most important sentence does."""

    output: str
    about: str
    facts: tuple[Sentence, ...]
    legend: ScoreLegend
    texts: tuple[ShadedText, ...]


def context(result: JobResult) -> Context | None:
    """Shade sentences by their effects on the whole answer, or else on the first output."""
    games = [game for game in first_games(result) if game.granularity == "sentence"]
    if not games:
        return None
    game = next((game for game in games if game.target is None), games[0])
    scores = game.shapley or game.effects
    limit = max(map(abs, scores), default=0.0)
    places: dict[str, list[tuple[int, int, int]]] = {}
    for unit, stretch in enumerate(game.units):
        place = span(result, stretch)
        if place is not None:
            places.setdefault(place[0], []).append((place[1], place[2], unit))
    texts = []
    for name, found in places.items():
        text, at, pieces = result.texts[name], 0, []
        for start, last, unit in sorted(found):
            score = scores[unit]
            shown = shade(score, limit, "signed")
            gap = text[at:start]
            pieces.append(ShadedSentence(gap, unit + 1, text[start:last], signed(score), shown))
            at = max(at, last)
        title = segment_title(name) if len(result.texts) > 1 else ""
        end = max(at, read_end(result, name))
        texts.append(ShadedText(title, tuple(pieces), text[at:end], text[end:].strip()))
    return Context(
        output=output_name(result, game),
        about=removals.sentence_scores(game),
        facts=top_sentence(result, game),
        legend=legend(limit, "signed", ""),
        texts=tuple(texts),
    )


def top_sentence(result: JobResult, game: Removal) -> tuple[Sentence, ...]:
    """Say what a whole answer loses without the sentence that it needs most."""
    if game.target is not None or not game.effects:
        return ()
    unit = max(range(len(game.effects)), key=lambda i: game.effects[i])
    return (removals.without_unit(result, game, unit),)
