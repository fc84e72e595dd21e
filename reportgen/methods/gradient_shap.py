"""The change from a baseline times the gradient at random points in between."""

from __future__ import annotations

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import BaselineSettings, NoiseSettings


class GradientShap(NoiseSettings, BaselineSettings):
    """Settings of gradients at random points between the baseline and noisy inputs."""

    name = "gradient_shap"


METHOD = Method(
    settings=GradientShap,
    title="GradientSHAP",
    short_title="GradientSHAP",
    summary="The change of each word's vector from a baseline times the gradient at random points "
    "between the two",
    how="Many times, noise is added to the words that are not special and a random point is taken "
    "on the straight line to it from a baseline; the gradient there is multiplied by the change "
    "from the baseline, added up over features, and averaged. All of it is repeated with other "
    "seeds: the score is the mean over them, and their spread is stored.",
    formula="`score(word) = mean over ε and α of Σ over features (x + ε − x′) · "
    "∂F(x′ + α(x + ε − x′))/∂x`",
    says="which words this output rests on, compared with the baseline, by a random sample of "
    "points on the way",
    cannot_say="the exact share of a word: the scores add up to the change of the noisy output "
    "only on average, and depend on the baseline and on the noise",
    source=Source("Lundberg and Lee", 2017, "https://arxiv.org/abs/1705.07874"),
    arrays=(
        Array(
            "gradient_shap",
            "n",
            sign="signed",
            unit="logits",
            per_target=True,
            reading=Reading.ITSELF,
            note="(x + ε − x′) · ∂F/∂x at random points, summed over features; mean over seeds",
            label="GradientSHAP",
            about="the change from the baseline times the gradient at random points",
        ),
        Array(
            "gradient_shap_spread",
            "n",
            unit="logits",
            per_target=True,
            note="its standard deviation over seeds",
        ),
    ),
    preference=101,
    agreement=False,
    passes=48,
    implementation="reportgen.engine.methods.gradient_shap:GradientShap",
)
