"""What the model says without some of its words: the facts that open an input's page."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.rendering.input.score_rows import FEW
from reportgen.rendering.predictions.presenters import presenter
from reportgen.rendering.wording import removals, turning
from reportgen.rendering.wording.numbers import count
from reportgen.rendering.wording.units import Sentence, with_gaps
from reportgen.results.model import JobResult
from reportgen.results.removal import Removal, RemovalOutcome

READ = 300
"""Characters of a text that is shown as it was read."""


@dataclass(frozen=True)
class OutputFacts:
    """The facts about one output: ``lead`` names it where there are several.

    ``read`` has texts as they were read with gaps, and what the model said to each.
    """

    lead: str
    sentences: tuple[Sentence, ...]
    read: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Facts:
    """The facts about the outputs of an input, how units were removed, and what is not told."""

    outputs: tuple[OutputFacts, ...]
    noun: str
    how: str
    more: str = ""

    @property
    def read(self) -> bool:
        """Whether there are texts with gaps to show."""
        return any(output.read for output in self.outputs)


def first_games(result: JobResult) -> tuple[Removal, ...]:
    """Return the games with the first way to remove units, one for each output."""
    games = result.removals
    return tuple(game for game in games if game.operator == games[0].operator)


def facts(result: JobResult) -> Facts | None:
    """Tell what turns the prediction and what suffices for it, of the whole answer if there is one.

    ``None`` where no game was played about what is predicted.
    """
    games = first_games(result)
    games = tuple(game for game in games if game.target is None) or games
    told = [(game, found) for game in games if (found := removals.facts(result, game))]
    if not told:
        return None
    several = len(told) > 1
    left = len(told) - FEW
    return Facts(
        outputs=tuple(
            OutputFacts(output_name(result, game) if several else "", sentences, read(result, game))
            for game, sentences in told[:FEW]
        ),
        noun=told[0][0].granularity,
        how=removals.how(told[0][0]),
        more=not_shown(left),
    )


def not_shown(left: int) -> str:
    """Say where the outputs are that have no place on the page."""
    if left < 1:
        return ""
    return f"{count(left, 'more output')} {'is' if left == 1 else 'are'} in the stored results."


def output_name(result: JobResult, game: Removal) -> str:
    """Name the output of a game as the subject of a sentence."""
    return "The whole answer" if game.target is None else presenter(result).output(game.target)


def read(result: JobResult, game: Removal) -> tuple[tuple[str, str], ...]:
    """Return the texts with gaps that the facts are about, and what the model said to each."""
    told = {outcome.removed: outcome for outcome in outcomes(game) if outcome.removed}
    texts = (
        (with_gaps(result, game, removed), says(result, game, outcome))
        for removed, outcome in told.items()
    )
    return tuple((text, said) for text, said in texts if len(text) <= READ)


def says(result: JobResult, game: Removal, outcome: RemovalOutcome) -> str:
    """Name what the model said: which is ahead, that it is as before, or what it is in place of."""
    if turning.sides(result, game):
        return turning.turns(result, game, outcome)[1].strip()
    if game.sufficient and outcome == game.sufficient.outcome:
        return turning.kept(result, game, outcome)
    return turning.in_place(result, game, outcome)


def outcomes(game: Removal) -> list[RemovalOutcome]:
    """Return the outcomes that are told."""
    singles = sorted(game.singles, key=lambda outcome: outcome.output)[: removals.NAMED]
    sets = [found.outcome for found in (game.flip, game.sufficient) if found and found.outcome]
    return [*singles, *sets]
