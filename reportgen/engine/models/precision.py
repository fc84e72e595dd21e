"""What a model loses by running in a shorter number format."""

from __future__ import annotations

from dataclasses import replace

import torch

from reportgen.engine.models.loaded_model import LoadedModel, load
from reportgen.engine.tokens import Encoding


@torch.no_grad()
def float32_difference(loaded: LoadedModel, encoding: Encoding, seed: int = 0) -> float:
    """Return how far the logits of one input are from those in float32, at most.

    The model is loaded a second time, on the same device. ``seed``: of the first time.
    """
    spec = loaded.planned.spec.model_copy(update={"dtype": "float32"})
    exact = load(replace(loaded.planned, spec=spec), seed)
    ours, theirs = (model.task.logits(model.forward([encoding])) for model in (loaded, exact))
    return (ours.float() - theirs).abs().max().item()
