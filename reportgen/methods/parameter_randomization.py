"""The parameter-randomisation test, which measures the other methods."""

from __future__ import annotations

from pydantic import Field

from reportgen.methods.description import Method, Source
from reportgen.methods.settings import FirstInputs

STEPS = 17
"""Points on the path, evenly spaced, wherever weights are random: the order is asked for, which
comes out long before the scores add up."""

EVALUATIONS = 100
"""Sets of removed words wherever weights are random, or two of each word where that is more."""


class ParameterRandomization(FirstInputs):
    """The parameter-randomisation test of the other methods, from the head down."""

    name = "parameter_randomization"

    stages: int = Field(
        default=5,
        ge=2,
        le=50,
        description="Steps from the head to the embeddings, the layers shared out between them",
    )


METHOD = Method(
    settings=ParameterRandomization,
    title="Parameter randomisation",
    short_title="parameter randomisation",
    summary="Which explanations change when what the model has learned is replaced by noise",
    how="The weights are drawn anew from the top to the bottom: first the head, then the layers, "
    "then the embeddings. After each stage the same output is explained again. A method whose "
    "scores stay in the same order does not show what the model has learned.",
    formula="`Spearman’s rank correlation with the scores of the trained model`, over the tokens: "
    "1 same order, 0 unrelated",
    says="whether a method depends on what the model has learned",
    cannot_say="whether a method that does is right, nor much of a text of few tokens",
    source=Source("Adebayo et al.", 2018, "https://arxiv.org/abs/1810.03292"),
    agreement=False,
    passes=0,
)
