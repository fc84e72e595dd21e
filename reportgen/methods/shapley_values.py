"""Shapley values of words."""

from __future__ import annotations

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import RemovalSettings


class ShapleyValues(RemovalSettings):
    """Settings of the Shapley values of words."""

    name = "shapley_values"


METHOD = Method(
    settings=ShapleyValues,
    title="Shapley values",
    short_title="Shapley values",
    summary="What each word adds to the output, over all orders in which words could be removed",
    how="Words are removed in many orders, and a word’s score is what its removal changes, on "
    "average over them. Where a text has few words all sets are evaluated and the scores are "
    "exact; otherwise those of none and all others removed are, and what lies between is sampled.",
    formula="`score(word) = mean over orders of F(before) − F(before without the word)`",
    says="how the whole change from no words to all is shared among the words, those that act "
    "together included",
    cannot_say="what happens when one word alone is removed, nor anything about texts that people "
    "write",
    source=Source("Lundberg and Lee", 2017, "https://arxiv.org/abs/1705.07874"),
    arrays=(
        Array(
            "shapley_values",
            "n",
            sign="signed",
            unit="logits",
            per_target=True,
            reading=Reading.ITSELF,
            note="in logits; adds up to F(x) − F(no words)",
            label="Shapley values",
            about="red adds to the score, blue takes from it, over all orders of removal (Shapley "
            "values)",
        ),
        Array(
            "shapley_values_error",
            "n",
            unit="logits",
            per_target=True,
            note="standard error of the sampling, spread like the scores; 0 where they are exact",
        ),
    ),
    preference=12,
    colour="#9a4fb0",
    agreement=True,
    from_removals=True,
    implementation="reportgen.engine.methods.shapley_values:ShapleyValues",
)
