"""Differences from a baseline, carried back through the model by DeepLIFT's rescale rule."""

from __future__ import annotations

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import BaselineSettings


class DeepLift(BaselineSettings):
    """Settings of DeepLIFT."""

    name = "deeplift"


METHOD = Method(
    settings=DeepLift,
    title="DeepLIFT",
    short_title="DeepLIFT",
    summary="How far each word's vector is from a baseline, times what the model makes of that",
    how="The input and a baseline are read side by side. Going back through the model, an "
    "activation function passes on its change divided by the change of what it was given (the "
    "rescale rule); attention and normalisation pass on their gradient at the input. The result "
    "times the difference of the word's vector is added up over features.",
    formula="`score(word) = Σ over features (x − x′) · m`, with `m = Δout/Δin` for each activation",
    says="which words this output rests on, compared with the baseline, at the cost of one pass",
    cannot_say="the whole change of the output: through attention and normalisation the scores do "
    "not add up to it, and a warning says how much they miss",
    source=Source("Shrikumar, Greenside and Kundaje", 2017, "https://arxiv.org/abs/1704.02685"),
    arrays=(
        Array(
            "deeplift",
            "n",
            sign="signed",
            unit="logits",
            per_target=True,
            reading=Reading.ITSELF,
            note="(x − x′) times the multipliers of the rescale rule, summed over features",
            label="DeepLIFT",
            about="the difference from the baseline, carried back by the rescale rule",
        ),
    ),
    preference=103,
    agreement=False,
    passes=2,
    implementation="reportgen.engine.methods.deeplift:DeepLift",
)
