"""What is measured of the prediction of one input beside whether it is right."""

from __future__ import annotations

import math
import sys

from reportgen.results.answers import token_f1
from reportgen.results.model import JobResult

TOKEN_F1, LOG_LOSS, TOKENS = "token_f1", "log_loss", "tokens"
"""Measures of an input: the F1 of the words of its answer (SQuAD), the sum of the negative natural
logarithms of its tokens' probabilities, and how many tokens these are."""


def measures_of(result: JobResult) -> dict[str, float]:
    """Return what is measured of the prediction of one result, by name."""
    found, kind = result.prediction, result.prediction_kind
    if found is None or kind is None:
        return {}
    if kind.points and result.expect is not None and found.expected is not None:
        return {TOKEN_F1: token_f1(found.label, found.expected)}
    if result.given:
        known = [step.probability for step in found.steps]
    else:
        known = [
            step.expected_probability
            for step in found.steps
            if step.expected_probability is not None
        ]
    if not known:
        return {}
    loss = math.fsum(-math.log(max(probability, LEAST)) for probability in known)
    return {LOG_LOSS: loss, TOKENS: float(len(known))}


LEAST = sys.float_info.min
"""What a probability is taken for that is too small for a number."""
