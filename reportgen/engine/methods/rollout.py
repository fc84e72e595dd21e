"""From layer to layer back to the input: products of token-to-token maps, and their rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from weakref import WeakKeyDictionary

import numpy as np
import torch

from reportgen.engine.methods.base import MethodOutput, NotApplicable, PredictionContext
from reportgen.results.model import Target


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
    return matrix[read_positions(context, target)].mean(axis=0)


_positions: WeakKeyDictionary[PredictionContext, dict[Target, np.ndarray]] = WeakKeyDictionary()


def read_positions(context: PredictionContext, target: Target) -> np.ndarray:
    """Return the tokens whose vectors after the last layer ``target`` is read from.

    Those that its gradient reaches; the head of a classifier does not say which.
    """
    if target.position is not None:
        return np.array([target.position])
    known = _positions.setdefault(context, {})
    if target not in known:
        known[target] = reached(context, target)
    return known[target]


def reached(context: PredictionContext, target: Target) -> np.ndarray:
    """Return the positions of the last hidden state where the gradient of ``target`` is not 0."""
    loaded = context.loaded
    embeddings = loaded.embed(context.encoding.ids).requires_grad_()
    output = loaded.forward(
        [context.encoding], {loaded.embedding: [embeddings]}, hidden_states=True
    )
    last = loaded.hidden_states(output)[-1]
    (gradient,) = torch.autograd.grad(loaded.task.scalar(output, 0, target), last)
    found = gradient[0].abs().sum(-1).nonzero()[:, 0].cpu().numpy()
    if not len(found):
        raise NotApplicable("The output does not depend on the vectors after the last layer.")
    return found
