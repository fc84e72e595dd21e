"""Gradient times attention, multiplied through the layers."""

from __future__ import annotations

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import TargetSettings


class AttentionRelevance(TargetSettings):
    """Settings of gradient times attention, multiplied through the layers."""

    name = "attention_relevance"


METHOD = Method(
    settings=AttentionRelevance,
    title="Attention relevance",
    short_title="attention relevance",
    summary="Attention times its gradient, where positive, multiplied through the layers",
    how="Each attention weight is multiplied by its gradient, what is negative is dropped, heads "
    "are averaged, and layers are added up one after another.",
    formula="`R ← R + mean over heads (A ⊙ ∂F/∂A)⁺ · R`, from `R = I`",
    says="which input tokens support this output by way of attention",
    cannot_say="what speaks against it, nor by how many logits: scores are sizes that do not add "
    "up to anything",
    source=Source("Chefer, Gur and Wolf", 2021, "https://arxiv.org/abs/2103.15679"),
    arrays=(
        Array("attention_relevance_matrix", "nn", per_target=True, note="R"),
        Array(
            "attention_relevance",
            "n",
            per_target=True,
            reading=Reading.ITSELF,
            note="the row of R − I for the token that the output is read from",
            label="Attention relevance",
            about="attention times its gradient, where positive, multiplied through the layers",
            hue="attention",
        ),
    ),
    preference=60,
    agreement=False,
    implementation="reportgen.engine.methods.attention_relevance:AttentionRelevance",
)
