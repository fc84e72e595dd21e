"""Occlusion: what is lost when a word, or a few side by side, is removed."""

from __future__ import annotations

from pydantic import Field

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import RemovalSettings


class Occlusion(RemovalSettings):
    """Settings of removing each word, or each window of words, alone."""

    name = "occlusion"

    window: int = Field(default=1, ge=1, description="Words side by side that are removed together")


METHOD = Method(
    settings=Occlusion,
    title="Occlusion",
    short_title="occlusion",
    summary="What the output loses when each word is removed alone",
    how="Each word is removed from the text in turn, and the output is read again. What it loses "
    "is the word’s score. With windows of several words, a word has the mean of the windows that "
    "it lies in.",
    formula="`score(word) = F(x) − F(x without the word)`",
    says="what happens to the output without this word and nothing else",
    cannot_say="what words do together: of two words that say the same, each alone is missed by "
    "nobody",
    source=Source("Zeiler and Fergus", 2014, "https://arxiv.org/abs/1311.2901"),
    arrays=(
        Array(
            "occlusion",
            "n",
            sign="signed",
            unit="logits",
            per_target=True,
            reading=Reading.ITSELF,
            note="in logits; leave-one-out where the window is 1",
            label="Occlusion",
            about="red: without it the score falls, blue: it rises (occlusion)",
        ),
    ),
    preference=20,
    colour="#3f7fc2",
    agreement=True,
    from_removals=True,
    implementation="reportgen.engine.methods.occlusion:Occlusion",
)
