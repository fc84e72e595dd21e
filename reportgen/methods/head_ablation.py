"""Attention heads switched off one at a time."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reportgen.methods.description import Array, Method, Source
from reportgen.methods.settings import TargetSettings


class HeadAblation(TargetSettings):
    """Settings of switching attention heads off."""

    name = "head_ablation"

    ablate: Literal["zero", "mean"] = Field(
        default="zero",
        description="What stands in place of a head's output: zero, or at every token its mean "
        "over the tokens of this input (of a text that goes on, of its prompt)",
    )


METHOD = Method(
    settings=HeadAblation,
    title="Head ablation",
    short_title="head ablation",
    summary="Which heads an output depends on: its change when one of them is switched off",
    how="Each head of each layer is switched off alone: what it puts out is set to 0 (or, with "
    "`ablate: mean`, to its mean over the tokens of this input), and the model computes the rest "
    "as ever. The output of the whole model minus that is the head’s effect: above 0 where the "
    "head supports the output.",
    formula="`F(x) − F(x without head h of layer l)`, each of the L · H heads alone",
    says="whether the output needs this head: it is an experiment on the model, not a share of a "
    "sum",
    cannot_say="what heads do together: one may stand in for another that is switched off, so that "
    "neither seems to matter; nor which tokens a head looks at",
    source=Source("Michel, Levy and Neubig", 2019, "https://arxiv.org/abs/1905.10650"),
    arrays=(
        Array(
            "head_ablation",
            "LH",
            sign="signed",
            unit="logits",
            per_target=True,
            note="signed; F(x) minus F(x) with the head switched off; heads do not add up",
            label="Effect of the head",
            about="how far the output falls when the head is switched off",
        ),
    ),
    preference=160,
    agreement=False,
    implementation="reportgen.engine.methods.head_ablation:HeadAblation",
)
