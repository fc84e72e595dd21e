"""Layer conductance."""

from __future__ import annotations

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import PathSettings


class LayerConductance(PathSettings):
    """Settings of layer conductance."""

    name = "layer_conductance"


FEATURES = Array(
    "layer_conductance_features",
    "Lnd",
    sign="signed",
    unit="logits",
    per_target=True,
    note="the same before it is summed over features",
)

METHOD = Method(
    settings=LayerConductance,
    title="Layer conductance",
    short_title="layer conductance",
    summary="How much of the score flows through each token at each layer",
    how="While the words are faded in, each layer’s vectors change, and every change moves the "
    "output a little. Conductance adds up, for each token of each layer, how much of the output’s "
    "change went through it.",
    formula="`conductance(token, layer) = Σ over features ∫ ∂F/∂h · dh`, "
    "`Σ over tokens = F(x) − F(x′)` at every layer",
    says="where in the text the score is carried at each depth",
    cannot_say="which words it came from: in higher layers a token’s vector holds much of its "
    "neighbours",
    source=Source("Dhamdhere, Sundararajan and Yan", 2018, "https://arxiv.org/abs/1805.12233"),
    arrays=(
        Array(
            "layer_conductance",
            "Ln",
            sign="signed",
            unit="logits",
            per_target=True,
            reading=Reading.ITSELF,
            note="every row adds up to F(x) − F(x′)",
            label="Layer conductance",
            about="how much of the score flows through this token at this layer",
        ),
        FEATURES,
    ),
    preference=20,
    colour="#b0417a",
    path="what went through each token of each layer was added up along the way",
    complete=True,
    passes=0,
    implementation="reportgen.engine.methods.layer_conductance:LayerConductance",
)
