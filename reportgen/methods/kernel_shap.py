"""KernelSHAP: Shapley values by a weighted regression."""

from __future__ import annotations

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import RemovalSettings


class KernelShap(RemovalSettings):
    """Settings of the regression that estimates Shapley values."""

    name = "kernel_shap"


METHOD = Method(
    settings=KernelShap,
    title="KernelSHAP",
    short_title="KernelSHAP",
    summary="Shapley values of words, estimated by a weighted regression",
    how="A linear model is fitted to the outputs without sets of words, weighted so that with all "
    "sets its coefficients are the Shapley values. They always add up to the whole change.",
    formula="`weight(S) = (n − 1) / (C(n, s) · s · (n − s))`, for a set of s of n words",
    says="how the change from no words to all is shared among the words",
    cannot_say="what happens when one word alone is removed; with few evaluations it strays from "
    "the exact values",
    source=Source("Lundberg and Lee", 2017, "https://arxiv.org/abs/1705.07874"),
    arrays=(
        Array(
            "kernel_shap",
            "n",
            sign="signed",
            unit="logits",
            per_target=True,
            reading=Reading.ITSELF,
            note="in logits; adds up to F(x) − F(no words)",
            label="KernelSHAP",
            about="red adds to the score, blue takes from it (Shapley values by regression)",
        ),
    ),
    preference=24,
    colour="#b0624f",
    agreement=True,
    from_removals=True,
    implementation="reportgen.engine.methods.kernel_shap:KernelShap",
)
