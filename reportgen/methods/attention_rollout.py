"""Attention rollout."""

from __future__ import annotations

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import Settings


class AttentionRollout(Settings):
    """Attention multiplied through the layers; nothing to set."""

    name = "attention_rollout"


METHOD = Method(
    settings=AttentionRollout,
    title="Attention rollout",
    short_title="attention rollout",
    summary="Attention multiplied through the layers, half of each kept for the residual",
    how="Attention is averaged over heads, mixed half and half with staying in place, and "
    "multiplied through the layers. It treats each weight as the share of a token that moves on.",
    formula="`Rˡ = ½(mean over heads Aˡ + I) Rˡ⁻¹`",
    says="which input tokens can reach the output’s place by attention",
    cannot_say="how much they carry, nor which way they pushed: values, feed-forward layers and "
    "the output’s own weights play no part",
    source=Source("Abnar and Zuidema", 2020, "https://arxiv.org/abs/2005.00928"),
    arrays=(
        Array(
            "attention_rollout_matrix",
            "nn",
            sign="share",
            reading=Reading.ROW,
            note="rows add up to 1",
        ),
        Array(
            "attention_rollout",
            "n",
            sign="share",
            per_target=True,
            reading=Reading.ITSELF,
            note="its row for the token that the output is read from",
            label="Attention rollout",
            about="attention multiplied through the layers",
            hue="attention",
        ),
    ),
    preference=70,
    agreement=False,
    implementation="reportgen.engine.methods.attention_rollout:AttentionRollout",
)
