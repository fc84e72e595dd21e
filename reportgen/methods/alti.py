"""ALTI: aggregation of layer-wise token-to-token interactions."""

from __future__ import annotations

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import Settings


class Alti(Settings):
    """Aggregation of layer-wise token-to-token interactions; nothing to set."""

    name = "alti"


METHOD = Method(
    settings=Alti,
    title="ALTI",
    short_title="ALTI",
    summary="How close each token's contribution comes to a layer's output, multiplied through",
    how="In each layer, a token’s share is how much closer its part brings the sum to the layer’s "
    "real output. Shares of a layer add up to 1 and are multiplied through all layers.",
    formula="`cᵢⱼ = max(0, ‖yᵢ‖₁ − ‖yᵢ − Tᵢⱼ‖₁)`, rows scaled to 1; `Rˡ = Cˡ Rˡ⁻¹`",
    says="what share each input token has in the vector the output is read from",
    cannot_say="which way it pushed, nor how one output differs from another read from the same "
    "place",
    source=Source(
        "Ferrando, Gállego and Costa-jussà",
        2022,
        "https://arxiv.org/abs/2203.04212",
    ),
    arrays=(
        Array("alti_layers", "Lnn", sign="share", note="rows add up to 1"),
        Array("alti_rollout", "nn", sign="share", reading=Reading.ROW, note="their product"),
        Array(
            "alti",
            "n",
            sign="share",
            per_target=True,
            reading=Reading.ITSELF,
            note="its row for the token that the output is read from",
            label="ALTI",
            about="shares of each layer's output, multiplied through",
        ),
    ),
    preference=90,
    agreement=False,
    self_tests={
        "alti_reconstruction": "Parts of ALTI add up to the layer's output, relative error",
    },
    implementation="reportgen.engine.methods.alti:Alti",
)
