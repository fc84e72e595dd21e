"""LIME: a linear model of what the output is without sets of words."""

from __future__ import annotations

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import RemovalSettings


class Lime(RemovalSettings):
    """Settings of a linear model fitted to removals."""

    name = "lime"


METHOD = Method(
    settings=Lime,
    title="LIME",
    short_title="LIME",
    summary="A linear model of the output, fitted to texts with words removed",
    how="Sets of words are removed at random, and a weighted linear model is fitted to the "
    "outputs, texts that keep more counting more. Its coefficients are the scores.",
    formula="`argmin over w of Σ over sets π(S) (F(x without S) − w₀ − Σ over kept words wᵢ)² + "
    "‖w‖²`",
    says="how the output changes around this text, as far as a sum over words can tell",
    cannot_say="how well the linear model fits; other samples give somewhat other scores",
    source=Source("Ribeiro, Singh and Guestrin", 2016, "https://arxiv.org/abs/1602.04938"),
    arrays=(
        Array(
            "lime",
            "n",
            sign="signed",
            unit="logits",
            per_target=True,
            reading=Reading.ITSELF,
            note="in logits",
            label="LIME",
            about="red adds to the score, blue takes from it, in a linear model (LIME)",
        ),
    ),
    preference=22,
    colour="#6b8e23",
    agreement=True,
    from_removals=True,
    implementation="reportgen.engine.methods.lime:Lime",
)
