"""The test of how far numbers depend on how they are computed."""

from __future__ import annotations

from reportgen.methods.description import Method, Source
from reportgen.methods.settings import FirstInputs


class NumericalStability(FirstInputs):
    """The test of padding and of shorter numbers."""

    name = "numerical_stability"


METHOD = Method(
    settings=NumericalStability,
    title="Numerical stability",
    short_title="numerical stability",
    summary="Whether outputs and gradients stay the same when they are computed in another way",
    how="The input is read again beside a longer one, padded to its length, and again in bfloat16 "
    "in place of float32. The explained outputs and one simple score, gradient times input at the "
    "word embeddings, should not notice the padding, and should keep their order in bfloat16.",
    formula="`largest change / largest value`; `Spearman’s rank correlation of the scores`",
    says="whether batches and shorter numbers can be trusted with this model",
    cannot_say="whether any explanation is right",
    source=Source("Kalamkar et al.", 2019, "https://arxiv.org/abs/1905.12322"),
    agreement=False,
    passes=6,
)
