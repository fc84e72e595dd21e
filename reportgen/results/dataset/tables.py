"""What holds over all inputs of a model, as tables: part of the Python API over stored results."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from reportgen.results.dataset.head_statistics import HeadStatistics, observe_heads
from reportgen.results.dataset.moments import Moments
from reportgen.results.dataset.observed_run import ObservedRun
from reportgen.results.dataset.word_statistics import estimates, word_statistics
from reportgen.results.frames import frame

if TYPE_CHECKING:
    import pandas as pd


class DatasetTables(ObservedRun):
    """The tables of a run that are made of all inputs of a model together."""

    def word_statistics(self) -> pd.DataFrame:
        """Return what each word does to each output over the inputs of a model, one row each.

        Columns: model, method (the first with signed scores), target, word (without letter case and
        the punctuation around it), mean (of its scores, each the mean over the places where it
        stands in an input), low and high (the interval of 95 % of that mean, by Student's t;
        ``None`` where it stands in a single input), count (how many inputs it stands in),
        share_positive (in how many of them its score is above 0, in [0, 1]). Explanations that did
        not converge are left out. Raises ``ResultsError`` where a file cannot be read.
        """
        return frame(
            (
                *("model", "method", "target", "word", "mean", "low", "high"),
                *("count", "share_positive"),
            ),
            (
                {"model": model, "method": words.output.method, "target": words.output.output}
                | {"word": word, "mean": one.value}
                | {"low": defined(one.low), "high": defined(one.high)}
                | {"count": one.count, "share_positive": positive}
                for model, found in self.observed.items()
                for words in word_statistics(found)
                for word, one, positive in estimates(words)
            ),
        )

    def head_statistics(self) -> pd.DataFrame:
        """Return what each attention head does over the inputs of a model, one row each.

        Of inputs whose heads were switched off (``heads``); of several outputs the predicted one,
        or the mean over all. Columns: model, method, layer and head (from 0), effect (mean over
        inputs, in logits) with effect_low and effect_high (the interval of 95 % by Student's t),
        size (the mean of the effects without their signs), attribution (the mean of the sizes of
        what its attention weights were credited with) and on_words (the mean share of its
        attention, in [0, 1], on tokens that are neither special nor the first), each with its low
        and high, ``None`` where that was not measured; top (the share of inputs where the head is
        among the three that matter most), count (of inputs). Raises ``ResultsError`` where a file
        cannot be read.
        """
        measured = ("effect", "attribution", "on_words")
        return frame(
            (
                *("model", "method", "layer", "head", "size"),
                *(name for one in measured for name in (one, f"{one}_low", f"{one}_high")),
                *("top", "count"),
            ),
            (row for found in observe_heads(self) for row in _heads(found)),
        )


def _heads(found: HeadStatistics) -> Iterator[dict[str, Any]]:
    for layer, head in np.ndindex(found.top.shape):
        yield (
            {"model": found.model, "method": found.method, "layer": layer, "head": head}
            | {"size": float(found.sizes.means[layer, head])}
            | _measured("effect", found.effects, layer, head)
            | _measured("attribution", found.attributed, layer, head)
            | _measured("on_words", found.on_words, layer, head)
            | {"top": float(found.top[layer, head] / found.inputs), "count": found.inputs}
        )


def _measured(name: str, moments: Moments | None, layer: int, head: int) -> dict[str, Any]:
    if moments is None:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"))
    one = moments.estimate((layer, head))
    return {name: one.value, f"{name}_low": defined(one.low), f"{name}_high": defined(one.high)}


def defined(value: float) -> float | None:
    return None if np.isnan(value) else value
