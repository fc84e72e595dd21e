"""What a model says, in a form that can be compared with what another says."""

from __future__ import annotations

from reportgen.results.model import JobResult, Step


def predicted_text(result: JobResult) -> str | None:
    """Return what is predicted, letter case aside; ``None`` where that is nothing, or a number.

    Of single tokens, which have a label each, that is all labels: the prediction's own label is
    cut for people. Of a given text it is what the model would have said in each place.
    """
    prediction, kind = result.prediction, result.prediction_kind
    if prediction is None or kind is None or kind.numeric:
        return None
    steps = prediction.steps
    if kind.tags or any(best(step) != step.label for step in steps):
        return " | ".join(f"{step.text} {best(step)}" for step in steps).casefold()
    return prediction.label.strip().casefold()


def best(step: Step) -> str:
    return step.scores[0].label if step.scores else step.label
