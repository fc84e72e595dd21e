"""What all settings of methods share, and those of methods that have several things in common."""

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

    ``name`` is what a spec, a result and a table call the method. ``paths`` are the settings that
    name files: what these hold decides a result, and others say so, not what they are called.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    name: ClassVar[str]
    paths: ClassVar[tuple[str, ...]] = ()


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


class FirstInputs(Settings):
    """Settings of a costly measure of the other methods, taken on some inputs of each model.

    A job beyond the first ``inputs`` does not have it among its methods, see
    :func:`reportgen.plan.make_plan`.
    """

    inputs: int = Field(
        default=2, ge=1, description="Inputs of each model that are tested, the first it reads"
    )


Output = Annotated[
    Named | Contrast,
    Field(
        description="predicted, expected, all (token tasks), a label name, or an index; "
        "two of them, this and rather_than: the difference of their logits"
    ),
]
"""Which outputs are explained."""


class TargetSettings(Settings):
    """Settings of everything that explains one output, and another for another."""

    target: Output = "predicted"


BaselineChoice = Literal["auto", "pad", "mask", "mean", "full_stop", "zero"] | TextBaseline
"""What the words of an input are compared with."""


class BaselineSettings(TargetSettings):
    """Settings of everything that compares the input with a baseline."""

    baseline: BaselineChoice = Field(
        default="auto",
        description="What the words are compared with; special tokens are kept; "
        "auto: the first of mask, pad, mean, full_stop and zero at which the output is finite",
    )
    keep_first: bool = Field(
        default=True,
        description="Leave the first token as it is where the model is causal: attention rests "
        "on it, and what it does is told by leaving it out",
    )


class NoiseSettings(TargetSettings):
    """Settings of what is averaged over noisy copies of the input, several times over."""

    samples: int = Field(default=16, ge=2, description="Noisy copies of the input for each seed")
    noise: float = Field(
        default=0.2,
        ge=0,
        description="Standard deviation of the noise, as a share of that of all numbers in the "
        "input's word embeddings",
    )
    seeds: int = Field(
        default=3, ge=3, description="Repetitions with other noise, whose mean is the score"
    )


class PathSettings(BaselineSettings):
    """Settings of everything that is integrated along the path from a baseline to the input.

    Methods with equal path settings share one sweep of the path; in a spec, one that leaves a
    setting out takes it from another.
    """

    baseline: BaselineChoice = Field(
        default="auto",
        description="What the words are compared with; special tokens are kept; "
        "auto: the first of mask, pad, mean, full_stop and zero from which the scores add up",
    )
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


class RemovalSettings(TargetSettings):
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
    max_evaluations: int = Field(
        default=200, ge=3, description="Sets of removed words that one output may take"
    )
