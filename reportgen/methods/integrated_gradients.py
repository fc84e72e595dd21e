"""Integrated gradients."""

from __future__ import annotations

from operator import not_
from typing import Literal

from pydantic import Field, model_validator

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import PathSettings


class IntegratedGradients(PathSettings):
    """Settings of integrated gradients."""

    name = "integrated_gradients"

    interpolate: Literal["words", "embeddings"] = Field(
        default="words",
        description="Where the path is laid: word embeddings, or the embedding layer's output",
    )
    sequential: bool = Field(
        default=False,
        exclude_if=not_,  # so that jobs that do not ask for it keep their ids
        description="Move one token at a time, on a path of its own, while all others stay",
    )
    normalize: Literal["none", "sum", "l2"] = Field(
        default="none",
        description="none: logits; sum: share of the total change; l2: unit length",
    )

    @model_validator(mode="after")
    def _one_way(self) -> IntegratedGradients:
        if self.sequential and self.notebook_compatible:
            raise ValueError(
                "expected sequential or notebook_compatible, found both: the notebooks move all "
                "words together"
            )
        return self


METHOD = Method(
    settings=IntegratedGradients,
    title="Integrated gradients",
    short_title="integrated gradients",
    summary="How much each word pushed the predicted score up or down",
    how="Start from a baseline that says nothing, move in a straight line to the real input, and "
    "add up how strongly the output reacts to each word on the way. The scores are in logits and "
    "signed; together they make up the whole change of the output. Where the settings say "
    "sequential, tokens move one at a time, and each score is the change that its token makes.",
    formula="`score(word) = Σ over features (x − x′) · ∫₀¹ ∂F(x′ + α(x − x′))/∂x dα`",
    says="which words this output rests on, compared with the baseline",
    cannot_say="what would happen if a word were changed, how words interact, or what the model "
    "would do on another baseline",
    source=Source("Sundararajan, Taly and Yan", 2017, "https://arxiv.org/abs/1703.01365"),
    arrays=(
        Array(
            "integrated_gradients",
            "n",
            sign="signed",
            unit="logits",
            per_target=True,
            reading=Reading.ITSELF,
            note="signed, in logits; adds up to F(x) − F(x′)",
            label="Integrated gradients",
            about="red pushed the score up, blue pushed it down (integrated gradients)",
        ),
        Array(
            "integrated_gradients_coarse",
            "n",
            sign="signed",
            unit="logits",
            per_target=True,
            reading=Reading.COARSE,
            note="the same from half as many nodes: how much the scores depend on the steps "
            "([compare.md](compare.md))",
        ),
    ),
    preference=0,
    colour="#c2603f",
    in_text=True,
    path="what each word did to the output was added up along the way",
    complete=True,
    passes=0,
    implementation="reportgen.engine.methods.integrated_gradients:IntegratedGradients",
)
