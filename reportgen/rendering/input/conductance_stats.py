"""How one token's conductance is spread over the features of each layer's hidden state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reportgen.methods import layer_conductance
from reportgen.rendering.wording.labels import output
from reportgen.results.model import JobResult, Target

OUTLIERS = 6
"""Outliers drawn per layer within the axis, the most extreme ones; the table counts them all."""

MARGIN = 0.25
"""How far the axis of boxes goes on beyond the whiskers, in shares of what these span."""

TAILS = 0.005
"""Share of the values at either end that the common bins do not reach out for."""


@dataclass(frozen=True)
class Box:
    """Five numbers of one layer's values after Tukey, and the values beyond the whiskers.

    Whiskers end at the furthest values within 1.5 interquartile ranges of the box.
    """

    low: float
    q1: float
    median: float
    q3: float
    high: float
    outliers: np.ndarray


COLUMNS = {
    "low": "lower whisker",
    "q1": "lower quartile",
    "median": "median",
    "q3": "upper quartile",
    "high": "upper whisker",
}
"""The five numbers of a box, by their names for readers."""


@dataclass(frozen=True)
class ConductanceStats:
    """One output: the chosen token, its values ``(L, d)``, and their shares ``(L, bins)``."""

    target: str
    token: str
    values: np.ndarray
    boxes: tuple[Box, ...]
    edges: np.ndarray
    shares: np.ndarray

    @property
    def axis(self) -> tuple[float, float]:
        """Where the axis of the boxes ends, so that they can be seen beside far outliers."""
        low, high = min(box.low for box in self.boxes), max(box.high for box in self.boxes)
        margin = MARGIN * (high - low)
        return low - margin, high + margin

    @property
    def totals(self) -> np.ndarray:
        return self.values.sum(axis=1)

    @property
    def entropies(self) -> np.ndarray:
        return np.array([entropy(row) for row in self.shares])


BY_FEATURE = layer_conductance.FEATURES


def points(result: JobResult) -> bool:
    """Tell whether outputs are tokens of the input."""
    return result.prediction_kind is not None and result.prediction_kind.points


def make_stats(
    result: JobResult, target: Target, arrays: Mapping[str, np.ndarray]
) -> ConductanceStats | None:
    stored = arrays[BY_FEATURE.of(target.name)]
    token = chosen(result, target, stored)
    if token is None:
        return None
    values = stored[:, token].astype(np.float64)
    edges = common_edges(values)
    return ConductanceStats(
        target=output(result, target.name),
        token=result.tokens[token].text,
        values=values,
        boxes=tuple(box(row) for row in values),
        edges=edges,
        shares=np.stack([histogram(row, edges) for row in values]),
    )


def chosen(result: JobResult, target: Target, stored: np.ndarray) -> int | None:
    """Choose a content token: the answer's own end, else the one that most flows through.

    ``stored`` is ``(L, n, d)``; what flows through a token is |its conductance| over layers.
    """
    content = [i for i, token in enumerate(result.tokens) if not token.special]
    if points(result) and target.index in content:
        return target.index
    flow = np.abs(stored.sum(axis=-1)).sum(axis=0)
    return max(content, key=lambda i: flow[i], default=None)


def box(values: np.ndarray) -> Box:
    """Summarise ``values`` as Tukey's box plot does."""
    q1, median, q3 = np.percentile(values, (25, 50, 75))
    reach = 1.5 * (q3 - q1)
    inside = values[(values >= q1 - reach) & (values <= q3 + reach)]
    outliers = values[(values < q1 - reach) | (values > q3 + reach)]
    # With very few values the quartiles lie between them, and none may be inside.
    low, high = (inside.min(), inside.max()) if inside.size else (q1, q3)
    low, q1, median, q3, high = map(float, (low, q1, median, q3, high))
    return Box(low, q1, median, q3, high, outliers=np.sort(outliers))


def extreme(box: Box, axis: tuple[float, float]) -> np.ndarray:
    """Return the outliers on the axis that are furthest from the median, at most ``OUTLIERS``."""
    inside = box.outliers[(box.outliers >= axis[0]) & (box.outliers <= axis[1])]
    order = np.argsort(-np.abs(inside - box.median), kind="stable")
    return inside[order[:OUTLIERS]]


def common_edges(values: np.ndarray) -> np.ndarray:
    """Return bin edges that hold for all layers of ``values`` ``(L, d)``.

    Equal bins over all but the most extreme values, one for each 16 features, 8 to 48 in all.
    """
    bins = int(np.clip(values.shape[1] // 16, 8, 48))
    low, high = np.quantile(values, (TAILS, 1 - TAILS))
    if high <= low:
        margin = max(abs(low), 1.0) * 0.5
        low, high = low - margin, high + margin
    return np.linspace(low, high, bins + 1)


def histogram(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the share of ``values`` in each bin; the end bins hold what lies beyond them."""
    counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
    return counts / values.size


def entropy(shares: np.ndarray) -> float:
    """Return the entropy of ``shares`` in bits: 0 where all lie in one bin."""
    held = shares[shares > 0]
    return abs(float((held * np.log2(held)).sum()))
