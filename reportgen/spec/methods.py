"""The methods a spec can ask for: their settings, and what they are in plain words.

One class per method, its fields the settings. The engine implements them under the same
names; this module knows no torch, so that specs validate in well under a second.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field


class TextBaseline(BaseModel):
    """A baseline given as text: its tokens stand in for the input's, padded with [PAD]."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    text: str = Field(min_length=1, description="The text to compare with")


class Method(BaseModel):
    """Base of all method settings."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    paper: ClassVar[str]


class IntegratedGradients(Method):
    """Settings of integrated gradients on the word embeddings."""

    name = "integrated_gradients"
    title = "Integrated gradients"
    summary = "How much each word pushed the predicted score up or down"
    paper = "Sundararajan, Taly and Yan 2017, arXiv:1703.01365"

    baseline: Literal["pad", "mask", "zero"] | TextBaseline = Field(
        default="pad", description="What the words are compared with; special tokens are kept"
    )
    target: Annotated[str, Field(min_length=1)] | Annotated[int, Field(ge=0)] = Field(
        default="predicted",
        description="predicted, expected, a label name, or a class index",
    )
    steps: Literal["auto"] | Annotated[int, Field(ge=1)] = Field(
        default="auto", description="Gauss-Legendre nodes; auto doubles them from 16"
    )
    tolerance: float = Field(
        default=0.01, gt=0, description="Largest relative completeness gap called converged"
    )
    max_steps: int = Field(default=256, ge=2, description="Where steps: auto gives up")
    normalize: Literal["none", "sum", "l2"] = Field(
        default="none",
        description="none: logits; sum: share of the total change; l2: unit length",
    )


class Attention(Method):
    """Attention maps of every layer and head; nothing to set."""

    name = "attention"
    title = "Attention"
    summary = "Where each token looks, for every layer and head"
    paper = "Vaswani et al. 2017, arXiv:1706.03762"


class VectorNorms(Method):
    """Norms of the vectors that attention really moves; nothing to set."""

    name = "vector_norms"
    title = "Vector norms"
    summary = "How much each token really contributes to another: attention times value size"
    paper = "Kobayashi et al. 2020, arXiv:2004.10102"


METHODS: dict[str, type[Method]] = {
    method.name: method for method in (IntegratedGradients, Attention, VectorNorms)
}


def settings(method: Method) -> dict[str, Any]:
    """Return the settings a method runs with, defaults included, as plain data."""
    return method.model_dump(mode="json")
