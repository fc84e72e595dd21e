"""From which tokens' last vectors an output is read: the rows of maps that are about it."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import torch

from reportgen.engine.methods.base import PredictionContext
from reportgen.engine.tokens import Encoding
from reportgen.results.model import Target

Positions = tuple[int, ...] | None
"""Tokens of the stack that reads the input, in order; ``None`` where there are none to name."""

_known: WeakKeyDictionary[Encoding, dict[Target, Positions]] = WeakKeyDictionary()


def read_positions(context: PredictionContext, targets: Sequence[Target]) -> list[Positions]:
    """Return the tokens whose vectors after the last layer each of ``targets`` is read from.

    Those that its gradient reaches: the head of a classifier does not say which. All that have
    to be found take one forward pass together. ``None`` for a model with a decoder, whose
    vectors the output is read from, and where the gradient reaches none.
    """
    if context.loaded.model.config.is_encoder_decoder:
        return [None for _ in targets]
    pooled = [target for target in targets if target.position is None]
    known = _known.setdefault(context.encoding, {}) if pooled else {}
    unknown = [target for target in pooled if target not in known]
    if unknown:
        known |= zip(unknown, reached(context, unknown), strict=True)
    return [known[t] if t.position is None else (t.position,) for t in targets]


def reached(context: PredictionContext, targets: Sequence[Target]) -> list[Positions]:
    """Return where, in the last hidden state, the gradient of each of ``targets`` is not 0."""
    loaded = context.loaded
    embeddings = loaded.embed(context.encoding.ids).requires_grad_()
    output = loaded.forward(
        [context.encoding], {loaded.embedding: [embeddings]}, hidden_states=True
    )
    last = loaded.hidden_states(output)[-1]
    found: list[Positions] = []
    for target in targets:
        scalar = loaded.task.scalar(output, 0, target)
        (gradient,) = torch.autograd.grad(scalar, last, retain_graph=True, materialize_grads=True)
        places = gradient[0].abs().sum(-1).nonzero()[:, 0].tolist()
        whole = last.shape[1] == len(context.encoding)  # else they are no tokens
        found.append(tuple(places) if places and whole else None)
    return found


def located(context: PredictionContext, targets: Sequence[Target]) -> tuple[Target, ...]:
    """Return ``targets`` with the tokens that each is read from."""
    return tuple(
        target.model_copy(update={"read_at": places})
        for target, places in zip(targets, read_positions(context, targets), strict=True)
    )
