"""The random-logit test, which measures the other methods."""

from __future__ import annotations

from reportgen.methods.description import Method, Source
from reportgen.methods.settings import Settings


class RandomLogit(Settings):
    """The random-logit test of the other methods; nothing to set."""

    name = "random_logit"


METHOD = Method(
    settings=RandomLogit,
    title="Random-logit test",
    short_title="random-logit test",
    summary="Which explanations change when another output is explained instead",
    how="Another output is drawn at random and explained in the same way. If a method gives the "
    "same answer for both, it does not explain the output it was asked about.",
    formula="`Spearman’s rank correlation of the two score lists`, over the words: 1 same order, "
    "0 unrelated",
    says="whether a method depends on what is explained",
    cannot_say="whether a method that does is right",
    source=Source("Sixt, Granz and Landgraf", 2020, "https://arxiv.org/abs/1912.09818"),
    agreement=False,
)
