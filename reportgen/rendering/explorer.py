"""The attention view: all maps of an input as pictures, and what a script needs to enlarge them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reportgen.rendering import atlas
from reportgen.results.model import JobResult


@dataclass(frozen=True)
class Explorer:
    """The attention view: one picture per quantity, and the tokens of its axes."""

    attention: atlas.Atlas | None
    norm: atlas.Atlas | None
    tokens: tuple[str, ...]
    start: int

    @property
    def data(self) -> dict:
        """What the page's script needs: the axes, and how to read values from the pictures."""
        pictures = {"attention": self.attention, "norm": self.norm}
        return {
            "tokens": self.tokens,
            "start": self.start,
            "pictures": {kind: picture.data for kind, picture in pictures.items() if picture},
        }


def explorer(result: JobResult, arrays: dict[str, np.ndarray]) -> Explorer | None:
    """Draw the maps on scales that hold for the whole input."""
    if "attention" not in arrays and "vector_norms/alpha_f" not in arrays:
        return None
    attention = norm = None
    if "attention" in arrays:
        heads = arrays["attention"]
        attention = atlas.draw(
            heads,
            arrays["attention_norm"],
            atlas.INK["attention"],
            head_scale=1.0,
            summary_scale=float(np.sqrt(heads.shape[1])),
        )
    if "vector_norms/alpha_f" in arrays:
        heads, summary = arrays["vector_norms/alpha_f"], arrays["vector_norms/sum_alpha_f"]
        norm = atlas.draw(
            heads,
            summary,
            atlas.INK["norm"],
            head_scale=float(heads.max()),
            summary_scale=float(summary.max()),
        )
    prediction = result.prediction
    start = prediction.spans[0].start if prediction and prediction.spans else 0
    return Explorer(attention, norm, tuple(token.text for token in result.tokens), start)
