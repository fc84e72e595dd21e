"""The training examples that the last layer connects with an input."""

from __future__ import annotations

import numpy as np

from reportgen.engine.methods.base import (
    MethodImplementation,
    MethodOutput,
    NotApplicable,
    PredictionContext,
)
from reportgen.engine.training.examples import TrainingSet, told, training_set
from reportgen.engine.training.last_layer import NotTraceableError
from reportgen.methods import influence as described
from reportgen.results.training import InfluentialExample, TrainingInfluence


class TrainingExamples(MethodImplementation):
    """TracIn restricted to the last layer (Pruthi et al. 2020, arXiv:2002.08484), or likenesses.

    The input's loss is that of the label that is expected, or predicted where nothing is. It has
    no arrays: the examples with the largest scores are in the result's ``influence``.
    """

    name = described.Influence.name

    def explain(self, context: PredictionContext) -> MethodOutput:
        settings = self.settings
        assert isinstance(settings, described.Influence)
        try:
            found = training_set(context.loaded, settings)
        except NotTraceableError as reason:
            raise NotApplicable(str(reason)) from reason
        names = context.loaded.task.labels
        predicted, expected = context.prediction.label, context.prediction.expected
        label = predicted if expected is None else expected
        scores = found.scores(context.encoding, names.index(label))
        helpful, harmful = ranked(found, scores, names.index(label))
        shown = [
            tuple(
                InfluentialExample(
                    row=found.examples[place].row,
                    text=told(found.examples[place]),
                    label=names[found.labels[place]],
                    score=float(scores[place]),
                )
                for place in places[: settings.examples].tolist()
            )
            for places in (helpful, harmful)
        ]
        record = TrainingInfluence(
            measure=settings.method,
            label=label,
            expected=expected is not None,
            examples=len(found.examples),
            proponents=shown[0],
            opponents=shown[1],
        )
        return MethodOutput(arrays={}, records={"influence": record})


def ranked(found: TrainingSet, scores: np.ndarray, label: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of helpful and of harmful examples, the clearest first.

    Two vectors alone do not tell what helps: that is told by the example's label.
    """
    order = np.argsort(-scores, kind="stable")
    if found.settings.method == "representation_similarity":
        helps = found.labels[order] == label
        return order[helps], order[~helps]
    return order[scores[order] > 0], order[::-1][scores[order[::-1]] < 0]
