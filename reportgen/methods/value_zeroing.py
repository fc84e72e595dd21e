"""Value zeroing."""

from __future__ import annotations

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import Settings


class ValueZeroing(Settings):
    """Value zeroing; nothing to set."""

    name = "value_zeroing"


METHOD = Method(
    settings=ValueZeroing,
    title="Value zeroing",
    short_title="value zeroing",
    summary="How far each layer’s vectors turn without one token’s values, multiplied through",
    how="In each layer the values of one token are set to zero while attention stays as it was, "
    "and the rest of the layer is run again. How far another token’s vector turns, as a share of "
    "what all tokens do to it, is multiplied through all layers.",
    formula="`cᵢⱼ = 1 − cos(yᵢ, yᵢ without the values of j)`, rows scaled to 1; `Rˡ = Cˡ Rˡ⁻¹`",
    says="what share each input token has, by its values, in the vector the output is read from",
    cannot_say="which way it pushed, nor how one output differs from another read from the same "
    "place",
    source=Source("Mohebbi et al.", 2023, "https://arxiv.org/abs/2301.12971"),
    arrays=(
        Array("value_zeroing_layers", "Lnn", sign="share", note="rows add up to 1"),
        Array(
            "value_zeroing_rollout", "nn", sign="share", reading=Reading.ROW, note="their product"
        ),
        Array(
            "value_zeroing",
            "n",
            sign="share",
            per_target=True,
            reading=Reading.ITSELF,
            note="its row for the token that the output is read from",
            label="Value zeroing",
            about="how far vectors turn without a token's values, multiplied through the layers",
        ),
    ),
    preference=95,
    agreement=False,
    self_tests={
        "value_zeroing_repeat": "Layers run again give what they gave, relative error",
    },
    passes=30,
    implementation="reportgen.engine.methods.value_zeroing:ValueZeroing",
)
