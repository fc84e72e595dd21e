"""The test of what small changes of an input do to what is predicted."""

from __future__ import annotations

from pydantic import Field

from reportgen.methods.description import Method, Source
from reportgen.methods.settings import Settings

TYPO_EVERY = 10
"""Words of which one is mistyped."""


class Robustness(Settings):
    """Settings of the small changes of an input that the model reads again."""

    name = "robustness"

    cases: bool = Field(default=True, description="Read the text in lower case, and in upper case")
    punctuation: bool = Field(
        default=True,
        description="Read the text without punctuation around its words; that within words stays",
    )
    typos: int = Field(
        default=3,
        ge=0,
        le=100,
        description="Copies with typos: in each, two neighbouring letters are swapped in one of "
        f"{TYPO_EVERY} words, at least in one; 0: none",
    )
    padding: bool = Field(
        default=True, description="Read the text beside a longer one, padded to its length"
    )
    words: int = Field(
        default=30,
        ge=0,
        le=1000,
        description="Distinct words that are removed, one after the other and wherever each "
        "stands: those of the largest attribution, or else the first; 0: none",
    )


METHOD = Method(
    settings=Robustness,
    title="Robustness to small changes",
    short_title="robustness",
    summary="Whether the prediction stays when case, punctuation or letters change, or a word goes",
    how="The model reads variants of the input: in lower and in upper case, without the "
    "punctuation around its words, with a few neighbouring letters swapped, padded beside a "
    "longer input, and without each of its words, removed wherever it stands. Each is read from "
    "its text, as an input of its own would be. Of a question and its context the question is "
    "changed; of a text to score what stands before it.",
    formula="`p(what was predicted | variant) − p(what was predicted | input)`, and whether what "
    "is predicted is another",
    says="which small changes turn a prediction, and which words can be left out without one",
    cannot_say="that a prediction is right, or what other changes of the text would do",
    source=Source("Ribeiro et al.", 2020, "https://arxiv.org/abs/2005.04118"),
    agreement=False,
    passes=0,
)
