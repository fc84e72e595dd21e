"""What all settings of methods share, and those of everything that is integrated along a path."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field


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


Output = Annotated[
    Annotated[str, Field(min_length=1)] | Annotated[int, Field(ge=0)],
    Field(description="predicted, expected, all (token tasks), a label name, or an index"),
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


Operator = Literal["mask", "delete", "pad", "attention"]
"""How units are removed: another token in their place, tokens left out, or nobody attending."""

Granularity = Literal["word", "token", "sentence"]
"""What is removed as one."""


class RemovalSettings(Settings):
    """Settings of everything that removes units of the input and looks at the output.

    Methods with the same operator and granularity share all evaluations; in a spec, one that
    leaves these two out takes them from another.
    """

    operator: Literal["auto"] | Operator = Field(
        default="auto",
        description="How words are removed; auto: by the mask token, or else deleted",
    )
    granularity: Literal["auto"] | Granularity = Field(
        default="auto",
        description="What is removed as one; auto: words, or sentences of a text of more than "
        "40 words",
    )
    target: Output = "predicted"
    max_evaluations: int = Field(
        default=200, ge=3, description="Sets of removed words that one output may take"
    )
