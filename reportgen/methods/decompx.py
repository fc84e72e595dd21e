"""DecompX."""

from __future__ import annotations

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import TargetSettings


class DecompX(TargetSettings):
    """Settings of DecompX."""

    name = "decompx"


METHOD = Method(
    settings=DecompX,
    title="DecompX",
    short_title="DecompX",
    summary="What each token’s vector adds to the output, carried through all layers and the head",
    how="Each token’s vector is followed through all layers as a part of every other’s: through "
    "attention as it was, residual connections, norms at the spread they divided by, and "
    "activations at their slope. Biases are shared among the parts. The parts of the output add up "
    "to its logit.",
    formula="`F = Σₖ Fₖ`; in each layer `xᵢ = Σₖ xᵢ←ₖ`, with `σ(z)ᵢ←ₖ = (σ(z) / z) · zᵢ←ₖ` and a "
    "bias `b` shared by `|b · xᵢ←ₖ|`",
    says="what each token’s vector gave to this logit, up or down, with nothing left over",
    cannot_say="what would happen without it: attention, norms and slopes are kept as they were, "
    "although other words would change them",
    source=Source("Modarressi et al.", 2023, "https://arxiv.org/abs/2306.02873"),
    arrays=(
        Array(
            "decompx",
            "n",
            sign="signed",
            unit="logits",
            per_target=True,
            reading=Reading.ITSELF,
            note="signed, in logits; adds up to F(x)",
            label="DecompX",
            about="red pushed the score up, blue pushed it down (DecompX)",
        ),
    ),
    preference=8,
    colour="#8a6d1f",
    agreement=False,
    self_tests={
        "decompx_reconstruction": "Parts of DecompX add up to the output, relative error",
    },
    passes=40,
    implementation="reportgen.engine.methods.decompx:DecompX",
)
