"""The test of how far numbers depend on how they are computed."""

from __future__ import annotations

from pydantic import Field

from reportgen.methods.description import Method, Source
from reportgen.methods.settings import FirstInputs


class NumericalStability(FirstInputs):
    """The test of padding, of shorter numbers, and of small changes of the input."""

    name = "numerical_stability"

    samples: int = Field(
        default=10,
        ge=1,
        le=1000,
        description="Copies of the input, with noise on its word embeddings, that every method "
        "explains",
    )
    radius: float = Field(
        default=0.02,
        gt=0,
        description="How far each number of the word embeddings is moved at most",
    )


METHOD = Method(
    settings=NumericalStability,
    title="Numerical stability",
    short_title="numerical stability",
    summary="Whether outputs and scores stay the same when they are computed in another way",
    how="The input is read again beside a longer one, padded to its length, and again in bfloat16 "
    "in place of float32. The explained outputs and one simple score, gradient times input at the "
    "word embeddings, should not notice the padding, and should keep their order in bfloat16. "
    "Each method then explains copies of the input whose word embeddings have a little noise: its "
    "scores should change little, too (sensitivity, Yeh et al. 2019).",
    formula="`largest change / largest value`; `Spearman’s rank correlation of the scores`; "
    "sensitivity `max over noise of ‖s(x + noise) − s(x)‖ / ‖s(x)‖`",
    says="whether batches, shorter numbers, and each method’s scores can be trusted with this "
    "model",
    cannot_say="whether any explanation is right",
    source=Source("Kalamkar et al.", 2019, "https://arxiv.org/abs/1905.12322"),
    agreement=False,
    passes=6,
)
