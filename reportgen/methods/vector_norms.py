"""Norms of the vectors that attention moves."""

from __future__ import annotations

from reportgen.methods.description import Array, Maps, Method, Reading, Source
from reportgen.methods.settings import Settings


class VectorNorms(Settings):
    """Norms of the vectors that attention really moves; nothing to set."""

    name = "vector_norms"


METHOD = Method(
    settings=VectorNorms,
    title="Vector norms",
    short_title="vector norms",
    summary="How much each token really contributes to another: attention times value size",
    how="Attention moves value vectors. A large weight on a tiny vector carries little, so the "
    "weight is multiplied by the length of the vector it moves, after the head’s output "
    "projection. The scores of an output are the row of the token that it is read from; of several "
    "the mean of their rows.",
    formula="`‖α f(x)‖` per head, all heads together: `‖Σ over heads α f(x)‖`, with "
    "`f(x) = (xWᵥ + bᵥ)Wₒ`",
    says="how much each token hands to another inside a layer",
    cannot_say="what the residual connection carries past the layer, nor in which direction it "
    "moves the output: outputs that are read from the same token have the same row",
    source=Source("Kobayashi et al.", 2020, "https://arxiv.org/abs/2004.10102"),
    arrays=(
        Array(
            "vector_norms/f",
            "LHn",
            note="‖f(xⱼ)‖",
            label="Length of the transformed vectors, ‖f(x)‖",
            about="how long the vector is that a head would hand on from a token, whatever the "
            "attention to it",
        ),
        Array(
            "vector_norms/alpha_f",
            "LHnn",
            reading=Reading.ROW,
            note="‖αᵢⱼ f(xⱼ)‖",
            maps=Maps(
                key="norm",
                title="Vector norm",
                about="what the look carries: attention times the size of the value",
                verb="takes from",
                together="vector_norms/sum_alpha_f",
                joined="length of what all heads carry together",
            ),
        ),
        Array(
            "vector_norms/sum_alpha_f",
            "Lnn",
            reading=Reading.ROW,
            note="‖Σₕ αᵢⱼ f(xⱼ)‖",
            label="Vector norm",
            about="how much the look carries: attention times the size of the value",
        ),
    ),
    preference=40,
    colour="#0b8a80",
    legend="the vector norm: how much that look carried from a word",
    in_text=True,
    self_tests={
        "norms_reconstruction": "Value vectors add up to the attention module's output, relative "
        "error",
    },
    implementation="reportgen.engine.methods.vector_norms:VectorNorms",
)
