"""Vector norms with the residual connection and LayerNorm."""

from __future__ import annotations

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import Settings


class ResidualNorms(Settings):
    """Vector norms with the residual connection and LayerNorm; nothing to set."""

    name = "residual_norms"


def mixing(kind: str, label: str, colour: str) -> Array:
    return Array(
        f"mixing_ratio/{kind}",
        "Ln",
        sign="share",
        reading=Reading.SHARE_BY_LAYER,
        note="share that comes from other tokens",
        label=label,
        colour=colour,
    )


METHOD = Method(
    settings=ResidualNorms,
    title="Norms with residual and LayerNorm",
    short_title="norms with residual and LayerNorm",
    summary="How much a token mixes in from others beside what it keeps of itself",
    how="Beside what attention brings, every token keeps its own vector (the residual connection), "
    "and LayerNorm rescales the sum. These norms measure both; the mixing ratio is the part of a "
    "token’s new vector that came from other tokens.",
    formula="`‖Σ over heads α f(xⱼ) + [i = j] xᵢ‖`, with LayerNorm: `‖γ ⊙ centre(…)/σᵢ‖`",
    says="how much a layer really mixes tokens, which attention alone overstates",
    cannot_say="what the feed-forward layer makes of it, nor in which direction it moves an output",
    source=Source("Kobayashi et al.", 2021, "https://arxiv.org/abs/2109.07152"),
    arrays=(
        Array("residual_norms/residual", "Lnn", note="with the residual connection"),
        Array("residual_norms/normalized", "Lnn", note="and LayerNorm; post-LN models"),
        mixing("attention", "attention alone", "#8258e8"),
        mixing("residual", "with residual", "#0b8a80"),
        mixing("normalized", "with residual and LayerNorm", "#a86f00"),
    ),
    self_tests={
        "residual_reconstruction": "Parts with the residual add up to the layer's output, relative "
        "error",
    },
    implementation="reportgen.engine.methods.residual_norms:ResidualNorms",
)
