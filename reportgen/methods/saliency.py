"""The length of the gradient with respect to each word."""

from __future__ import annotations

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import TargetSettings


class Saliency(TargetSettings):
    """Settings of the length of the gradient."""

    name = "saliency"


METHOD = Method(
    settings=Saliency,
    title="Saliency",
    short_title="saliency",
    summary="How strongly the output reacts to a small change of each word's vector",
    how="The output is differentiated with respect to each word's embedding, and the score is the "
    "length (L2 norm over features) of that gradient, as usual for text.",
    formula="`score(word) = ‖∂F/∂x‖₂`",
    says="to which words the output is sensitive, for changes too small to be other words",
    cannot_say="which way a word pushes, nor what its absence would change: where the output is "
    "saturated the gradient is small, however much the word matters",
    source=Source("Simonyan, Vedaldi and Zisserman", 2014, "https://arxiv.org/abs/1312.6034"),
    arrays=(
        Array(
            "saliency",
            "n",
            per_target=True,
            reading=Reading.ITSELF,
            note="‖∂F/∂x‖₂, L2 over features",
            label="Saliency",
            about="the length of the gradient",
        ),
    ),
    preference=110,
    agreement=False,
    implementation="reportgen.engine.methods.saliency:Saliency",
)
