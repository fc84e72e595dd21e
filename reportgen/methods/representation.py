"""The vector that a model's head reads."""

from __future__ import annotations

from reportgen.methods.description import Array, Method, Source
from reportgen.methods.settings import Settings


class Representation(Settings):
    """The vector that a model's head reads; nothing to set."""

    name = "representation"


METHOD = Method(
    settings=Representation,
    title="Representation",
    short_title="representation",
    summary="The vector that the model’s last layer makes its output of, one for each input",
    how="Of a classifier it is what its last linear layer reads; of a model that writes on, the "
    "last layer’s vector of the last token it was given; of all others the mean of the last "
    "layer’s vectors over the tokens that are not special. Inputs whose vectors are near each "
    "other are alike to the model: the map of all inputs is made of them.",
    formula="`h`, where the logits are `W h + b`",
    says="which inputs are alike to the model, whatever their words",
    cannot_say="which words made them so: it has no scores of words",
    source=Source("Alain and Bengio", 2016, "https://arxiv.org/abs/1610.01644"),
    arrays=(
        Array(
            "representation",
            "D",
            sign="signed",
            note="what the head reads, or a mean over tokens",
        ),
    ),
    agreement=False,
    implementation="reportgen.engine.methods.representation:Representation",
)
