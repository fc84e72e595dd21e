"""What sanity tests of explanations found, as it is stored."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reportgen.results.record import Record


class RandomizedParameters(Record):
    """How alike a method's token scores are for the model and for one with random weights.

    From the head down: at ``stage`` (from 0) everything above and at the ``part`` is random, of the
    layers those from ``layer`` (from 0) up. ``value`` is Spearman's rank correlation over the
    content ``tokens``, of scores with their sign, ``size_value`` that of their sizes; means over
    layers for methods that have a score at each. ``None`` where scores are all the same.
    """

    method: str
    target: str
    stage: int = Field(ge=0)
    part: Literal["head", "layers", "embeddings"]
    layer: int | None = Field(default=None, ge=0)
    tokens: int = Field(ge=0)
    value: float | None = Field(ge=-1, le=1)
    size_value: float | None = Field(ge=-1, le=1)


class NumericalChange(Record):
    """What changes when an input is computed in another way.

    ``test`` is ``padding``, beside a longer input, or ``dtype``, in bfloat16 in place of float32.
    ``logit`` is the change of the explained output, relative to the largest output; ``scores``
    the largest change of a score, gradient times input, relative to the largest score;
    ``correlation`` Spearman's of the two lists of scores over the content tokens, ``None`` where
    it is undefined.
    """

    test: Literal["padding", "dtype"]
    target: str
    logit: float = Field(ge=0)
    scores: float = Field(ge=0)
    correlation: float | None = Field(ge=-1, le=1)


class Sensitivity(Record):
    """How far a method's token scores change by noise on the word embeddings, at most.

    ``value`` is the norm of the change, relative to that of the scores; ``None`` where all of
    them are 0.
    """

    method: str
    target: str
    value: float | None = Field(ge=0)
