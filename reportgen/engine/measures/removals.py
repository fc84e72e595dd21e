"""Play the removal games of a prediction: what it rests on, and how well methods foretell it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reportgen.engine.measures.faithfulness import Measured, evaluations_needed, unit_scores
from reportgen.engine.methods.base import NotApplicable, PredictionContext
from reportgen.engine.methods.removal_method import (
    is_placed,
    outputs,
    too_many,
    whole_answer,
)
from reportgen.engine.removal.game import EXACT_UNITS
from reportgen.engine.removal.operators import second_operator
from reportgen.engine.removal.output_games import OutputGames
from reportgen.engine.removal.outputs import RemovedOutputs
from reportgen.engine.removal.smallest import SmallestSet
from reportgen.methods.faithfulness import Faithfulness
from reportgen.results.model import Target
from reportgen.results.removal import Removal, RemovalOutcome, SmallestUnits
from reportgen.spec.text_words import named

MOST_MEASURED = 2
"""Outputs of one input by which methods are measured."""

SHAPLEY_EVALUATIONS = 200


def play(
    context: PredictionContext,
    settings: Faithfulness,
    arrays: Mapping[str, np.ndarray],
    targets: tuple[Target, ...],
) -> tuple[Removal, ...]:
    """Return the games of the explained outputs, or of the answer they make up, by two operators.

    ``targets`` are those that methods explain, with the tokens that they are read from. Raises
    ``NotApplicable`` where there is nothing to remove, or more than evaluations allow.
    """
    first = outputs(context, settings)
    placed = is_placed(context, first.targets)
    second = second_operator(context.loaded, settings.second, first.operator, placed)
    found = games(context, settings, first, arrays, targets, facts=True)
    if second is not None:
        other = outputs(context, settings, second)
        found += games(context, settings, other, arrays, targets, facts=False)
    return tuple(found)


def games(
    context: PredictionContext,
    settings: Faithfulness,
    played: RemovedOutputs,
    arrays: Mapping[str, np.ndarray],
    targets: tuple[Target, ...],
    *,
    facts: bool,
) -> list[Removal]:
    """Return the games with one operator; ``facts``: also what turns or keeps the prediction."""
    own = context.targets(settings.target)
    whole = set(own) == set(whole_answer(context)) and len(own) > 1
    together = [own] if whole else [(target,) for target in own]
    located = {target.name: target for target in targets}
    asked = sets_asked(played, settings) if facts else []
    scores = [
        summed([unit_scores(arrays, located.get(t.name, t), played.units) for t in some])
        for some in together[:MOST_MEASURED]
    ]
    needed = evaluations_needed(played.n, max(map(len, scores)))
    if needed > settings.max_evaluations:
        raise NotApplicable(too_many(needed, played, settings))
    found = []
    for place, some in enumerate(together):
        numbers = tuple(map(played.targets.index, some))
        one = OutputGames(played, numbers, search_evaluations(settings, played.n))
        measured = Measured(one, scores[place], context.seed) if place < len(scores) else None
        name = None if whole else some[0].name
        found.append(describe(one, name, measured, asked, facts=facts))
    return found


def search_evaluations(settings: Faithfulness, n: int) -> int:
    """Return how many sets a search for the fewest of n units may take."""
    return max(settings.search, 2**n if n <= EXACT_UNITS else n + 2)


def summed(scores: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Add up the scores of the methods that explain all outputs of an answer."""
    names = [name for name in scores[0] if all(name in one for one in scores)]
    return {name: np.sum([one[name] for one in scores], axis=0) for name in names}


def describe(
    one: OutputGames,
    name: str | None,
    measured: Measured | None,
    asked: list[np.ndarray],
    *,
    facts: bool,
) -> Removal:
    """Return all that is told of one output and operator."""
    played = one.outputs
    ends = one.probability.values(np.array([np.zeros(played.n, bool), np.ones(played.n, bool)]))
    by_sentence = played.granularity == "sentence"
    sure = facts and played.loaded.task.distribution != "none" and holds(one)
    return Removal(
        target=name,
        operator=played.operator,
        granularity=played.granularity,
        units=played.units,
        probable=played.loaded.task.distribution != "none",
        output=ends[0],
        nothing=ends[1],
        effects=tuple(one.logit.leave_one_out().tolist()),
        shapley=shapley(one) if by_sentence else (),
        flip=smallest(one, one.margin.smallest_flip(threshold=0.0), keep=False) if sure else None,
        sufficient=smallest(one, one.margin.smallest_sufficient(threshold=0.0), keep=True)
        if sure
        else None,
        singles=singles(one) if sure else (),
        asked=tuple(outcome(one, removed) for removed in asked),
        bounds=measured.bounds if measured else None,
        exact=measured.bounds.exact if measured else False,
        curves=tuple(measured.curves()) if measured else (),
        measures=tuple(measured.measures()) if measured else (),
        evaluations=played.evaluations,
    )


def holds(one: OutputGames) -> bool:
    """Tell whether the output is what is predicted of the whole input."""
    return bool(one.margin.values(np.zeros((1, one.outputs.n), bool))[0] >= 0)


def shapley(one: OutputGames) -> tuple[float, ...]:
    evaluations = max(SHAPLEY_EVALUATIONS, one.outputs.n + 2)
    return tuple(one.logit.shapley(evaluations).tolist())


def smallest(one: OutputGames, found: SmallestSet, *, keep: bool) -> SmallestUnits:
    """Return a smallest set with what the model says then; ``keep``: only its units are left."""
    said: RemovalOutcome | None = None
    if found.units is not None:
        chosen = np.zeros(one.outputs.n, bool)
        chosen[list(found.units)] = True
        said = outcome(one, ~chosen if keep else chosen)
    return SmallestUnits(
        units=found.units, exact=found.exact, ruled_out=found.ruled_out, outcome=said
    )


def singles(one: OutputGames) -> tuple[RemovalOutcome, ...]:
    """Return what the model says without each unit that alone turns the prediction."""
    alone = np.eye(one.outputs.n, dtype=bool)
    turned = one.margin.values(alone) < 0
    return tuple(outcome(one, removed) for removed in alone[turned])


def outcome(one: OutputGames, removed: np.ndarray) -> RemovalOutcome:
    """Return what the model says without units (n,)."""
    return one.outputs.outcome(removed, one.numbers)


def sets_asked(played: RemovedOutputs, settings: Faithfulness) -> list[np.ndarray]:
    """Return the units to remove for each list of words in ``without``: all that have one."""
    tokens, words = played.encoding.tokens, played.encoding.words
    found = []
    for asked in settings.without:
        wanted = {named(word) for word in asked}
        removed = np.array(
            [
                any(
                    named(words[number].text) in wanted
                    for token in tokens[first:last]
                    if (number := token.word) is not None
                )
                for first, last in played.units
            ]
        )
        if removed.any():
            found.append(removed)
    return found
