"""What all settings of methods share, and those of everything that is integrated along a path."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError


class TextBaseline(BaseModel):
    """A baseline given as text: its tokens stand in for the input's, then padding."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    text: str = Field(min_length=1, description="The text to compare with")


class Settings(BaseModel):
    """Base of the settings of all methods: a field for each, described for whoever writes a spec.

    ``name`` is what a spec, a result and a table call the method.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    name: ClassVar[str]


Named = Annotated[str, Field(min_length=1)] | Annotated[int, Field(ge=0)]
"""An output by its name or its index, or a word for some of them."""


class Contrast(BaseModel):
    """Two outputs of which the difference is explained: why the one rather than the other."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    this: Named = Field(
        description="As target alone; of a language model also a token that may come next"
    )
    rather_than: Named = Field(
        description="The output that it is compared with: a label, or a token"
    )

    @model_validator(mode="after")
    def _tells_two_apart(self) -> Contrast:
        # Equal numbers may be of a token and of a label, which only the model's task tells.
        if isinstance(self.this, str) and self.this == self.rather_than:
            problem = f"{self.this!r} rather than itself: there is nothing to tell apart"
            advice = "name another output as rather_than"
            context = {"problem": problem, "advice": advice}
            raise PydanticCustomError("settings", "{problem}", context)
        return self


Output = Annotated[
    Named | Contrast,
    Field(
        description="predicted, expected, all (token tasks), a label name, or an index; "
        "two of them, this and rather_than: the difference of their logits"
    ),
]
"""Which outputs are explained."""


class PathSettings(Settings):
    """Settings of everything that is integrated along the path from a baseline to the input.

    Methods with equal path settings share one sweep of the path; in a spec, one that leaves a
    setting out takes it from another.
    """

    baseline: Literal["auto", "pad", "mask", "mean", "full_stop", "zero"] | TextBaseline = Field(
        default="auto",
        description="What the words are compared with; special tokens are kept; "
        "auto: the first of mask, pad, mean, full_stop and zero from which the scores add up",
    )
    keep_first: bool = Field(
        default=True,
        description="Leave the first token as it is where the model is causal: attention rests "
        "on it, and what it does is told by leaving it out",
    )
    target: Output = "predicted"
    steps: Literal["auto"] | Annotated[int, Field(ge=2)] = Field(
        default="auto",
        description="Evaluations of the model on the path; auto adds some where they are needed",
    )
    tolerance: float = Field(
        default=0.01, gt=0, description="Largest relative completeness gap called converged"
    )
    max_steps: int = Field(default=257, ge=3, description="Where steps: auto gives up")
    notebook_compatible: bool = Field(
        default=False,
        description="Repeat the choices of Captum's BERT-SQuAD notebooks, their defects included",
    )
