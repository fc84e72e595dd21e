"""Integrated gradients on word, position and token type embeddings."""

from __future__ import annotations

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import PathSettings


class SubEmbeddings(PathSettings):
    """Settings of integrated gradients on word, position and token type embeddings."""

    name = "sub_embeddings"


def part(name: str, label: str, note: str = "") -> Array:
    return Array(
        f"sub_embeddings_{name}",
        "n",
        sign="signed",
        unit="logits",
        per_target=True,
        reading=Reading.PART,
        note=note,
        label=label,
    )


METHOD = Method(
    settings=SubEmbeddings,
    title="Words, positions and token types",
    short_title="words, positions and token types",
    summary="How much of the score comes from what a word is, where it stands and its segment",
    how="A token enters the model as the sum of three vectors: the word, its position, and its "
    "token type. The path of integrated gradients moves all three from the baseline at once, and "
    "each keeps its own share of the change.",
    formula="`score(part) = Σ over features (eₚ − eₚ′) · ∫₀¹ ∂F/∂eₚ dα`, "
    "`Σ over tokens and parts = F(x) − F(x′)`",
    says="whether the output rests on what a word is or on where it stands",
    cannot_say="how word and position act together: only the sum of all parts is complete, not "
    "one part alone",
    source=Source("Sundararajan, Taly and Yan", 2017, "https://arxiv.org/abs/1703.01365"),
    arrays=(
        part("word", "word", "those the model has; together they add up to F(x) − F(x′)"),
        part("position", "position"),
        part("token_type", "token type"),
    ),
    preference=10,
    path="what each word, position and token type did to the output was added up along the way",
    complete=True,
    passes=0,
    implementation="reportgen.engine.methods.sub_embeddings:SubEmbeddings",
)
