"""Self-tests of a model, on its own numbers: recording it changes nothing and misses nothing."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from reportgen.engine.models.capture import IMPLEMENTATION, Recording, record
from reportgen.engine.models.hooked_attention import attention_modules
from reportgen.engine.models.module_lookup import has_decoder
from reportgen.errors import ModelError


def verify_recording(
    model: PreTrainedModel, inputs: dict[str, Tensor], causal: bool = False
) -> None:
    """Make the attention of ``model`` recordable, and test on ``inputs`` that nothing changed.

    ``inputs`` is a padded batch with its attention mask; ``causal``: no token may attend to
    those after it. Raises ``ModelError`` where a layer's attention cannot be recorded, where
    the outputs differ from the model's own eager ones by more than 1e-5, or where padding, or
    what lies ahead of a decoder, is attended to.
    """
    name = type(model).__name__
    hooked = any(True for _ in attention_modules(model))
    with torch.no_grad():
        if not hooked:
            model.set_attn_implementation("eager")
        own = tensors(model(**inputs))
        if not hooked:
            model.set_attn_implementation(IMPLEMENTATION)
        with record(model) as recording:
            recorded = tensors(model(**inputs))
    require_layers(name, model, recording)
    if not all(torch.isfinite(output).all() for output in own):
        raise ModelError(
            f"{name} gives outputs that are not finite",
            hint="check its weights; with dtype float16 or bfloat16, try float32",
        )
    differences = [(a - b).abs().max().item() for a, b in zip(own, recorded, strict=True)]
    if not all(difference <= 1e-5 for difference in differences):  # a NaN must not pass
        raise ModelError(
            f"recording attention changes the outputs of {name} by {max(differences):.2g}",
            hint="its explanations would not be those of the model; please report this",
        )
    if hooked and not all(layer.projection for layer in recording.layers):
        raise ModelError(
            f"the recorded attention of {name} is not what it moves its values with",
            hint="a variant of this architecture (talking heads?) that cannot be recorded",
        )
    read = inputs["attention_mask"] == 1
    for number, layer in enumerate(recording.layers):
        hidden = read[:, None, :, None] & ~read[:, None, None, :]
        require_masked(f"layer {number} of {name}", layer.attention * hidden)
        if causal:
            require_masked(f"layer {number} of {name}", layer.attention.triu(1), "ahead")
    for number, layer in enumerate(recording.cross):
        hidden = ~read[:, None, None, :]
        require_masked(f"cross-attention {number} of {name}", layer.attention * hidden)
    for number, layer in enumerate(recording.decoder):
        require_masked(f"decoder layer {number} of {name}", layer.attention.triu(1), "ahead")


@torch.no_grad()
def equals_sdpa(model: PreTrainedModel, inputs: dict[str, Tensor]) -> bool:
    """Tell whether the model gives the same outputs on PyTorch's fused attention, to rounding."""
    if not model._supports_sdpa:
        return False
    own = tensors(model(**inputs))
    model.set_attn_implementation("sdpa")
    try:
        fused = tensors(model(**inputs))
    finally:
        model.set_attn_implementation(IMPLEMENTATION)
    rounding = max(1e-4, 8 * torch.finfo(model.dtype).eps)
    return all(
        (a - b).abs().max() <= rounding * a.abs().max() for a, b in zip(own, fused, strict=True)
    )


def tensors(output: Any) -> list[Tensor]:
    return [value for value in output.to_tuple() if isinstance(value, Tensor)]


def require_layers(name: str, model: PreTrainedModel, recording: Recording) -> None:
    """Refuse a model some of whose layers, or all, were not recorded."""
    if not recording.layers or (has_decoder(model) and not (recording.decoder and recording.cross)):
        raise ModelError(
            f"the attention of {name} cannot be recorded: it does not go through transformers' "
            "attention interface",
            hint="BERT, RoBERTa, DeBERTa, MPNet, GPT-2, Llama, T5 and BART class models work",
        )
    found, layers = len(recording.layers), model.config.get_text_config().num_hidden_layers
    if found != layers:
        raise ModelError(
            f"the attention of {found} layers of {name} was recorded, it has {layers}",
            hint="layers that do without attention (state spaces, convolutions) are not explained",
        )


def require_masked(place: str, hidden: Tensor, what: str = "to padding") -> None:
    """Refuse attention to what is ``hidden`` from the queries."""
    leaked = hidden.max().item()
    if leaked > 1e-6:
        raise ModelError(
            f"{place} attends {what} (up to {leaked:.2g}): its attention mask is dropped",
            hint="its outputs would depend on how inputs are batched, or on what follows",
        )
