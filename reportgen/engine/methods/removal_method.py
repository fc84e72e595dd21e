"""What the methods that remove units of the input have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

import numpy as np

from reportgen.engine.methods.base import (
    MethodImplementation,
    MethodOutput,
    NotApplicable,
    PredictionContext,
)
from reportgen.engine.removal.operators import choose_operator
from reportgen.engine.removal.output_games import OutputGames
from reportgen.engine.removal.outputs import RemovedOutputs
from reportgen.engine.removal.units import Units, find_units, sentence_units
from reportgen.methods import Granularity, Operator, Output, RemovalSettings
from reportgen.results.kinds import find_kind
from reportgen.results.model import Target


class RemovalMethod(MethodImplementation):
    """A method whose scores are made of outputs without units of the input.

    A unit's score is spread evenly over its tokens, so that they add up to it; tokens that are
    never removed have the score 0.
    """

    settings: RemovalSettings

    def explain(self, context: PredictionContext) -> MethodOutput:
        targets = context.targets(self.settings.target)
        found = outputs(context, self.settings)
        needed = self.evaluations_needed(found.n)
        if needed > self.settings.max_evaluations:
            raise NotApplicable(too_many(needed, found, self.settings))
        arrays = {}
        self_tests: dict[str, float] = {}
        for target in targets:
            games = OutputGames(found, (found.targets.index(target),))
            for name, scores in self.scores(games, context.seed).items():
                tokens = self.over_tokens(scores, found.units, len(context.encoding))
                arrays[f"{name}/{target.name}"] = tokens
            for name, value in self.self_tests(games, context.seed).items():
                self_tests[name] = max(value, self_tests.get(name, 0.0))
        return MethodOutput(arrays=arrays, targets=targets, self_tests=self_tests)

    @abstractmethod
    def scores(self, games: OutputGames, seed: int) -> Mapping[str, np.ndarray]:
        """Return arrays of one score for each unit, (n,), by name, without the target's."""

    def evaluations_needed(self, n: int) -> int:
        """Return how many sets of n units the method evaluates at least."""
        return n + 2

    def self_tests(self, games: OutputGames, seed: int) -> Mapping[str, float]:
        return {}

    def over_tokens(self, scores: np.ndarray, units: Units, tokens: int) -> np.ndarray:
        """Return the score of each token, (tokens,) float32."""
        found = np.zeros(tokens, np.float32)
        for (first, last), score in zip(units, scores, strict=True):
            found[first:last] = score / (last - first)
        return found


def too_many(needed: int, found: RemovedOutputs, settings: RemovalSettings) -> str:
    """Return the sentence that says why a game is not played, and what would help."""
    encoding = found.encoding
    sentences = sentence_units(encoding, found.loaded.task.removable(encoding))
    fewer = found.granularity != "sentence" and 1 < len(sentences) < found.n
    return (
        f"It needs {needed:,} evaluations for {found.n:,} units of this input, and "
        f"max_evaluations is {settings.max_evaluations:,}: raise it"
        f"{', or set granularity: sentence' if fewer else ''}."
    )


def explained(context: PredictionContext, setting: Output) -> tuple[Target, ...]:
    """Return the targets of a setting, then those of the whole answer that are not among them."""
    return tuple(dict.fromkeys((*context.targets(setting), *whole_answer(context))))


def whole_answer(context: PredictionContext) -> tuple[Target, ...]:
    """Return the targets that make up an answer of several tokens; of other predictions none."""
    kind = find_kind(context.prediction.kind, context.loaded.planned.task)
    if not (kind.points or kind.written) or context.about is not None:
        return ()
    return context.targets("predicted")


def is_placed(context: PredictionContext, targets: tuple[Target, ...]) -> bool:
    """Tell whether an output is read at a token of the input that has to stay where it is."""
    if context.encoding.decoder is not None or context.loaded.causal:
        return False
    return any(target.position is not None for target in targets)


def outputs(
    context: PredictionContext, settings: RemovalSettings, operator: str | None = None
) -> RemovedOutputs:
    """Return the outputs of ``context`` without units, which all methods of a kind share.

    ``operator`` in place of that of the settings. Raises ``NotApplicable`` where the input has
    nothing to remove, and ``InputError`` for an operator that the tokenizer lacks a token for.
    """
    targets = explained(context, settings.target)
    placed = is_placed(context, targets)
    chosen = choose_operator(context.loaded, operator or settings.operator, placed)
    key = (targets, chosen, settings.granularity)
    if key not in context.removed:
        context.removed[key] = make_outputs(context, targets, chosen, settings.granularity, placed)
    return context.removed[key]


def make_outputs(
    context: PredictionContext,
    targets: tuple[Target, ...],
    operator: Operator,
    granularity: Granularity | str,
    placed: bool,
) -> RemovedOutputs:
    encoding, task = context.encoding, context.loaded.task
    found, units = find_units(encoding, granularity, task.removable(encoding))
    if placed and operator == "delete":  # where an output is read a token has to be
        read = {target.position for target in targets}
        units = tuple((a, b) for a, b in units if not read & set(range(a, b)))
    if not units:
        raise NotApplicable("The input has nothing that could be removed.")
    return RemovedOutputs(
        loaded=context.loaded,
        encoding=encoding,
        prediction=context.prediction,
        targets=targets,
        operator=operator,
        granularity=found,
        units=units,
    )
