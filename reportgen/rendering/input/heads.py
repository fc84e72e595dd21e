"""What each attention head does, in three numbers computed from its exact weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from reportgen.methods import attention
from reportgen.rendering.drawing.palette import shade
from reportgen.rendering.drawing.tables import Heat
from reportgen.rendering.input.attention_quantities import View
from reportgen.rendering.wording.numbers import number

HUE = attention.WEIGHTS.hue


@dataclass(frozen=True, eq=False)
class HeadSummary:
    """One number per head ``(L, H)``; ``thirds`` names where a head stands among all."""

    key: str
    title: str
    unit: str
    definition: str
    thirds: tuple[str, str, str]
    values: np.ndarray

    @property
    def heat(self) -> Heat:
        """The numbers as a table of layers and heads, coloured from 0 to the largest."""
        most = float(self.values.max(initial=0))
        return Heat(
            "layer",
            tuple(str(head + 1) for head in range(self.values.shape[1])),
            tuple(
                (
                    str(layer + 1),
                    tuple((shade(float(v), most, HUE), tell(float(v))) for v in row),
                )
                for layer, row in enumerate(self.values)
            ),
        )

    @property
    def data(self) -> dict:
        return {
            "key": self.key,
            "title": self.title,
            "unit": self.unit,
            "thirds": self.thirds,
            "values": [[float(f"{value:.3g}") for value in row] for row in self.values],
            "places": places(self.values).tolist(),
        }


def tell(value: float) -> str:
    return "<0.01" if 0 < value < 0.01 else number(value)


def summaries(view: View) -> tuple[HeadSummary, ...]:
    """Summarise the attention of each head; distances need rows and columns that are one text."""
    weights = next((quantity.heads for quantity in view.quantities if quantity.weights), None)
    if weights is None:
        return ()
    special = np.array([token.special for token in view.columns])
    found = [
        HeadSummary(
            "entropy",
            "Entropy",
            "bits",
            "how spread out the looks are: the entropy of each token's attention, mean over "
            "tokens; 0 is all on one token",
            ("most focused third", "middle third", "most spread third"),
            by_layer(entropy, weights),
        )
    ]
    if view.square:
        found.append(
            HeadSummary(
                "distance",
                "Distance",
                "tokens",
                "how far the looks go: the distance to the token looked at, weighted by "
                "attention, mean over tokens",
                ("nearest third", "middle third", "farthest third"),
                by_layer(distance, weights),
            )
        )
    if special.any():
        found.append(
            HeadSummary(
                "special",
                "On special tokens",
                "%",
                "the share of the attention that rests on special tokens such as "
                f"{next(token.text for token in view.columns if token.special)}, "
                "mean over tokens",
                ("lowest third", "middle third", "highest third"),
                100 * by_layer(lambda maps: maps[..., special].sum(-1).mean(-1), weights),
            )
        )
    return tuple(found)


def by_layer(summary: Callable[[np.ndarray], np.ndarray], attention: np.ndarray) -> np.ndarray:
    """Apply ``summary`` to each layer in double precision, one at a time to save memory."""
    return np.array([summary(heads.astype(np.float64)) for heads in attention])


def entropy(attention: np.ndarray) -> np.ndarray:
    """Return the mean entropy of the rows of ``(..., m, n)``, in bits."""
    logs = np.log2(attention, out=np.zeros_like(attention), where=attention > 0)
    return -(attention * logs).sum(-1).mean(-1) + 0.0


def distance(attention: np.ndarray) -> np.ndarray:
    """Return the mean of ``|query - key|`` over ``(..., n, n)``, weighted by attention."""
    positions = np.arange(attention.shape[-1])
    return (attention * np.abs(positions[:, None] - positions)).sum(-1).mean(-1)


def places(values: np.ndarray) -> np.ndarray:
    """Return in which third of all heads each stands: 0 for the smallest values, to 2."""
    below = (values.ravel()[None, :] < values.ravel()[:, None]).sum(-1)
    return (3 * below // values.size).reshape(values.shape)
