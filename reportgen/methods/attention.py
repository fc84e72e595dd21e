"""Attention maps."""

from __future__ import annotations

from reportgen.methods.description import Array, Maps, Method, Reading, Source
from reportgen.methods.settings import Settings


class Attention(Settings):
    """Attention maps of every layer and head; nothing to set."""

    name = "attention"


def maps(key: str, together: str) -> Maps:
    return Maps(
        key=key,
        title="Attention",
        about="how much of the look goes where; each row adds up to 1",
        verb="looks at",
        together=together,
        joined="L2 norm over heads",
    )


WEIGHTS = Array(
    "attention",
    "LHnn",
    sign="share",
    reading=Reading.ROW,
    note="weights; every row adds up to 1",
    label="Attention",
    about="how much of the look goes to each token",
    hue="attention",
    maps=maps("attention", "attention_norm"),
)

METHOD = Method(
    settings=Attention,
    title="Attention",
    short_title="attention",
    summary="Where each token looks, for every layer and head",
    how="Every head of every layer spreads a weight of 1 from each token over all tokens. The maps "
    "show these weights. The scores of an output are the row of the token that it is read from: "
    "[CLS] for many classifiers, the token itself for its label, the last token for the next; of "
    "several the mean of their rows.",
    formula="`A = softmax(QKᵀ/√d)`, all heads together: `√(Σ over heads A²)`",
    says="where information may flow",
    cannot_say="how much is taken, nor in which direction it moves the output: outputs that are "
    "read from the same token have the same row",
    source=Source("Vaswani et al.", 2017, "https://arxiv.org/abs/1706.03762"),
    arrays=(
        WEIGHTS,
        Array("attention_norm", "Lnn", note="L2 over heads"),
        Array(
            "decoder_attention",
            "KGmm",
            sign="share",
            note="m tokens of a decoder of K layers with G heads",
            hue="attention",
            maps=maps("decoder-attention", "decoder_attention_norm"),
        ),
        Array("decoder_attention_norm", "Kmm", note="L2 over heads"),
        Array(
            "cross_attention",
            "KGmn",
            sign="share",
            note="of the decoder to the input",
            hue="attention",
            maps=maps("cross-attention", "cross_attention_norm"),
        ),
        Array("cross_attention_norm", "Kmn", note="L2 over heads"),
    ),
    preference=30,
    colour="#8258e8",
    legend="attention: where the token that the output is read from looked",
    in_text=True,
    self_tests={
        "attention_row_sum": "Rows of the attention maps add up to 1, at most off by",
    },
    implementation="reportgen.engine.methods.attention:Attention",
)
