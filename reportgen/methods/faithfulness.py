"""What removing words does to the output, and how far the other methods foretell it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from reportgen.methods.description import Method, Source
from reportgen.methods.settings import Operator, RemovalSettings


class Faithfulness(RemovalSettings):
    """Settings of the removal of words, by which the other methods are measured."""

    name = "faithfulness"

    second: Literal["auto", "none"] | Operator = Field(
        default="auto",
        description="Another way to remove words, shown beside the first; auto: delete where the "
        "first is mask, otherwise pad, or attention",
    )
    max_evaluations: int = Field(
        default=3000,
        ge=3,
        description="Sets of removed words that the measures of one output may take",
    )
    search: int = Field(
        default=1000,
        ge=3,
        description="Sets of removed words that the search for the fewest that turn the "
        "prediction may take; all are tried of up to 12 words",
    )
    without: list[list[str]] = Field(
        default=[],
        description="Words to remove together and tell what the model says then; checks that "
        "name words add theirs",
    )


METHOD = Method(
    settings=Faithfulness,
    title="Removing words",
    short_title="removing words",
    summary="What the model says when words are taken away, and how much of it each method shows",
    how="Words are removed one by one and in sets, and the model is asked again. An explanation "
    "is faithful where the words it calls important are those without which the output changes "
    "most. That is measured from the worst order in which words could be removed (0) to the best "
    "(1), beside random orders.",
    formula="`AOPC = 1/n · Σ over k = 1 … n − 1 (p(x) − p(x without the k most important))`, as a "
    "share of the way from the worst order to the best",
    says="how much of what removing words does an explanation shows",
    cannot_say="what the model would do on texts that people write: a text with gaps is none; and "
    "it favours explanations that were made by removing words",
    source=Source("Edin et al.", 2025, "https://arxiv.org/abs/2408.08137"),
    agreement=False,
)
