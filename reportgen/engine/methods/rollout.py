"""From layer to layer back to the input: products of token-to-token maps, and their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce

import numpy as np

from reportgen.engine.methods.base import MethodOutput, NotApplicable, PredictionContext
from reportgen.engine.methods.read_positions import read_positions
from reportgen.results.model import Target
from reportgen.results.scores import read_rows


def rollout(layers: Iterable[np.ndarray]) -> np.ndarray:
    """Multiply maps (n, n), row = query, from the first layer to the last: M_L ... M_2 M_1."""
    return reduce(lambda product, layer: layer @ product, layers)


def row_shares(layers: np.ndarray) -> np.ndarray:
    """Let each row of ``layers`` (..., n, n) add up to 1; a row of zeros stays."""
    sums = layers.sum(-1, keepdims=True)
    return layers / np.where(sums > 0, sums, 1)


def rolled_out(
    context: PredictionContext, name: str, layers: np.ndarray, **self_tests: float
) -> MethodOutput:
    """Multiply the maps ``layers`` (L, n, n) of a method and read off its token scores.

    Arrays: ``NAME_layers`` (L, n, n), ``NAME_rollout`` (n, n) and, for each target,
    ``NAME/TARGET`` (n,).
    """
    matrix = rollout(layers.astype(np.float64))
    arrays = {f"{name}_layers": layers, f"{name}_rollout": matrix}
    return with_rows(context, name, matrix, arrays, **self_tests)


def with_rows(
    context: PredictionContext,
    name: str,
    matrix: np.ndarray,
    arrays: Mapping[str, np.ndarray],
    **self_tests: float,
) -> MethodOutput:
    """Add to ``arrays`` the row of ``matrix`` that each target is read from, ``NAME/TARGET``."""
    targets = context.targets("predicted")
    read_positions(context, targets)  # in one pass for all
    scores = {f"{name}/{target.name}": read_row(context, target, matrix) for target in targets}
    arrays = {**arrays, **scores}
    return MethodOutput(
        arrays={key: array.astype(np.float32) for key, array in arrays.items()},
        targets=targets,
        self_tests=self_tests,
    )


def require_one_stack(context: PredictionContext) -> None:
    """Raise ``NotApplicable`` where the output is read from a decoder beside the encoder."""
    if context.loaded.model.config.is_encoder_decoder:
        raise NotApplicable(
            "The output is read from the decoder, while this method follows the tokens of one "
            "stack from its input to the vectors that the output is read from."
        )


def read_row(context: PredictionContext, target: Target, matrix: np.ndarray) -> np.ndarray:
    """Return the row (n,) of ``matrix`` for the token that ``target`` is read from.

    Where it is read from several (mean pooling), the mean of their rows.
    """
    (places,) = read_positions(context, (target,))
    if places is None:
        raise NotApplicable("The output does not depend on the vectors after the last layer.")
    return read_rows(matrix, places)
