"""GlobEnc."""

from __future__ import annotations

from pydantic import Field

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import Settings


class GlobEnc(Settings):
    """Settings of GlobEnc."""

    name = "globenc"

    row_normalize: bool = Field(
        default=False,
        description="Let each row of a layer add up to 1 before layers are multiplied",
    )


METHOD = Method(
    settings=GlobEnc,
    title="GlobEnc",
    short_title="GlobEnc",
    summary="Norms of whole encoder layers, multiplied through to the input tokens",
    how="The norms of each whole layer, both residual connections and both LayerNorms included, "
    "are multiplied through all layers. The row of the token the output is read from says how much "
    "each input token reached it.",
    formula="`R¹ = N¹, Rˡ = Nˡ Rˡ⁻¹`, with `Nᵢⱼ` the norm of what token j gives to token i in "
    "layer l",
    says="which input tokens reach the output’s place through all layers",
    cannot_say="which way they pushed: lengths have no sign, and two vectors that cancel still "
    "count",
    source=Source("Modarressi et al.", 2022, "https://arxiv.org/abs/2205.03286"),
    arrays=(
        Array("globenc_layers", "Lnn", note="post-LN models"),
        Array("globenc_rollout", "nn", reading=Reading.ROW, note="their product"),
        Array(
            "globenc",
            "n",
            per_target=True,
            reading=Reading.ITSELF,
            note="its row for the token that the output is read from",
            shares=True,
            label="GlobEnc",
            about="norms of whole layers, multiplied through; as shares of their sum",
        ),
    ),
    preference=80,
    agreement=False,
    implementation="reportgen.engine.methods.globenc:GlobEnc",
)
