"""How much the gradient with respect to each word varies with noise."""

from __future__ import annotations

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import NoiseSettings


class VarGrad(NoiseSettings):
    """Settings of the gradient's variance."""

    name = "vargrad"


METHOD = Method(
    settings=VarGrad,
    title="VarGrad",
    short_title="VarGrad",
    summary="How much each word's gradient varies over noisy copies of the input",
    how="Noise is added to all word embeddings, many times; the score is the variance of the "
    "gradient of the output, added up over features. All of it is repeated with other seeds: the "
    "score is the mean over them, and their spread is stored.",
    formula="`score(word) = Σ over features Var over noise ε of ∂F/∂x at x + ε`",
    says="at which words the output is far from linear around the input",
    cannot_say="which way a word pushes, nor how much: where the output is linear in a word the "
    "score is zero, however much that word adds",
    source=Source("Adebayo, Gilmer, Goodfellow and Kim", 2018, "https://arxiv.org/abs/1810.03307"),
    arrays=(
        Array(
            "vargrad",
            "n",
            per_target=True,
            reading=Reading.ITSELF,
            note="variance of the gradient, summed over features; mean over seeds",
            label="VarGrad",
            about="how much the gradient varies with noise",
        ),
        Array("vargrad_spread", "n", per_target=True, note="its standard deviation over seeds"),
    ),
    preference=120,
    agreement=False,
    passes=48,
    implementation="reportgen.engine.methods.vargrad:VarGrad",
)
