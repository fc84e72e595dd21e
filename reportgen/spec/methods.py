"""The methods a spec can ask for: their settings, and what they are in plain words.

One class per method, its fields the settings. The engine implements them under the same
names; this module knows no torch, so that specs validate in well under a second.
"""

from __future__ import annotations

from collections.abc import Sequence
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


Output = Annotated[
    Annotated[str, Field(min_length=1)] | Annotated[int, Field(ge=0)],
    Field(description="predicted, expected, all (token tasks), a label name, or an index"),
]
"""Which outputs are explained."""


class PathMethod(Method):
    """Settings of everything that is integrated along the path from a baseline to the input.

    Methods with equal path settings share one sweep of the path; in a spec, one that leaves a
    setting out takes it from another (:func:`share_path`).
    """

    baseline: Literal["auto", "pad", "mask", "zero"] | TextBaseline = Field(
        default="auto",
        description="What the words are compared with; special tokens are kept; "
        "auto: pad, or zero where the tokenizer has no padding token",
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


class IntegratedGradients(PathMethod):
    """Settings of integrated gradients."""

    name = "integrated_gradients"
    title = "Integrated gradients"
    summary = "How much each word pushed the predicted score up or down"
    paper = "Sundararajan, Taly and Yan 2017, arXiv:1703.01365"

    interpolate: Literal["words", "embeddings"] = Field(
        default="words",
        description="Where the path is laid: word embeddings, or the embedding layer's output",
    )
    normalize: Literal["none", "sum", "l2"] = Field(
        default="none",
        description="none: logits; sum: share of the total change; l2: unit length",
    )


class SubEmbeddings(PathMethod):
    """Settings of integrated gradients on word, position and token type embeddings."""

    name = "sub_embeddings"
    title = "Words, positions and token types"
    summary = "How much of the score comes from what a word is, where it stands and its segment"
    paper = "Sundararajan, Taly and Yan 2017, arXiv:1703.01365"


class LayerConductance(PathMethod):
    """Settings of layer conductance."""

    name = "layer_conductance"
    title = "Layer conductance"
    summary = "How much of the score flows through each token at each layer"
    paper = "Dhamdhere, Sundararajan and Yan 2018, arXiv:1805.12233"


class AttentionAttribution(PathMethod):
    """Settings of the attribution of attention matrices."""

    name = "attention_attribution"
    title = "Attention attribution"
    summary = "Which looks of which heads pushed the predicted score up or down"
    paper = "Dhamdhere, Sundararajan and Yan 2018, arXiv:1805.12233"


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


class ResidualNorms(Method):
    """Vector norms with the residual connection and LayerNorm; nothing to set."""

    name = "residual_norms"
    title = "Norms with residual and LayerNorm"
    summary = "How much a token mixes in from others beside what it keeps of itself"
    paper = "Kobayashi et al. 2021, arXiv:2109.07152"


class GlobEnc(Method):
    """Settings of GlobEnc."""

    name = "globenc"
    title = "GlobEnc"
    summary = "Norms of whole encoder layers, multiplied through to the input tokens"
    paper = "Modarressi et al. 2022, arXiv:2205.03286"

    row_normalize: bool = Field(
        default=False,
        description="Let each row of a layer add up to 1 before layers are multiplied",
    )


class Alti(Method):
    """Aggregation of layer-wise token-to-token interactions; nothing to set."""

    name = "alti"
    title = "ALTI"
    summary = "How close each token's contribution comes to a layer's output, multiplied through"
    paper = "Ferrando, Gállego and Costa-jussà 2022, arXiv:2203.04212"


class AttentionRollout(Method):
    """Attention multiplied through the layers; nothing to set."""

    name = "attention_rollout"
    title = "Attention rollout"
    summary = "Attention multiplied through the layers, half of each kept for the residual"
    paper = "Abnar and Zuidema 2020, arXiv:2005.00928"


class AttentionRelevance(Method):
    """Settings of gradient times attention, multiplied through the layers."""

    name = "attention_relevance"
    title = "Attention relevance"
    summary = "Attention times its gradient, where positive, multiplied through the layers"
    paper = "Chefer, Gur and Wolf 2021, arXiv:2103.15679"

    target: Output = "predicted"


class RandomLogit(Method):
    """The random-logit test of the other methods; nothing to set."""

    name = "random_logit"
    title = "Random-logit test"
    summary = "Which explanations change when another output is explained instead"
    paper = "Sixt, Granz and Landgraf 2020, arXiv:1912.09818"


METHODS: dict[str, type[Method]] = {
    method.name: method
    for method in (
        IntegratedGradients,
        SubEmbeddings,
        LayerConductance,
        Attention,
        AttentionAttribution,
        VectorNorms,
        ResidualNorms,
        GlobEnc,
        Alti,
        AttentionRollout,
        AttentionRelevance,
        RandomLogit,
    )
}


def share_path(methods: Sequence[Method]) -> list[Method]:
    """Fill in the path settings that a method leaves out from the first that sets them.

    So ``integrated_gradients: {baseline: mask}`` beside ``layer_conductance`` is one path.
    """
    given: dict[str, Any] = {}
    for method in methods:
        for name in PathMethod.model_fields:
            if name in method.model_fields_set:
                given.setdefault(name, getattr(method, name))
    return [
        method.model_copy(
            update={
                name: value
                for name, value in given.items()
                if name in type(method).model_fields and name not in method.model_fields_set
            }
        )
        for method in methods
    ]


def settings(method: Method) -> dict[str, Any]:
    """Return the settings a method runs with, defaults included, as plain data."""
    return method.model_dump(mode="json")
