"""The gradient with respect to each word, averaged over noise."""

from __future__ import annotations

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import NoiseSettings


class SmoothGrad(NoiseSettings):
    """Settings of the gradient that is averaged over noise."""

    name = "smoothgrad"


METHOD = Method(
    settings=SmoothGrad,
    title="SmoothGrad",
    short_title="SmoothGrad",
    summary="The length of each word's gradient, averaged over noisy copies of the input",
    how="Noise is added to all word embeddings, many times; the gradients of the output are "
    "averaged, and the score is the length (L2 norm over features) of that mean. All of it is "
    "repeated with other seeds: the score is the mean over them, and their spread is stored.",
    formula="`score(word) = ‖mean over noise ε of ∂F/∂x at x + ε‖₂`",
    says="to which words the output is sensitive around the input, not at this point alone",
    cannot_say="which way a word pushes, nor what its absence would change; another size of the "
    "noise gives other scores",
    source=Source(
        "Smilkov, Thorat, Kim, Viégas and Wattenberg", 2017, "https://arxiv.org/abs/1706.03825"
    ),
    arrays=(
        Array(
            "smoothgrad",
            "n",
            per_target=True,
            reading=Reading.ITSELF,
            note="L2 over features of the mean gradient; mean over seeds",
            label="SmoothGrad",
            about="the length of the gradient, averaged over noise",
        ),
        Array("smoothgrad_spread", "n", per_target=True, note="its standard deviation over seeds"),
    ),
    preference=115,
    agreement=False,
    passes=48,
    implementation="reportgen.engine.methods.smoothgrad:SmoothGrad",
)
