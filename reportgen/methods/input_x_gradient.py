"""Each word's embedding times its gradient."""

from __future__ import annotations

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import TargetSettings


class InputXGradient(TargetSettings):
    """Settings of the embedding times its gradient."""

    name = "input_x_gradient"


METHOD = Method(
    settings=InputXGradient,
    title="Input × gradient",
    short_title="input × gradient",
    summary="Each word's vector times the gradient there",
    how="The output is differentiated with respect to each word's embedding; the score is that "
    "gradient times the embedding itself, added up over features.",
    formula="`score(word) = Σ over features x · ∂F/∂x`",
    says="what each word would add if the output were as linear from the zero vector on as it is "
    "at the input",
    cannot_say="what a word really changes: the scores add up to nothing in a model that is not "
    "linear",
    source=Source(
        "Shrikumar, Greenside, Shcherbina and Kundaje", 2016, "https://arxiv.org/abs/1605.01713"
    ),
    arrays=(
        Array(
            "input_x_gradient",
            "n",
            sign="signed",
            unit="logits",
            per_target=True,
            reading=Reading.ITSELF,
            note="x · ∂F/∂x, summed over features",
            label="Input × gradient",
            about="each word's vector times the gradient there",
        ),
    ),
    preference=105,
    agreement=False,
    implementation="reportgen.engine.methods.input_x_gradient:InputXGradient",
)
