"""Attribution of attention matrices."""

from __future__ import annotations

from reportgen.methods.description import Array, Maps, Method, Reading, Source
from reportgen.methods.settings import PathSettings


class AttentionAttribution(PathSettings):
    """Settings of the attribution of attention matrices."""

    name = "attention_attribution"


METHOD = Method(
    settings=AttentionAttribution,
    title="Attention attribution",
    short_title="attention attribution",
    summary="Which looks of which heads pushed the predicted score up or down",
    how="While the words are faded in, the attention weights change too. Each weight is given the "
    "share of the output’s change that went through it.",
    formula="`attribution(weight) = ∫ ∂F/∂A · dA`, all heads together: "
    "`√(Σ over heads attribution²)`",
    says="which looks of which heads pushed this output up or down",
    cannot_say="the whole change: what flows through values and residual connections passes "
    "attention by, so these scores do not add up to it",
    source=Source("Dhamdhere, Sundararajan and Yan", 2018, "https://arxiv.org/abs/1805.12233"),
    arrays=(
        Array(
            "attention_attribution",
            "LHnn",
            sign="signed",
            unit="logits",
            per_target=True,
            reading=Reading.RECEIVED,
            note="signed; does not add up: values and residuals pass by",
            label="Attention attribution received",
            about="what looks at this token did to the output, added up over all rows",
            maps=Maps(
                key="attribution",
                title="Attribution",
                title_of="Attribution of {target}",
                about="what the look did to the output {target}, in logits: red up, blue down",
                verb="pushed {target} by looking at",
                together="attention_attribution_norm",
                joined="size without direction, L2 norm over heads",
            ),
        ),
        Array("attention_attribution_norm", "Lnn", per_target=True, note="L2 over heads"),
    ),
    preference=50,
    colour="#a86f00",
    path="what each attention weight did to the output was added up along the way",
    passes=0,
    implementation="reportgen.engine.methods.attention_attribution:AttentionAttribution",
)
