"""What each output loses when one attention head is switched off."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import torch
from torch import nn

from reportgen.engine.memory import budget, in_passes, rows_that_fit
from reportgen.engine.methods.base import (
    MethodImplementation,
    MethodOutput,
    NotApplicable,
    PredictionContext,
)
from reportgen.engine.models.ablation import Head, ablating
from reportgen.engine.path.capacity import CHUNK_BYTES, graph_bytes
from reportgen.methods import head_ablation as described
from reportgen.results.model import Target


class HeadAblation(MethodImplementation):
    """Michel, Levy and Neubig 2019, arXiv:1905.10650; by the mean as Wang et al. 2022, 2211.00593.

    For a target F and every head h of every layer, F(x) - F(x without h), signed and in logits:
    the output of h is 0 at every token, or its mean over the tokens of the input (of a text that
    goes on, of its prompt: what is written next must not be told to the tokens before it).

    The heads of the stack that reads the input, those of the queries where keys and values are
    shared. All L * H passes run in batches, another head switched off in each row, beside one with
    all heads, so that both outputs are rounded alike. No gradient is needed.

    Array: ``head_ablation/TARGET`` (L, H).
    """

    name = described.HeadAblation.name
    needs_recording = True
    settings: described.HeadAblation

    def explain(self, context: PredictionContext) -> MethodOutput:
        loaded = context.loaded
        projections = output_projections(context)
        layers, heads = len(projections), context.recording.layers[0].attention.shape[1]
        targets = context.targets(self.settings.target)
        mean_of = None
        if self.settings.ablate == "mean":
            mean_of = loaded.task.input_length(context.encoding)
        rows: list[Head | None] = [None, *product(range(layers), range(heads))]
        with loaded.attention("sdpa"):
            passes = in_passes(
                rows,
                rows_per_pass(context),
                lambda some: outputs(context, projections, heads, some, mean_of, targets),
                f"{len(context.encoding)} tokens",
            )
            found = np.concatenate(list(passes))
        effects = (found[:1] - found[1:]).reshape(layers, heads, len(targets))
        arrays = {
            f"{self.name}/{target.name}": effects[..., i].astype(np.float32)
            for i, target in enumerate(targets)
        }
        return MethodOutput(arrays=arrays, targets=targets)


def output_projections(context: PredictionContext) -> list[nn.Module]:
    """Return W_O of every layer; raise ``NotApplicable`` where one was not found."""
    found = [layer.projection for layer in context.recording.layers]
    known: list[nn.Module] = [module for module in found if module is not None]
    if len(known) < len(found):
        raise NotApplicable(
            "No linear map was found that takes the output of attention as it is, "
            "so single heads cannot be switched off."
        )
    return known


@torch.no_grad()
def outputs(
    context: PredictionContext,
    projections: Sequence[nn.Module],
    heads: int,
    rows: Sequence[Head | None],
    mean_of: int | None,
    targets: Sequence[Target],
) -> np.ndarray:
    """Return the outputs (rows, targets) of one pass."""
    loaded = context.loaded
    with ablating(projections, heads, rows, mean_of):
        output = loaded.forward([context.encoding] * len(rows))
    return np.array(
        [
            [loaded.task.scalar(output, row, target).double().item() for target in targets]
            for row in range(len(rows))
        ]
    )


def rows_per_pass(context: PredictionContext) -> int:
    """Return how many rows one pass takes: it keeps a layer's work, and what it returns."""
    loaded = context.loaded
    length = len(context.encoding)
    if context.encoding.decoder is not None:
        length = max(length, len(context.encoding.decoder))
    one_layer = loaded.info.model_copy(update={"layers": 1})
    returned = loaded.task.logits(context.output)
    row = graph_bytes(length, one_layer, loaded.model.dtype.itemsize)
    row += 2 * returned.numel() * returned.element_size()
    return rows_that_fit(loaded, row, budget(loaded), CHUNK_BYTES)
