"""The order in which removing words takes most from the output."""

from __future__ import annotations

from pydantic import Field

from reportgen.methods.description import Array, Method, Reading, Source
from reportgen.methods.settings import RemovalSettings


class BestOrder(RemovalSettings):
    """Settings of the search for the best order of removal."""

    name = "best_order"

    beam: int = Field(default=5, ge=1, description="Orders that the search goes on with")
    max_evaluations: int = Field(
        default=5000, ge=3, description="Sets of removed words that one output may take"
    )


METHOD = Method(
    settings=BestOrder,
    title="Best order of removal",
    short_title="best order of removal",
    summary="The order of removal that takes most from the output, as ranks",
    how="A beam search looks for the order in which removing words one after another makes the "
    "output fall fastest, and swaps of neighbours improve it. A word’s score is its rank: the "
    "first to be removed has the highest.",
    formula="`argmax over orders of Σ over k (p(x) − p(x without the first k))`",
    says="how good an explanation could be by the measure of removal",
    cannot_say="how much a word does, nor which way: ranks only; and by that measure it is the "
    "best by construction",
    source=Source("Edin et al.", 2025, "https://arxiv.org/abs/2408.08137"),
    arrays=(
        Array(
            "best_order",
            "n",
            sign="size",
            per_target=True,
            reading=Reading.ITSELF,
            adds_up=False,
            note="n for the first to be removed, 1 for the last",
            label="Best order of removal",
            about="words by the order in which their removal takes most: the darker, the earlier",
        ),
    ),
    preference=200,
    colour="#4f8a8b",
    agreement=False,
    from_removals=True,
    implementation="reportgen.engine.methods.best_order:BestOrder",
)
