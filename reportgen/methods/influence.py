"""Which examples that a model was trained on are behind a prediction."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from reportgen.methods.description import Method, Source
from reportgen.methods.settings import Settings

Measure = Literal["tracin", "gradient_similarity", "representation_similarity"]
"""How the influence of a training example is told."""

Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Influence(Settings):
    """Settings of the search for the training examples behind a prediction.

    ``train_checksum`` and ``checkpoint_checksums`` are filled in when a run is planned, so that
    what the files hold decides the result, and not what they are called.
    """

    name = "influence"
    paths = ("train", "checkpoints")

    train: str = Field(
        min_length=1,
        description="csv, jsonl or parquet file with the training examples, relative to the spec",
    )
    text: str = Field(default="text", min_length=1, description="Column with the text")
    text_pair: str | None = Field(
        default=None, min_length=1, description="Column with the second text, for text pairs"
    )
    label: str = Field(
        default="label", min_length=1, description="Column with the label it was trained on"
    )
    method: Measure = Field(
        default="tracin",
        description="How influence is told: products of gradients over checkpoints, the cosine "
        "of two gradients, or that of the vectors that the head reads",
    )
    checkpoints: list[Annotated[str, Field(min_length=1)]] = Field(
        default=[],
        max_length=50,
        description="Folders of the model as it was during training, for tracin; default: the "
        "model itself",
    )
    learning_rates: list[Annotated[float, Field(gt=0)]] = Field(
        default=[],
        description="Learning rate at each of the checkpoints; default: 1 for all",
    )
    examples: int = Field(
        default=10,
        ge=1,
        le=100,
        description="How many of the most helpful and of the most harmful examples are kept",
    )
    limit: int | None = Field(
        default=None, ge=1, description="Read only the first rows of the training file"
    )
    train_checksum: Digest | None = Field(
        default=None,
        description="SHA-256 of the training file: with another one it is refused; default: that "
        "of the file as it is",
    )
    checkpoint_checksums: list[Digest] = Field(
        default=[], description="The same of the weights of each checkpoint"
    )

    @model_validator(mode="after")
    def _fits(self) -> Influence:
        if self.method != "tracin" and self.checkpoints:
            raise _misfit(
                f"{self.method} asks the model alone: it reads no checkpoints",
                "remove the checkpoints, or set method: tracin",
            )
        if self.learning_rates and len(self.learning_rates) != len(self.checkpoints):
            raise _misfit(
                f"expected a learning rate for each checkpoint, found "
                f"{len(self.learning_rates)} for {len(self.checkpoints)}",
                "give one for each, in their order, or leave them out: all are 1 then",
            )
        return self


def _misfit(problem: str, advice: str) -> PydanticCustomError:
    return PydanticCustomError("settings", "{problem}", {"problem": problem, "advice": advice})


METHOD = Method(
    settings=Influence,
    title="Influence of training examples",
    short_title="influence",
    summary="Which training examples are behind a prediction: those that helped the label, and "
    "those that worked against it",
    how="A step of training on one example changes the last layer of the model along that "
    "example’s gradient. Where this also lowers the loss of the input, the example is helpful to "
    "its label (a proponent), where it raises it, harmful (an opponent). Alternatives compare "
    "the directions of the two gradients alone, so that examples which the model gets badly wrong "
    "do not come first for every input, or the vectors that the last layer reads.",
    formula="`Σ over checkpoints of learning rate · ∇loss(training example) · ∇loss(input)`, of "
    "the last layer’s weights; in closed form `(h · h′ + 1) · ((p − y) · (p′ − y′))`",
    says="which training examples the last layer connects with this input, and which of them "
    "are worth reading first",
    cannot_say="what the model would say had it been trained without them: only training it again "
    "does; layers below the last one are taken as they are",
    source=Source("Pruthi et al.", 2020, "https://arxiv.org/abs/2002.08484"),
    agreement=False,
    implementation="reportgen.engine.methods.influence:TrainingExamples",
)
